"""Alerts about what happened: each place of `alerts` is told of each once.

What an alert says is written when it is told. So one that a place hears late tells of awards as
they are by then, and of a late sync only while it has not ended.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, Row
from sqlalchemy.exc import DBAPIError

from loyalty_desk.awards.award_alerts import load_award_alert
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.hooks.notifiers import Alert, alert_places
from loyalty_desk.hooks.telling import NO_CONTEXT, Round
from loyalty_desk.settings.stores_file import StoreSettings, stores_file
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.telling import (
    AlertKind,
    close_alert,
    close_when_told,
    owe_alert,
    owed_alerts,
)
from loyalty_desk.tasks.budget_alerts import load_budget_alert

log = logging.getLogger(__name__)


def tell_owed(
    store: StoreSettings,
    engine: Engine,
    context: Mapping[str, Any] = NO_CONTEXT,
    *,
    just_now: str | None = None,
) -> None:
    """Tell every place the alerts that it is owed, and that of `just_now` whatever came since.

    Raises:
        PermanentError, NotToldError: as `Round.end`; the others were told.
    """
    places, telling = alert_places(store), Round(engine, store.name)
    owed = owed_alerts(engine, store.name)
    alerts = {
        row.alert_id: _written(engine, store, row, is_new=row.alert_id == just_now) for row in owed
    }
    for alert_id in [one for one, alert in alerts.items() if alert is None]:
        close_alert(engine, store.name, alert_id)
    for place in telling.in_order(places):
        for alert_id, alert in alerts.items():
            if alert is not None:
                telling.tell_alert(place, alert_id, alert, context)
    for alert_id, alert in alerts.items():
        if alert is not None:
            close_when_told(engine, store.name, alert_id, [place.key for place in places])
            if not places:
                log.warning(
                    "store %s has no `alerts`, so nobody was told: %s", store.name, alert.subject
                )
    telling.end()


def _written(engine: Engine, store: StoreSettings, owed: Row[Any], *, is_new: bool) -> Alert | None:
    """The alert as things stand now; None when it is over."""
    content = json.loads(owed.content)
    with reading(engine) as connection:
        if owed.kind == AlertKind.AWARDS:
            return load_award_alert(connection, store.name, content["award_ids"])
        if owed.kind == AlertKind.BUDGET:
            return load_budget_alert(connection, store, content)
        binds = {"store": store.name, "run_id": content["run_id"]}
        has_ended = connection.execute(statement("report/runs/has_ended"), binds).scalar()
    if has_ended and not is_new:
        return None
    return late_alert(store.name, content["minutes"], content["run_id"])


def tell_of_late_sync(
    store_name: str, minutes: float, run_id: str, context: Mapping[str, Any]
) -> None:
    """Owe every place the alert about a late run, once for each run, and tell it."""
    store = stores_file().get(store_name)
    alert_id = f"late {run_id or os.urandom(8).hex()}"
    try:
        engine = staging_engine()
        with engine.begin() as connection:
            content = {"run_id": run_id, "minutes": minutes}
            owe_alert(connection, store_name, AlertKind.LATE, content, alert_id=alert_id)
    except (LoyaltyDeskError, DBAPIError):
        # It may be late for that very reason, so people hear of it without a note of who did.
        log.warning("store %s: staging is away; places are told, and it is not kept", store_name)
        _tell_unkept(store, late_alert(store_name, minutes, run_id), context)
        return
    tell_owed(store, engine, context, just_now=alert_id)


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


def late_alert(store: str, minutes: float, run_id: str) -> Alert:
    text = (
        f"A sync of {store} has not ended {minutes:g} minutes after it was due.\n"
        f"Run: {run_id}\n"
        "Cards in Gorgias may be old until it ends. The page of the run in Airflow shows where it"
        " stands; docs/failures.md says what to do."
    )
    return Alert(subject=f"Loyalty of {store}: a sync is late", text=text)
