"""Tells people that a sync is late: what Airflow calls when a run has missed its deadline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loyalty_desk.hooks.notifiers import Alert, send_alert
from loyalty_desk.settings.stores_file import stores_file


def tell_late(store: str, minutes: float, context: Mapping[str, Any] | None = None) -> None:
    """Alert by the store's notifiers; raises whatever one raises that cannot deliver."""
    run_id = ((context or {}).get("dag_run") or {}).get("dag_run_id", "")
    text = (
        f"A sync of {store} has not ended {minutes:g} minutes after it was due.\n"
        f"Run: {run_id}\n"
        "Cards in Gorgias may be old until it ends. The page of the run in Airflow shows where it"
        " stands; docs/failures.md says what to do."
    )
    send_alert(
        stores_file().get(store), Alert(subject=f"Loyalty of {store}: a sync is late", text=text)
    )
