"""Which member files of a store's folder were dealt with, by name: kept in the store's state."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import Any, Final

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


@dataclass(slots=True)
class KnownFiles:
    """All of a store by name, in the order in which they were last looked into.

    `unspent_bytes`: what earlier runs were allowed to look into and did not, as the next one in
    turn is larger.
    """

    by_name: dict[str, Known] = field(default_factory=dict)
    unspent_bytes: int = 0


_UNSPENT: Final = ""
"""Stands among the names, as no file has that one."""


def load_known(connection: Connection, store: str) -> KnownFiles:
    """What is known of a store's files."""
    kept = json.loads(find_state(connection, store, StateKey.MEMBER_FILES) or "{}")
    unspent_bytes = kept.pop(_UNSPENT, 0)
    files = {
        name: Known(one) if isinstance(one, str) else Known(*one) for name, one in kept.items()
    }
    return KnownFiles(files, unspent_bytes)


def keep_known(connection: Connection, store: str, known: KnownFiles) -> None:
    content: dict[str, Any] = {name: astuple(one) for name, one in known.by_name.items()}
    if known.unspent_bytes:
        content[_UNSPENT] = known.unspent_bytes
    keep_state(connection, store, StateKey.MEMBER_FILES, json.dumps(content), utc_now())
