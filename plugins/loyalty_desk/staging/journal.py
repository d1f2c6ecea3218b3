"""What was erased, revoked and decided, so that it outlives the database: `journal_folder.py`.

An entry is written in the transaction that does what it tells, so none is lost and none is told of
what was not done. It is in a file as soon as the folder can be written. Of people it holds hashes.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import (
    StateKey,
    find_state,
    find_state_time,
    keep_first,
    keep_state,
)

INSTALLATION: Final = ""
"""In the place of a store: the journal is the whole installation's, and no store has that name."""

SOON: Final = timedelta(minutes=5)
"""What waits longer could not be written."""


class Event(StrEnum):
    """What an entry tells, and what its content holds."""

    ERASED = "erased"
    """`hashes` of a person who is kept out from then on."""
    LET_IN = "let_in"
    """`hashes` that are forgotten again."""
    REVOKED = "revoked"
    """The `token_id` of a token."""
    ENDED = "ended"
    """The `token_id` of a token that another takes the place of, and when it ends."""
    DECIDED = "decided"
    """The `batch`, its `action`, and `about`: hashes of a customer or member and the other one."""
    UNDONE = "undone"
    """The `batch` that was taken back."""
    UNLINKED = "unlinked"
    """The `customer`, as a hash, whose link was taken back on the command line."""
    DISCONNECTED = "disconnected"
    """A person took the store out of service."""
    CONNECTED = "connected"
    """And into service again."""
    MOVED = "moved"
    """The store is on the platform `to` from then on: the same member id is another person's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """Which journal is this installation's, and how far it is."""

    id: str
    begun: datetime
    marked: datetime
    """When its folder was last seen to hold everything."""
    last_number: int
    last_kept: int
    pending: int
    """Entries that are in no file yet."""


def write_entry(
    connection: Connection, store: str, event: Event, content: Mapping[str, Any], now: datetime
) -> None:
    """Tell in the journal what this transaction does."""
    binds = {
        "entry_id": sortable_id(),
        "store": store,
        "kind": event.value,
        "content": json.dumps(content, sort_keys=True),
        "now_utc": utc_text(now),
    }
    connection.execute(statement("journal/insert_entry"), binds)


def sortable_id() -> str:
    """An id that sorts by when it was made: of two of one moment the later one holds."""
    return f"{time.time_ns():016x}{uuid.uuid4().hex[:16]}"


def begin_journal(connection: Connection, now: datetime) -> None:
    """Begin the journal of this installation, unless it is."""
    begun = json.dumps({"id": uuid.uuid4().hex, "begun_utc": utc_text(now)})
    keep_first(connection, INSTALLATION, StateKey.JOURNAL, begun, now)


def find_journal(connection: Connection) -> Journal | None:
    """How the journal stands; None where none is begun."""
    content = find_state(connection, INSTALLATION, StateKey.JOURNAL)
    marked = find_state_time(connection, INSTALLATION, StateKey.JOURNAL)
    if content is None or marked is None:
        return None
    begun, row = json.loads(content), count_entries(connection)
    return Journal(
        id=begun["id"],
        begun=parse_utc(begun["begun_utc"]),
        marked=marked,
        last_number=row.last_number or 0,
        last_kept=row.last_kept or 0,
        pending=int(row.pending or 0),
    )


def count_waiting_long(connection: Connection, now: datetime) -> int:
    """How many entries are in no file, if that is so for longer than it takes to write them."""
    row = count_entries(connection)
    since = row.pending_since_utc
    return int(row.pending) if since and now - parse_utc(since) > SOON else 0


def count_entries(connection: Connection) -> Any:
    return connection.execute(statement("journal/select_last_number")).one()


def keep_journal_state(connection: Connection, journal: Journal, now: datetime) -> None:
    """Remember which journal it is, and that it was whole at a time."""
    content = json.dumps({"id": journal.id, "begun_utc": utc_text(journal.begun)})
    keep_state(connection, INSTALLATION, StateKey.JOURNAL, content, now)


def number_entries(connection: Connection) -> None:
    """Give every entry its number; one process at a time, as they have no gap."""
    binds = {"store": INSTALLATION, "key": StateKey.JOURNAL.value}
    connection.execute(statement("journal/hold_numbers"), binds)
    number = count_entries(connection).last_number or 0
    for entry_id in connection.execute(statement("journal/select_unnumbered")).scalars().all():
        number += 1
        given = {"entry_id": entry_id, "number": number}
        connection.execute(statement("journal/give_number"), given)
