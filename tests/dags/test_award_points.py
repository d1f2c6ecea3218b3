from __future__ import annotations


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
    assert tasks == ["apply", "approval.ask", "approval.settle", "alert"]


def test_a_store_with_wrong_settings_has_none(load) -> None:
    bag = load({"one": {"platform": "rivo", "awards": {"reasons": []}}})

    assert bag.import_errors == {}
    assert "award_points__one" not in bag.dags
