"""`python -m loyalty_desk sync`: all that the DAG does, in one process and without a scheduler."""

from __future__ import annotations

import pytest

from loyalty_desk.records import RunState
from tests.flow.world import World

pytestmark = [
    pytest.mark.flow,
    pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True),  # `sync` meets both
]


def run(world: World) -> tuple[int, str]:
    """Run the command to its end; returns its exit code and what it printed."""
    process = world.start_command("sync", "--store", "demo")
    output = process.communicate(timeout=120)[0]
    return process.returncode, output


def test_a_sync_by_command_does_every_stage_and_a_second_one_writes_nothing(world: World) -> None:
    code, output = run(world)

    assert code == 0, output[-2000:]
    first = world.records()[0]
    assert first.state == RunState.SUCCEEDED, first.failure
    assert first.pushed == first.planned > 100
    assert world.wrong_cards() == []
    checked = world.rows("SELECT DISTINCT step FROM quality_results ORDER BY step")
    assert [row["step"] for row in checked] == ["customers", "match", "members", "plan", "push"]
    assert len(list((world.folder / "var" / "reports").rglob("report.html"))) == 1
    assert f"run {first.run_id}" in output

    world.forget_requests()
    assert run(world)[0] == 0
    assert world.records()[0].planned == 0
    assert world.requests("PUT") == 0


def test_a_sync_that_stops_says_why_in_one_line_and_reports_all_the_same(world: World) -> None:
    world.settings = {"brake": {"max_changes": 10}}

    code, output = run(world)

    assert code == 1
    assert output.splitlines()[-1].startswith("loyalty_desk: ")
    record = world.records()[0]
    assert record.state == RunState.FAILED
    assert "plan: " in str(record.failure)
    assert list((world.folder / "var" / "reports").rglob("report.html"))
    assert world.requests("PUT") == 0
