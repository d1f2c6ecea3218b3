from __future__ import annotations

from loyalty_desk.awards.batches import ASKS_ABOUT_ALL


def test_each_store_has_a_dag_by_hand_with_its_own_reasons(load) -> None:
    bag = load({"one": {"platform": "rivo", "awards": {"reasons": ["sorry"]}}})

    assert bag.import_errors == {}
    dag = bag.dags["award_incident__one"]
    assert dag.schedule is None
    assert dag.params.dump()["reason"] == "sorry"
    dag.params.validate()


def test_the_whole_is_asked_about_once_and_waits_in_no_worker(load) -> None:
    dag = load({"one": {"platform": "rivo"}}).dags["award_incident__one"]

    assert [task.task_id for task in dag.topological_sort()] == [
        *("request", ASKS_ABOUT_ALL),
        "settle",
    ]
    assert not dag.get_task(ASKS_ABOUT_ALL).is_mapped
    assert dag.max_active_runs > 10, "a run that waits holds up no other one"
