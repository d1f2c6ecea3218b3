"""Tasks that wait for their turn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowRescheduleException

from loyalty_desk.errors import StoreBusyError
from loyalty_desk.orchestration.turns import in_turn


def test_a_task_that_waits_is_not_back_before_airflow_has_seen_it_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOYALTY_DESK_SPEED", "200")

    with pytest.raises(AirflowRescheduleException) as waits, in_turn():
        raise StoreBusyError("store demo is being synced")

    assert waits.value.reschedule_date - datetime.now(UTC) > timedelta(seconds=4)


@pytest.mark.parametrize(
    ("waited", "comes_again"),
    [(None, True), (timedelta(minutes=29), True), (timedelta(minutes=31), False)],
    ids=["the first time", "within its time", "past its time"],
)
def test_a_task_that_waits_for_so_long_fails_then_by_what_it_waits_for(
    waited: timedelta | None, *, comes_again: bool
) -> None:
    first = None if waited is None else datetime.now(UTC) - waited
    ti = SimpleNamespace(
        get_template_context=dict, get_first_reschedule_date=lambda _context: first
    )
    expected = AirflowRescheduleException if comes_again else StoreBusyError

    with pytest.raises(expected), in_turn(ti, at_most=timedelta(minutes=30)):
        raise StoreBusyError("store demo is being synced")
