"""Which failures Airflow tries again: a named error says so, anything else follows `retries`."""

from __future__ import annotations

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule
from pendulum import Duration, duration

from loyalty_desk.settings import installation

RETRY_BY_ERROR = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception="loyalty_desk.errors.PermanentError",
            action=RetryAction.FAIL,
            reason="a person must act; see the message",
        )
    ]
)


def wait_minutes(minutes: float) -> Duration:
    """The wait before another try; shorter where all waits are (`LOYALTY_DESK_SPEED`)."""
    return duration(minutes=minutes / installation().speed)
