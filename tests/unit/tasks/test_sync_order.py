"""`run_all` follows the order that the DAG is made from, and reports whatever happens."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from loyalty_desk.errors import BrakeError
from loyalty_desk.tasks import sync
from loyalty_desk.tasks.sync_order import SYNC_ORDER

NAMES = list(chain.from_iterable(SYNC_ORDER))


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stages that ran; those of the run `braked` get no further than the plan."""
    done: list[str] = []

    def stage(name: str) -> Any:
        def run(store: str, run_id: str) -> dict[str, float]:
            assert store == "demo"
            if (name, run_id) == ("plan", "braked"):
                raise BrakeError("too many")
            done.append(name)
            return {}

        return run

    def report(store: str, run_id: str, *, reached_the_end: bool) -> None:
        done.append(f"report, reached the end: {reached_the_end}")

    monkeypatch.setattr(sync, "start", lambda store, run_id, params: done.append("start"))
    monkeypatch.setattr(sync, "report", report)
    monkeypatch.setattr(sync, "STAGES", {name: stage(name) for name in reversed(NAMES)})
    return done


def test_each_stage_of_the_order_is_one_that_can_be_run_and_none_is_left_over() -> None:
    assert sorted(NAMES) == sorted(sync.STAGES)


def test_the_command_runs_every_stage_in_the_order_between_start_and_report(
    done: list[str],
) -> None:
    sync.run_all("demo", "r1", {})

    assert done == ["start", *NAMES, "report, reached the end: True"]


def test_a_stage_that_fails_is_the_last_before_the_report(done: list[str]) -> None:
    with pytest.raises(BrakeError):
        sync.run_all("demo", "braked", {})

    before = NAMES[: NAMES.index("plan")]
    assert done == ["start", *before, "report, reached the end: False"]
