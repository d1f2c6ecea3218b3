"""After an award: read the member anew, and show the new card in Gorgias at once.

A failure here never undoes or repeats an award: the member is touched in staging, so that the next
sync shows what is missing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import CardWriter, Delivery
from loyalty_desk.platforms.base import Platform
from loyalty_desk.reading import BadFieldError
from loyalty_desk.settings import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement
from loyalty_desk.sync.push import keep_pushed
from loyalty_desk.sync.stage import stage_members

log = logging.getLogger(__name__)


def refresh_members(
    engine: Engine,
    store: StoreSettings,
    platform: Platform,
    gorgias: GorgiasClient,
    member_ids: Iterable[str],
) -> int:
    """Stage the members anew and push their cards; returns how many cards Gorgias accepted."""
    pushed = 0
    for member_id in dict.fromkeys(member_ids):
        try:
            pushed += _refresh(engine, store, platform, gorgias, member_id)
        except (LoyaltyDeskError, BadFieldError) as error:
            log.warning(
                "member %s is not refreshed (%s); the next sync does it",
                *(member_id, type(error).__name__),
            )
    return pushed


def _refresh(
    engine: Engine,
    store: StoreSettings,
    platform: Platform,
    gorgias: GorgiasClient,
    member_id: str,
) -> int:
    member = platform.find_member(member_id)
    if member is None:
        return 0
    with engine.begin() as connection:
        stage_members(connection, store.name, [member], utc_now(), first_load=False)
    writer = CardWriter(gorgias, engine, store)
    pushed = 0
    for destination in store.push_to:
        with reading(engine) as connection:
            rows = connection.execute(
                statement("awards/select_member_cards"),
                {
                    "store": store.name,
                    "member_id": member_id,
                    "destination": destination.value,
                },
            ).all()
        for row in rows:
            delivery = Delivery.from_row(row, utc_now())
            writer.deliver(delivery)
            with engine.begin() as connection:
                keep_pushed(connection, store.name, delivery, utc_text(utc_now()))
            pushed += 1
    return pushed
