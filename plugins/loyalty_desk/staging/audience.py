"""To whom cards are written: to everybody, or to those alone who wrote lately.

`push.audience: recent` means customers with an open ticket, or one of the last `push.recent_days`.
It costs no request of its own: syncs read tickets anyway, and what falls out of the window of
recent tickets too early is kept here, with the tickets that lookups were for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.records import Ticket
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.kept_out import KeptOut, strip_batch
from loyalty_desk.staging.load import bulk_upsert, chunks
from loyalty_desk.staging.row_types import FurtherTicketRow, TouchedRow
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, find_state, forget_state, keep_state

RECENT = "recent"


def is_narrow(store: StoreSettings) -> bool:
    """Whether a sync leaves anybody out."""
    return store.push.audience == RECENT


def recent_since(store: StoreSettings, now: datetime) -> str:
    """A ticket updated since then makes its customer recent; an open one always does."""
    return utc_text(now - timedelta(days=store.push.recent_days))


def find_recent(
    connection: Connection, store: StoreSettings, customer_ids: Collection[int], now: datetime
) -> frozenset[int]:
    """Those of some customers to whom the store writes: all, where it writes to everybody."""
    if not is_narrow(store):
        return frozenset(customer_ids)
    found: set[int] = set()
    for ids in chunks(sorted(customer_ids)):
        binds = {"store": store.name, "recent_since": recent_since(store, now), "ids": ids}
        found.update(connection.execute(statement("audience/select_recent"), binds).scalars())
    return frozenset(found)


# --- everybody again -------------------------------------------------------------------------


def note_narrow(connection: Connection, store: StoreSettings, now: datetime) -> None:
    """Remember that a plan left people out, who are to be written to if that is to end."""
    if is_narrow(store) and find_state(connection, store.name, StateKey.AUDIENCE) is None:
        keep_state(connection, store.name, StateKey.AUDIENCE, RECENT, now)


def is_widening(connection: Connection, store: StoreSettings) -> bool:
    """Whether some have no card only because the store did not write to everybody before."""
    return (
        not is_narrow(store) and find_state(connection, store.name, StateKey.AUDIENCE) is not None
    )


def end_widening(connection: Connection, store: StoreSettings) -> None:
    forget_state(connection, store.name, StateKey.AUDIENCE)


# --- tickets ---------------------------------------------------------------------------------


def note_asked_ticket(
    engine: Engine, store: StoreSettings, ticket_id: int, customer_id: int, now: datetime
) -> None:
    """Keep that a customer has a ticket of which a lookup tells before a sync does.

    Most lookups are for a ticket that is known, and write nothing.
    """
    if not is_narrow(store):
        return
    binds = {"store": store.name, "ticket_id": ticket_id, "customer_id": customer_id}
    with reading(engine) as connection:
        if connection.execute(statement("audience/find_open_ticket"), binds).first():
            return
    with engine.begin() as connection:
        connection.execute(
            statement("audience/upsert_asked_ticket"), {**binds, "now_utc": utc_text(now)}
        )


def oldest_to_read(
    connection: Connection, store: StoreSettings, window_start: str, now: datetime
) -> tuple[str, bool]:
    """How far back tickets count for anything, and whether all that do are known up to here."""
    if not is_narrow(store):
        return window_start, True
    oldest = min(window_start, recent_since(store, now))
    known_since = find_state(connection, store.name, StateKey.TICKETS_SINCE)
    return oldest, known_since is not None and known_since <= oldest


def stage_older_tickets(
    connection: Connection, store: StoreSettings, batch: Iterable[Ticket]
) -> None:
    """Keep tickets from before the window of recent ones, and touch their customers."""
    latest = {ticket.ticket_id: ticket for ticket in batch}
    strip_batch(connection, store.name, latest, KeptOut.strip_ticket)
    rows = [
        FurtherTicketRow(store.name, one.ticket_id, one.customer_id, one.status, one.updated_at_utc)
        for one in latest.values()
    ]
    bulk_upsert(connection, schema.further_tickets, rows, newest_by="updated_at_utc")
    touched = {TouchedRow(store.name, "customer", str(row.customer_id)) for row in rows}
    bulk_upsert(connection, schema.touched, list(touched))


def keep_older_tickets(
    connection: Connection, store: StoreSettings, window_start: str, now: datetime
) -> None:
    """Keep what makes somebody recent before older tickets are forgotten, and drop what does not.

    Follows a whole read of the tickets.
    """
    if not is_narrow(store):
        if find_state(connection, store.name, StateKey.TICKETS_SINCE) is not None:
            binds = {"store": store.name}
            connection.execute(statement("audience/delete_further_tickets"), binds)
            forget_state(connection, store.name, StateKey.TICKETS_SINCE)
        return
    since = recent_since(store, now)
    binds = {"store": store.name, "older_than_utc": window_start, "recent_since": since}
    connection.execute(statement("audience/keep_older_tickets"), binds)
    connection.execute(statement("audience/delete_settled_tickets"), binds)
    keep_state(connection, store.name, StateKey.TICKETS_SINCE, min(since, window_start), now)
