"""The sync's DAG follows the order that the command line goes by too."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise, product
from typing import Any

import pytest

from loyalty_desk.tasks.sync_order import SYNC_ORDER


@pytest.fixture
def dag(dags: Mapping[str, Any]) -> Any:
    return dags["loyalty_sync__one"]


def test_the_edges_are_those_of_the_order_between_start_and_report(dag: Any) -> None:
    wanted = {
        edge
        for before, after in pairwise([("start",), *SYNC_ORDER, ("report",)])
        for edge in product(before, after)
    }
    wanted.add(("start", "report"))  # what a set-up has with its teardown
    wanted.update((name, "report") for name in SYNC_ORDER[0])  # it waits for all side by side
    wanted.add((SYNC_ORDER[-1][-1], "synced"))  # what makes a run red

    assert {(task.task_id, after) for task in dag.tasks for after in task.downstream_task_ids} == (
        wanted
    )


def test_each_task_runs_the_stage_that_it_is_named_after(dag: Any) -> None:
    for group in SYNC_ORDER:
        for name in group:
            assert dag.get_task(name).op_args == (name,)


def test_the_stages_tell_what_they_read_and_write(dag: Any) -> None:
    def names(which: str) -> dict[str, list[str]]:
        found = {
            task.task_id: [asset.name.removeprefix("one_") for asset in getattr(task, which)]
            for task in dag.tasks
        }
        return {task_id: assets for task_id, assets in found.items() if assets}

    assert names("inlets") == {
        "extract_members": ["loyalty_members"],
        "extract_customers": ["gorgias_customers"],
        "extract_tickets": ["gorgias_customers"],
        "match": ["staged_members", "staged_customers"],
        "plan": ["matches"],
        "push": ["changes"],
    }
    assert names("outlets") == {
        "extract_members": ["staged_members"],
        "extract_customers": ["staged_customers"],
        "match": ["matches"],
        "plan": ["changes"],
        "push": ["loyalty_cards"],
        "report": ["sync_report"],
    }


def test_counts_go_on_as_one_value(dag: Any) -> None:
    assert not any(task.multiple_outputs for task in dag.tasks)
