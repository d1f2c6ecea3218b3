"""What the DAG's task and the command line call: shows every card that was asked for."""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import Final

from sqlalchemy import Engine

from loyalty_desk.errors import ApiError
from loyalty_desk.hooks.connections import gorgias_client, loyalty_platform
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.refresh import CardShower, list_cards_to_show, take_off
from loyalty_desk.settings.stores_file import StoreSettings, installation
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.stores import open_store

log = logging.getLogger(__name__)

BATCH: Final = 100
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
    while time.monotonic() < ends_at and _show_batch(engine, store, shower, counts, ends_at):
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
                counts["cards_pushed"] += shower.push(one.member_id)
        except (ApiError, BadFieldError) as error:
            # For good, as far as this member goes: the sync reports what cannot be read or written.
            log.warning("member %s is not shown (%s)", one.member_id, type(error).__name__)
            counts["failed"] += 1
        with engine.begin() as connection:
            take_off(connection, store.name, one)
    return bool(asked)
