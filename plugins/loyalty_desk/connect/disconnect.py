"""The way out: what we made is removed, in the reverse order, and what cannot be is listed."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.connect.tokens import list_tokens, revoke_token
from loyalty_desk.errors import ApiError, ConnectError
from loyalty_desk.gorgias.made import forget_object, known_objects
from loyalty_desk.gorgias.objects import AccountObjects, Kind
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.journal import Event, write_entry
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, keep_state

log = logging.getLogger(__name__)


class Waiting(StrEnum):
    """What becomes of awards that wait when a store is disconnected."""

    REFUSE = "refuse"
    """The store stays connected until there are none."""
    PARK = "park"
    """They stay in the queue, and go on if the store is ever connected again."""


REMOVED_FIRST: Final = (Kind.WIDGET, Kind.VIEW, Kind.MACRO, Kind.INTEGRATION)
"""What agents see, before what it is fed by."""
REMOVED_LAST: Final = (Kind.CUSTOM_FIELD, Kind.TAG)
"""Fields hold values until the cards are cleared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Something that is still there after a disconnect, and why."""

    what: str
    why: str


def close_store(engine: Engine, store: str, waiting: Waiting, by: str, now: datetime) -> int:
    """Take the store out of service; from here on nothing of it starts. Returns awards parked.

    Whoever calls holds the store, so that no sync is under way.

    Raises:
        ConnectError: awards wait and are not to be parked; nothing was changed.
    """
    with engine.begin() as connection:
        count = int(
            connection.execute(
                statement("disconnect/count_waiting_awards"), {"store": store}
            ).scalar_one()
        )
        if count and waiting is Waiting.REFUSE:
            raise ConnectError(
                f"nothing was changed: {count} awards of store {store} wait to be applied or"
                " approved; settle them first, or disconnect with `park`: they stay in the queue"
            )
        state = json.dumps({"at_utc": utc_text(now), "by": by})
        keep_state(connection, store, StateKey.DISCONNECTED, state, now)
        write_entry(connection, store, Event.DISCONNECTED, {}, now)
    return count


def revoke_tokens(engine: Engine, store: str, by: str, now: datetime) -> int:
    """Revoke every token of the store; returns how many."""
    with engine.begin() as connection:
        tokens = [t for t in list_tokens(connection, store) if t.revoked_at_utc is None]
        for token in tokens:
            revoke_token(connection, store, token.token_id, now, revoked_by=by)
    return len(tokens)


def remove_objects(
    engine: Engine,
    store: str,
    objects: AccountObjects,
    kinds: tuple[Kind, ...],
    *,
    spared_tags: Collection[str] = (),
) -> Iterator[Left]:
    """Remove what we made of these kinds; yields what stays. May be repeated."""
    for kind in kinds:
        for key, gorgias_id in sorted(known_objects(engine, store, kind).items()):
            if kind is Kind.TAG and key in spared_tags:
                continue
            try:
                objects.remove(kind, gorgias_id)
            except ApiError as error:
                # In use by a rule of the merchant's, say; a person has to part them.
                yield Left(
                    what=f"{kind.value} {key} ({gorgias_id})", why=f"Gorgias: {error.status}"
                )
                continue
            forget_object(engine, store, kind, key)
            log.info("%s %s %s is removed", kind, key, gorgias_id)
            if kind is Kind.CUSTOM_FIELD:
                yield Left(
                    what=f"customer field {key} ({gorgias_id})",
                    why="archived: Gorgias cannot delete a field",
                )


def count_cards(engine: Engine, store: str) -> int:
    """How many cards of ours stand in Gorgias, as far as the ledger knows."""
    with reading(engine) as connection:
        found = connection.execute(statement("disconnect/count_pushed_cards"), {"store": store})
        return int(found.scalar_one())
