"""Tasks that wait for their turn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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
