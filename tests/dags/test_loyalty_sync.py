from __future__ import annotations

from datetime import timedelta

from loyalty_desk.settings.stores_file import OWN_PLATFORMS
from tests import airflow_home


def sync_dags(bag) -> set[str]:
    return {dag_id for dag_id in bag.dags if dag_id.startswith("loyalty_sync__")}


def test_each_store_has_a_dag_on_its_schedule(load) -> None:
    bag = load({"one": {"platform": "rivo", "schedule": "5 4 * * *"}, "two": {"platform": "rivo"}})

    assert bag.import_errors == {}
    assert sync_dags(bag) == {"loyalty_sync__one", "loyalty_sync__two"}
    assert bag.dags["loyalty_sync__one"].schedule.expression == "5 4 * * *"
    assert bag.dags["loyalty_sync__one"].max_active_runs == 1


def test_fifty_stores_on_every_platform_load_though_one_is_wrong(load) -> None:
    stores = {f"store_{n}": {"platform": list(OWN_PLATFORMS)[n % 4]} for n in range(50)}
    bag = load({**stores, "wrong": {"platform": "nobody"}})

    assert bag.import_errors == {}
    assert sync_dags(bag) >= {f"loyalty_sync__{store}" for store in stores}
    families = {dag_id.partition("__")[0] for dag_id in bag.dags if dag_id != "desk_watch"}
    for family in families:
        assert {f"{family}__{store}" for store in stores} <= set(bag.dags), family


def test_a_sync_has_a_deadline_where_the_alerts_say_so(load) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    late = {"platform": "rivo", "alerts": {"sync_late_after_minutes": 45}}
    dags = load({"late": late, "one": {"platform": "rivo"}}).dags

    assert dags["loyalty_sync__one"].deadline in (None, [])
    (deadline,) = dags["loyalty_sync__late"].deadline
    assert deadline.interval == timedelta(minutes=45)
    assert deadline.callback.kwargs == {"store": "late", "minutes": 45.0}
    for dag in dags.values():
        DagSerialization.to_dict(dag)  # as the DAG processor does


def test_the_stages_run_in_the_order_of_the_flow(load) -> None:
    dag = load({"one": {"platform": "rivo"}}).dags["loyalty_sync__one"]

    order = [task.task_id for task in dag.topological_sort()]
    stages = ["start", "look_up_channels", "match", "plan", "push", "read_back", "report"]
    assert [task_id for task_id in order if task_id in stages] == stages
    for step, check in [("match", "check_match"), ("plan", "check_plan"), ("push", "check_push")]:
        assert order.index(step) < order.index(check)
    assert order.index("check_plan") < order.index("push")


def test_the_trigger_form_offers_the_params_of_a_run(load) -> None:
    dag = load({"one": {"platform": "rivo"}}).dags["loyalty_sync__one"]

    assert dag.params.dump() == {
        "dry_run": False,
        "full_resync": False,
        "release_brake": False,
        "limit": None,
    }
    assert all(dag.params.get_param(name).description for name in dag.params)


def test_a_permanent_failure_is_not_tried_again_and_a_temporary_one_is(load) -> None:
    from airflow.sdk import RetryAction

    from loyalty_desk.errors import BrakeError, StoreBusyError

    policy = (
        load({"one": {"platform": "rivo"}}).dags["loyalty_sync__one"].get_task("push").retry_policy
    )

    assert policy.evaluate(BrakeError("x"), 1, 3).action is RetryAction.FAIL
    assert policy.evaluate(StoreBusyError("x"), 1, 3).action is not RetryAction.FAIL


def test_a_wrong_store_is_a_dag_that_says_what_to_mend_and_the_others_load(load) -> None:
    bag = load({"good": {"platform": "rivo"}, "bad": {"platform": "rivos"}, "B ad": {}})

    assert bag.import_errors == {}
    assert sync_dags(bag) == {"loyalty_sync__good", "loyalty_sync__bad", "loyalty_sync__B_ad"}
    assert "store 'bad': platform" in bag.dags["loyalty_sync__bad"].doc_md


def test_a_file_that_is_wrong_as_a_whole_is_an_import_error_that_says_so(load) -> None:
    bag = load(["not", "stores"])

    assert "must hold the key `stores`" in str(bag.import_errors)


def test_the_listener_that_writes_notes_is_loaded_without_errors() -> None:
    airflow_home.migrated()
    from airflow import plugins_manager

    plugins, errors = plugins_manager._get_plugins()  # the public ways hide the errors

    assert errors == {}
    assert "loyalty_desk" in {plugin.name for plugin in plugins}
