"""Which failures Airflow tries again: a named error says so, anything else follows `retries`."""

from __future__ import annotations

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

RETRY_BY_ERROR = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception="loyalty_desk.errors.PermanentError",
            action=RetryAction.FAIL,
            reason="a person must act; see the message",
        )
    ]
)
