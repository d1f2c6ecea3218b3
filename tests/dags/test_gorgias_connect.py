from __future__ import annotations

import pytest
from airflow.sdk.exceptions import ParamValidationError


def test_each_store_has_a_way_in_and_a_way_out_by_hand_only(load) -> None:
    bag = load({"one": {"platform": "rivo"}, "two": {"platform": "rivo"}})

    assert bag.import_errors == {}
    for store in ("one", "two"):
        into, out = bag.dags[f"gorgias_connect__{store}"], bag.dags[f"gorgias_disconnect__{store}"]
        assert (into.schedule, out.schedule) == (None, None)
        assert [task.task_id for task in into.topological_sort()] == ["check", "learn", "furnish"]
        assert [task.task_id for task in out.topological_sort()] == [
            *("close", "remove", "clear_cards", "finish")
        ]
        into.params.validate()
        out.params.validate()


def test_what_becomes_of_waiting_awards_is_one_of_two(load) -> None:
    dag = load({"one": {"platform": "rivo"}}).dags["gorgias_disconnect__one"]

    with pytest.raises(ParamValidationError):
        dag.params["waiting_awards"] = "drop"
