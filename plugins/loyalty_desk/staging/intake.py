"""Stage: bring records into the staging tables, and note in `touched` what changed.

Each function takes one batch (a page, or a few thousand records) in the caller's transaction,
compares it with what is staged and writes only what is new or different, so it may be repeated.
With `first_load` the store's table is known to be empty: rows are written without a look and
nothing is touched, as a full match must follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import orjson
from sqlalchemy import Connection

from loyalty_desk.card.emails import read_email
from loyalty_desk.clock import utc_text
from loyalty_desk.records import Customer, Member, Rejected, Ticket
from loyalty_desk.staging import schema, set_aside
from loyalty_desk.staging.intake_batch import Changes, StagedCounts, is_newer, iter_staged
from loyalty_desk.staging.intake_rows import channel_keys, customer_row, member_row
from loyalty_desk.staging.kept_out import KeptOut, strip_batch
from loyalty_desk.staging.load import bulk_insert, bulk_upsert, chunks
from loyalty_desk.staging.row_types import (
    CUSTOMER_GROUPS,
    MEMBER_GROUPS,
    ChannelRow,
    CustomerRow,
    MemberRow,
    TicketRow,
    ToPlanRow,
)
from loyalty_desk.staging.statements import statement


class _Pushed(NamedTuple):
    """What Gorgias last accepted for a customer, if anything."""

    fingerprint: str | None
    shown_fingerprint: str | None
    pushed_at_utc: str | None


_NOTHING: Final = _Pushed(None, None, None)
ANSWERED_WITHIN: Final = timedelta(minutes=5)
"""What is dated later than this after it was asked for is dated ahead."""


# --- members ---------------------------------------------------------------------------------


def stage_members(
    connection: Connection,
    store: str,
    batch: Sequence[Member],
    asked_at: datetime,
    *,
    first_load: bool,
) -> StagedCounts:
    """Stage members; of an id that stands twice in the batch the last one counts.

    `asked_at` is when the platform was asked for them. What another read brought that asked later,
    as after an award, stays: a page of a long read may be old by the time it is staged.
    What the platform does not tell never wipes a known value: not in the card, and not the e-mail,
    phone or external id, unless it tells them to be empty (`cleared`). An erased member loses all
    of them. One seen again is not gone any more.
    A record at fault is set aside: what is known stays, and is marked stale.
    Touches each changed member with the e-mail keys that it had and has; when nothing changed that
    decides whom it is matched to, as with another balance, only its card.
    """
    asked_at_utc = utc_text(asked_at)
    latest = {member.member_id: member for member in batch}
    kept_out, stripped = strip_batch(connection, store, latest, KeptOut.strip_member)
    bad = _set_members_aside(connection, store, latest, asked_at)
    if first_load:
        rows = (member_row(store, member, None, asked_at_utc) for member in latest.values())
        count = bulk_insert(connection, schema.members, rows)
        return StagedCounts(len(latest) - len(stripped), count, kept_out, stripped, bad)
    set_aside.take_back(connection, store, "member", latest)
    changes = Changes()
    for old, row in iter_different_members(connection, store, latest, asked_at):
        changes.rows.append(row)
        before = None if old is None or old.gone_at_utc is not None else old
        if before and MEMBER_GROUPS.match_key(row) == MEMBER_GROUPS.match_key(before):
            changes.touch(store, "card", row.member_id)
            continue
        changes.touch(store, "member", row.member_id)
        changes.touch(store, "email_key", row.email_key)
        if old is not None:
            changes.touch(store, "email_key", old.email_key)
    bulk_upsert(connection, schema.members, changes.rows, newest_by="changed_at_utc")
    changes.write_touched(connection)
    staged_count = len(latest) - len(stripped)
    return StagedCounts(staged_count, len(changes.rows), kept_out, stripped, bad)


def iter_different_members(
    connection: Connection, store: str, latest: Mapping[str, Member], asked_at: datetime
) -> Iterator[tuple[MemberRow | None, MemberRow]]:
    """Yield what is staged of each member that is new or different, and the row that it comes to.

    Writes nothing.
    """
    asked_at_utc = utc_text(asked_at)
    staged = _find_members(connection, store, latest)
    for member_id, member in latest.items():
        old = staged.get(member_id)
        row = member_row(store, member, old, asked_at_utc)
        before = None if old is None or old.gone_at_utc is not None else old
        if before is None or MEMBER_GROUPS.content(row) != MEMBER_GROUPS.content(before):
            yield old, row


def _set_members_aside(
    connection: Connection, store: str, latest: dict[str, Member], asked_at: datetime
) -> tuple[Rejected, ...]:
    """Take records at fault out of a batch, and note whose card is stale for it."""
    bad = set_aside.find_faults(latest)
    if not bad:
        return ()
    emails = {member_id: read_email(latest.pop(member_id).email)[0] for member_id in bad}
    set_aside.note_rejected(connection, store, "member", bad.values(), asked_at, email_keys=emails)
    return tuple(bad.values())


def _find_members(connection: Connection, store: str, ids: Iterable[str]) -> dict[str, MemberRow]:
    found = iter_staged(connection, "stage/members/select_members", store, ids)
    return {row.member_id: row for row in map(MemberRow._make, found)}


def mark_member_gone(
    connection: Connection, store: str, identifier: str, asked_at: datetime
) -> None:
    """Mark a member as gone that the platform, asked about this very id, does not have.

    Asked by an address, it may have the member under another one.
    """
    if "@" in identifier:
        return
    binds = {"store": store, "member_id": identifier, "now_utc": utc_text(asked_at)}
    found = connection.execute(statement("stage/members/mark_member_gone"), binds).first()
    if found is not None:
        changes = Changes()
        changes.touch(store, "member", identifier)
        changes.touch(store, "email_key", found.email_key)
        changes.write_touched(connection)


# --- customers -------------------------------------------------------------------------------


def stage_customers(
    connection: Connection,
    store: str,
    batch: Sequence[Customer],
    asked_at: datetime,
    *,
    card_key: str,
    first_load: bool,
) -> StagedCounts:
    """Stage customers; of an id that stands twice in the batch the last one counts.

    A row older than what is staged is left out. A record without `data` or `channels` leaves what
    is known of them; `read_at_utc` is when `data` was last asked for, as a card that was written
    while the answer was on its way is newer. Touches who is new, came back or has another e-mail
    address, and whoever's channels were read. A customer for whom Gorgias shows another card than
    the one we know of, or another language, is to be planned.
    """
    asked_at_utc, now_utc = utc_text(asked_at), utc_text(asked_at + ANSWERED_WITHIN)
    latest = {customer.customer_id: customer for customer in batch}
    kept_out, stripped = strip_batch(connection, store, latest, KeptOut.strip_customer)
    if first_load:
        rows = (
            customer_row(store, customer, None, card_key, asked_at_utc)
            for customer in latest.values()
        )
        count = bulk_insert(connection, schema.customers, rows)
        _stage_channels(connection, store, latest.values(), Changes())
        return StagedCounts(len(latest) - len(stripped), count, kept_out, stripped)
    set_aside.take_back(connection, store, "customer", latest)
    staged = _find_customers(connection, store, latest)
    changes = Changes()
    current = []
    for customer_id, customer in latest.items():
        old, pushed = staged.get(customer_id, (None, _NOTHING))
        if old is not None and is_newer(old.updated_at_utc, customer.updated_at_utc, now_utc):
            continue
        current.append(customer)
        row = customer_row(store, customer, old, card_key, asked_at_utc)
        _note_customer(changes, customer, row, old, pushed)
    bulk_upsert(connection, schema.customers, changes.rows)
    _stage_channels(connection, store, current, changes)
    changes.write_touched(connection)
    return StagedCounts(len(latest) - len(stripped), changes.changed, kept_out, stripped)


def _find_customers(
    connection: Connection, store: str, ids: Iterable[int]
) -> dict[int, tuple[CustomerRow, _Pushed]]:
    found = {}
    for *values, fingerprint, shown_fingerprint, pushed_at_utc in iter_staged(
        connection, "stage/customers/select_customers", store, ids
    ):
        row = CustomerRow._make(values)
        found[row.customer_id] = row, _Pushed(fingerprint, shown_fingerprint, pushed_at_utc)
    return found


def _note_customer(
    changes: Changes,
    customer: Customer,
    row: CustomerRow,
    old: CustomerRow | None,
    pushed: _Pushed,
) -> None:
    """Decide whether a row is written, who is to be matched again, and who is to be planned."""
    store, customer_id, shown = row.store, row.customer_id, row.shown_fingerprint
    before = None if old is None or old.gone_at_utc is not None else old
    is_changed = before is None or (CUSTOMER_GROUPS.content(row) != CUSTOMER_GROUPS.content(before))
    # Read again after our own write, even if it shows the same as before: the write was lost.
    is_reread = (
        old is not None
        and customer.data is not None
        and pushed.pushed_at_utc is not None
        and pushed.pushed_at_utc > old.read_at_utc
    )
    if not (is_changed or is_reread or customer.channels is not None):
        return
    changes.rows.append(row)
    changes.changed += is_changed
    if before is None or CUSTOMER_GROUPS.match_key(row) != CUSTOMER_GROUPS.match_key(before):
        changes.touch(store, "customer", customer_id)
        changes.touch(store, "email_key", row.email_key)
        changes.touch(store, "email_key", None if old is None else old.email_key)
    is_other_card = (
        old is not None
        and (is_reread or shown != old.shown_fingerprint)
        and shown not in (pushed.fingerprint, pushed.shown_fingerprint)
    )
    if is_other_card or (old is not None and row.language != old.language):
        changes.to_plan.append(ToPlanRow(store, customer_id))


def _stage_channels(
    connection: Connection, store: str, customers: Iterable[Customer], changes: Changes
) -> None:
    """Replace the further e-mail addresses of those customers whose record holds them."""
    told = {
        customer.customer_id: channel_keys(customer)
        for customer in customers
        if customer.channels is not None
    }
    if not told:
        return
    known: dict[int, set[str]] = {customer_id: set() for customer_id in told}
    for ids in chunks(list(told)):
        binds = {"store": store, "ids": ids}
        for customer_id, key in connection.execute(
            statement("stage/customers/select_channels"), binds
        ):
            known[customer_id].add(key)
        connection.execute(statement("stage/customers/delete_channels"), binds)
    rows = [ChannelRow(store, one, key) for one, keys in told.items() for key in keys]
    bulk_upsert(connection, schema.customer_channels, rows)
    for customer_id, keys in told.items():
        changes.touch(store, "customer", customer_id)
        for key in keys ^ known[customer_id]:
            changes.touch(store, "email_key", key)


def mark_gone(
    connection: Connection, store: str, customer_ids: Sequence[int], now: datetime
) -> int:
    """Mark customers as merged or deleted; returns how many were not gone before.

    Their further addresses go with them: whoever has one now may be matched by it.
    """
    changes = Changes()
    count = 0
    for ids in chunks(customer_ids):
        binds = {"store": store, "ids": ids, "now_utc": utc_text(now)}
        for _, key in connection.execute(statement("stage/customers/select_channels"), binds):
            changes.touch(store, "email_key", key)
        connection.execute(statement("stage/customers/delete_channels"), binds)
        for customer_id, key in connection.execute(
            statement("stage/customers/mark_customers_gone"), binds
        ):
            count += 1
            changes.touch(store, "customer", customer_id)
            changes.touch(store, "email_key", key)
    changes.write_touched(connection)
    return count


# --- tickets ---------------------------------------------------------------------------------


def stage_tickets(
    connection: Connection,
    store: str,
    batch: Sequence[Ticket],
    now: datetime,
) -> StagedCounts:
    """Stage tickets and touch the customers of those that are new, changed or moved."""
    now_utc = utc_text(now)
    latest = {ticket.ticket_id: ticket for ticket in batch}
    kept_out, _ = strip_batch(connection, store, latest, KeptOut.strip_ticket)
    found = iter_staged(connection, "stage/tickets/select_tickets", store, latest)
    staged = {row.ticket_id: row for row in map(TicketRow._make, found)}
    changes = Changes()
    for ticket_id, ticket in latest.items():
        old = staged.get(ticket_id)
        row = TicketRow(
            store=store,
            ticket_id=ticket_id,
            customer_id=ticket.customer_id,
            status=ticket.status,
            updated_at_utc=ticket.updated_at_utc,
            created_at_utc=ticket.created_at_utc,
            priority=ticket.priority,
            tags=None if ticket.tags is None else orjson.dumps(ticket.tags).decode(),
            channel=ticket.channel,
        )
        if old is not None and (
            row == old or is_newer(old.updated_at_utc, ticket.updated_at_utc, now_utc)
        ):
            continue
        changes.rows.append(row)
        changes.touch(store, "customer", ticket.customer_id)
        changes.touch(store, "customer", None if old is None else old.customer_id)
    bulk_upsert(connection, schema.tickets, changes.rows)
    changes.write_touched(connection)
    return StagedCounts(len(latest), len(changes.rows), kept_out)


def prune_tickets(connection: Connection, store: str, older_than_utc: str) -> int:
    """Forget tickets last updated before that time and touch their customers; returns how many.

    Their lookups that found nobody are forgotten too.
    """
    binds = {"store": store, "older_than_utc": older_than_utc}
    connection.execute(statement("lookup/not_found/delete_old_lookups"), binds)
    connection.execute(statement("stage/tickets/touch_customers_of_old_tickets"), binds)
    return connection.execute(statement("stage/tickets/delete_old_tickets"), binds).rowcount
