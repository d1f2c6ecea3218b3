"""Measures every store and sends the numbers where Airflow sends its own."""

from __future__ import annotations

import logging
import time

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import BadConnectionError
from loyalty_desk.hooks.connections import gorgias_account
from loyalty_desk.settings.stores_file import StoreSettings, installation, stores_file
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.watching.gauges import Gauge, Leak, measure_budgets, measure_store
from loyalty_desk.watching.metrics import send_gauges

log = logging.getLogger(__name__)


def measure() -> int:
    """Measure all stores and accounts and send it; returns how many numbers that were."""
    gauges: list[Gauge] = []
    accounts: dict[str, Leak] = {}
    with reading(staging_engine()) as connection:
        for store in stores_file().stores.values():
            gauges += measure_store(connection, store, utc_now())
            account = _find_account(store)
            if account is not None:
                window_s = store.budget.window_s / installation().speed
                accounts[account] = Leak(window_s, store.budget.share)
        gauges += measure_budgets(connection, accounts, time.time())
    send_gauges(gauges)
    return len(gauges)


def _find_account(store: StoreSettings) -> str | None:
    try:
        return gorgias_account(store)
    except BadConnectionError:
        log.info("store %s has no Gorgias connection, so no budget", store.name)
        return None
