from __future__ import annotations

from loyalty_desk.awards.deciding import ASKS


def test_each_store_has_a_dag_with_its_own_reasons_and_schedule(load) -> None:
    bag = load(
        {
            "one": {"platform": "rivo", "awards": {"reasons": ["sorry"], "schedule": None}},
            "two": {"platform": "rivo"},
        }
    )

    assert bag.import_errors == {}
    assert bag.dags["award_points__one"].schedule.name == "one_award_queue"
    assert bag.dags["award_points__one"].params.dump()["reason"] == "sorry"
    both = bag.dags["award_points__two"].schedule
    assert both.timetable.expression == "*/10 * * * *"
    assert both.asset_condition.name == "two_award_queue"


def test_the_form_may_be_left_empty(load) -> None:
    dag = load({"one": {"platform": "rivo"}}).dags["award_points__one"]

    dag.params.validate()
    tasks = [task.task_id for task in dag.topological_sort()]
    assert set(tasks) == {"apply", ASKS, "approval.settle", "show", "alert"}
    assert dag.get_task(ASKS).get_closest_mapped_task_group() is not None


def test_no_booking_waits_for_gorgias(load) -> None:
    dag = load({"one": {"platform": "rivo"}}).dags["award_points__one"]

    show, apply = dag.get_task("show"), dag.get_task("apply")
    assert dag.max_active_runs > 100, "a run whose cards wait holds up no other run"
    assert show.downstream_task_ids == set()
    assert show.max_active_tis_per_dag == 1, "nor do many of them fill the pool"
    assert show.priority_weight < apply.priority_weight


def test_a_store_with_wrong_settings_has_none(load) -> None:
    bag = load({"one": {"platform": "rivo", "awards": {"reasons": []}}})

    assert bag.import_errors == {}
    assert "award_points__one" not in bag.dags
