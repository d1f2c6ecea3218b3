"""Which failures Airflow tries again: a named error says so, anything else follows `retries`."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from loyalty_desk.settings.stores_file import installation

RETRY_BY_ERROR = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception="loyalty_desk.errors.PermanentError",
            action=RetryAction.FAIL,
            reason="a person must act; see the message",
        ),
        RetryRule(
            exception="loyalty_desk.errors.NotToldError",
            action=RetryAction.FAIL,
            reason="staging keeps when the place is tried again, and a later run does it",
        ),
    ]
)


def wait_minutes(minutes: float) -> timedelta:
    """The wait before another try; shorter where all waits are (`LOYALTY_DESK_SPEED`)."""
    return timedelta(minutes=minutes / installation().speed)
