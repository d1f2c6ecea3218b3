"""Which member files of a store's folder were dealt with, by name: kept in the store's state."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from datetime import datetime

from sqlalchemy import Connection

from loyalty_desk.clock import utc_now
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state


@dataclass(frozen=True, slots=True)
class Known:
    """One file that was read, or passed over for a `newer` one.

    `stamp` is its size and time, and `sign` what its storage changes with the content, if it does.
    `digest` is that of its content; None: nobody looked into it.
    """

    stamp: str
    sign: str | None = None
    digest: str | None = None
    newer: str | None = None

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.stamp.partition(" ")[2])

    @property
    def is_of_before(self) -> bool:
        """Whether a version noted it that went by size and time alone."""
        return self.sign is None and self.digest is None and self.newer is None


def load_known(connection: Connection, store: str) -> dict[str, Known]:
    """What is known by name, in the order in which it was dealt with."""
    kept = json.loads(find_state(connection, store, StateKey.MEMBER_FILES) or "{}")
    return {name: Known(one) if isinstance(one, str) else Known(*one) for name, one in kept.items()}


def keep_known(connection: Connection, store: str, known: dict[str, Known]) -> None:
    content = json.dumps({name: astuple(one) for name, one in known.items()})
    keep_state(connection, store, StateKey.MEMBER_FILES, content, utc_now())
