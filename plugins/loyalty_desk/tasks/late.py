"""Tells people that a sync is late: what Airflow calls when a run has missed its deadline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def tell_late(store: str, minutes: float, context: Mapping[str, Any] | None = None) -> None:
    """Alert the store's places, once for each run.

    Raises:
        PermanentError, NotToldError: some could not be told; all others were.
    """
    # Airflow parses a file that names this function, and all of the database is slow to load.
    from loyalty_desk.tasks.alerts import tell_of_late_sync  # noqa: PLC0415

    run_id = ((context or {}).get("dag_run") or {}).get("dag_run_id", "")
    tell_of_late_sync(store, minutes, run_id, context or {})
