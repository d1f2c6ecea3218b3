"""What the DAG's task and the command line call: shows every card that was asked for."""

from __future__ import annotations

import logging
import time
from collections import Counter
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine

from loyalty_desk.card.emails import masked_name
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import ApiError, ApiUnavailableError
from loyalty_desk.hooks.connections import gorgias_client, loyalty_platform
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.lookup.place import CustomerShower
from loyalty_desk.refresh import (
    CardShower,
    cause_of,
    list_cards_to_show,
    list_customers_to_show,
    take_customer_off,
    take_off,
)
from loyalty_desk.settings.stores_file import StoreSettings, installation
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.stores import open_store

log = logging.getLogger(__name__)

BATCH: Final = 100
LEFT_TO_THE_SYNC: Final = timedelta(hours=1)
"""A customer of whom Gorgias gives no usable answer for so long holds up nobody any more."""
WAITS_S: Final = 30.0
"""How long a call waits for a service before the rest is left to another try of the task."""


def refresh_cards(store_name: str) -> dict[str, int]:
    """Show the cards that were asked for, until none is left or `refresh.minutes` have passed.

    Raises:
        ApiUnavailableError, BadConnectionError: a service is away; what is left stays on the list.
    """
    store, engine = open_store(store_name), staging_engine()
    platform = loyalty_platform(store, max_wait_s=WAITS_S)
    gorgias = gorgias_client(store, engine, urgent=True, max_wait_s=WAITS_S)
    shower = CardShower(store, engine, platform, gorgias)
    ends_at = time.monotonic() + store.refresh.minutes * 60 / installation().speed
    counts = Counter[str]()
    # Members first: what they bring may ask for customers.
    while time.monotonic() < ends_at and (
        _show_batch(engine, store, shower, counts, ends_at)
        or _show_customers(engine, store, shower, counts, ends_at)
    ):
        pass
    log.info("cards: %s", ", ".join(f"{n} {name}" for name, n in counts.items()) or "none")
    return dict(counts)


def _show_batch(
    engine: Engine, store: StoreSettings, shower: CardShower, counts: Counter[str], ends_at: float
) -> bool:
    """Show a batch; False when there was nothing to show."""
    with reading(engine) as connection:
        asked = list_cards_to_show(connection, store.name, most=BATCH)
    for one in asked:
        if time.monotonic() >= ends_at:
            break
        try:
            member = shower.reread_member(one.member_id)
            counts["members_read"] += 1
            if member is not None:
                counts["cards_pushed"] += shower.push(one.member_id, cause_of(one))
        except (ApiError, BadFieldError) as error:
            # For good, as far as this member goes: the sync reports what cannot be read or written.
            shown, why = masked_name(one.member_id), type(error).__name__
            log.warning("member %s is not shown (%s)", shown, why)
            counts["failed"] += 1
        with engine.begin() as connection:
            take_off(connection, store.name, one)
    return bool(asked)


def _show_customers(
    engine: Engine, store: StoreSettings, shower: CardShower, counts: Counter[str], ends_at: float
) -> bool:
    """Show customers the cards that lookups and links asked for; False when there were none."""
    with reading(engine) as connection:
        asked = list_customers_to_show(connection, store.name, most=BATCH)
    for one in asked:
        if time.monotonic() >= ends_at:
            break
        try:
            customers = CustomerShower(shower=shower)
            shown = customers.show(one.customer_id, cause_of(one), is_stale=one.is_stale)
            counts["customers_asked_for"] += 1
            counts["cards_pushed"] += shown
        except (ApiError, ApiUnavailableError) as error:
            is_down = isinstance(error, ApiUnavailableError)
            if is_down and one.asked_at_utc > utc_text(utc_now() - LEFT_TO_THE_SYNC):
                raise
            log.warning("customer %s is not shown (%s)", one.customer_id, type(error).__name__)
            counts["failed"] += 1
        with engine.begin() as connection:
            take_customer_off(connection, store.name, one)
    return bool(asked)
