"""Airflow listener: each line of a task's log tells its store, beside the DAG and the run."""

from __future__ import annotations

from typing import Any

from airflow.listeners import hookimpl
from structlog.contextvars import bind_contextvars

FAMILIES = (
    *("loyalty_sync", "award_points", "refresh_cards", "mismatch_report", "housekeeping"),
    *("erase_person", "gorgias_connect", "gorgias_disconnect", "goodwill_report"),
    "award_incident",
)


@hookimpl
def on_task_instance_running(task_instance: Any) -> None:
    """Runs in the task's own process, before the task."""
    family, _, store = task_instance.dag_id.partition("__")
    if store and family in FAMILIES:
        bind_contextvars(store=store)
