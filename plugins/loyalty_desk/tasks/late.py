"""Tells people that a sync is late: what Airflow calls when a run has missed its deadline."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.hooks.notifiers import Alert, alert_places
from loyalty_desk.settings.stores_file import StoreSettings, stores_file

log = logging.getLogger(__name__)


def tell_late(store: str, minutes: float, context: Mapping[str, Any] | None = None) -> None:
    """Alert the store's places, once for each run.

    Raises:
        PermanentError, NotToldError: as `Round.end`; the others were told.
    """
    # Here, as each DAG file names this function when Airflow reads it.
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415
    from loyalty_desk.staging.telling import AlertKind, owe_alert  # noqa: PLC0415
    from loyalty_desk.tasks.alerts import late_alert, tell_owed  # noqa: PLC0415

    run_id = ((context or {}).get("dag_run") or {}).get("dag_run_id", "")
    settings = stores_file().get(store)
    alert_id = f"late {run_id or os.urandom(8).hex()}"
    try:
        engine = staging_engine()
        with engine.begin() as connection:
            content = {"run_id": run_id, "minutes": minutes}
            owe_alert(connection, store, AlertKind.LATE, content, alert_id=alert_id)
    except (LoyaltyDeskError, DBAPIError):
        # It may be late for that very reason, so people hear of it without a note of who did.
        log.warning("store %s: staging is away; places are told, and it is not kept", store)
        _tell_unkept(settings, late_alert(store, minutes, run_id), context or {})
        return
    tell_owed(settings, engine, context or {}, just_now=alert_id)


def _tell_unkept(store: StoreSettings, alert: Alert, context: Mapping[str, Any]) -> None:
    failed: Exception | None = None
    for place in alert_places(store):
        try:
            place.deliver(alert, context)
        except Exception as error:  # noqa: BLE001 - a notifier is anybody's code; others are told
            log.warning("store %s: %s could not be told", store.name, place.title)
            failed = error
    if failed is not None:
        raise failed
