from __future__ import annotations

from tests.dags.test_loyalty_sync import load  # noqa: F401 - a fixture


def test_each_store_has_a_dag_with_its_own_reasons_and_schedule(load) -> None:  # noqa: F811
    bag = load(
        {
            "one": {"platform": "rivo", "awards": {"reasons": ["sorry"], "schedule": None}},
            "two": {"platform": "rivo"},
        }
    )

    assert bag.import_errors == {}
    assert bag.dags["award_points__one"].schedule is None
    assert bag.dags["award_points__one"].params.dump()["reason"] == "sorry"
    assert bag.dags["award_points__two"].schedule == "*/10 * * * *"


def test_the_form_may_be_left_empty(load) -> None:  # noqa: F811
    dag = load({"one": {"platform": "rivo"}}).dags["award_points__one"]

    dag.params.validate()
    assert [task.task_id for task in dag.topological_sort()] == ["queue", "apply"]


def test_a_store_with_wrong_settings_has_none(load) -> None:  # noqa: F811
    bag = load({"one": {"platform": "rivo", "awards": {"reasons": []}}})

    assert bag.import_errors == {}
    assert "award_points__one" not in bag.dags
