"""What members' cards say of their last award, from the awards that staging holds.

A card changes when an award does, or when one is so old that it is not spoken of any more: nothing
is said anew each day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row

from loyalty_desk.card.cards import card_json, fingerprint_of_json
from loyalty_desk.card.texts import BEING_CHECKED, LAST_AWARD, booked_text
from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.staging import schema
from loyalty_desk.staging.load import bulk_upsert, chunks
from loyalty_desk.staging.row_types import TouchedRow
from loyalty_desk.staging.statements import statement

SPOKEN_OF: Final = timedelta(days=30)
"""How long after an award the card speaks of it. The sentence names the day without its year."""
LOOKED_AT: Final = timedelta(days=90)
"""How far back awards are looked at: far enough to take back what was said of an older one."""


def say_last_awards_of_all(connection: Connection, store: str, now: datetime) -> int:
    """Have the card of everybody who was awarded lately tell; returns how many cards changed."""
    binds = {"store": store, "oldest_utc": utc_text(now - LOOKED_AT)}
    found = connection.execute(statement("awards/last_award/select_lately_awarded"), binds)
    ids = found.scalars().all()
    return sum(say_last_awards(connection, store, some, now) for some in chunks(ids))


def say_last_awards(
    connection: Connection, store: str, member_ids: Sequence[str], now: datetime
) -> int:
    """Have the cards of some members tell of their last awards; returns how many changed.

    Touches each card that changed. Who is not staged is left out.
    """
    binds = {
        "store": store,
        "member_ids": member_ids,
        # What is said is looked at for as long again, so that it is surely taken back.
        "oldest_utc": utc_text(now - LOOKED_AT + SPOKEN_OF),
        "since_utc": utc_text(now - SPOKEN_OF),
    }
    rows = connection.execute(statement("awards/last_award/select_cards_and_last_awards"), binds)
    changed = [row.member_id for row in rows.all() if _say(connection, store, row)]
    _touch(connection, store, changed)
    return len(changed)


def _say(connection: Connection, store: str, row: Row[Any]) -> bool:
    """Change one card, if it says something else; False when there was nothing to change."""
    before: dict[str, Any] = orjson.loads(row.card)
    card = {key: value for key, value in before.items() if key != LAST_AWARD}
    if row.state is not None:
        card[LAST_AWARD] = _text(row)
    if card == before:
        return False
    text = card_json(card)
    binds = {
        "store": store,
        "member_id": row.member_id,
        "card": text,
        "card_fingerprint": fingerprint_of_json(text),
        "fingerprint_before": row.card_fingerprint,
    }
    return connection.execute(statement("awards/last_award/update_card"), binds).rowcount == 1


def _text(award: Row[Any]) -> str:
    if award.state != AwardState.APPLIED:
        return BEING_CHECKED
    booked_on = parse_utc(award.at_utc).date()
    return booked_text(
        Unit(award.unit), award.amount, booked_on, takes_back=award.reverses is not None
    )


def _touch(connection: Connection, store: str, member_ids: Iterable[str]) -> None:
    rows = [TouchedRow(store, "card", member_id) for member_id in member_ids]
    bulk_upsert(connection, schema.touched, rows)
