"""Tickets whose lookup found nobody: kept for the report, which is where they are followed up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine

from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.http.reading import LARGEST_ID
from loyalty_desk.lookup.answers import LookedUp
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.kept_out import CUSTOMER, load_kept_out
from loyalty_desk.staging.statements import statement

ID: Final = re.compile(r"[1-9]\d{0,18}", re.ASCII)
NOTED_AGAIN_AFTER: Final = timedelta(minutes=1)
"""A ticket is looked up several times in a row; noting that once is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTicket:
    """The ticket that a lookup was for, and its customer if the call names one."""

    ticket_id: int
    customer_id: int | None


def read_asked_ticket(fields: Mapping[str, Any]) -> AskedTicket | None:
    """The ticket of a call: named in fields, or itself the body. None when it names none."""
    nested = fields.get("ticket")
    ticket = nested if isinstance(nested, Mapping) else fields
    found = ticket.get("customer")
    customer: Mapping[str, Any] = found if isinstance(found, Mapping) else {}
    ticket_id = _read_id(fields.get("ticket_id") or (ticket.get("id") if customer else None))
    if ticket_id is None:
        return None
    customer_id = _read_id(fields.get("customer_id") or customer.get("id"))
    return AskedTicket(ticket_id=ticket_id, customer_id=customer_id)


def note_lookup(
    engine: Engine, store: str, asked: AskedTicket, looked_up: LookedUp, now: datetime
) -> None:
    """Keep that the ticket's lookup found nobody, or that it did find a member since.

    Most lookups find who they found before, and write nothing.
    """
    if _is_news(engine, store, asked, looked_up, now) and not _is_erased(engine, store, asked):
        _write(engine, store, asked, looked_up, now)


def _is_news(
    engine: Engine, store: str, asked: AskedTicket, looked_up: LookedUp, now: datetime
) -> bool:
    binds = {"store": store, "ticket_id": asked.ticket_id}
    with reading(engine) as connection:
        before = connection.execute(statement("lookup/not_found/select_not_found"), binds).first()
    if looked_up.found.member_id is not None:
        return before is not None and before.settled_at_utc is None
    return (
        before is None
        or before.settled_at_utc is not None
        or before.outcome != looked_up.found.card["status"]
        or parse_utc(before.last_at_utc) < now - NOTED_AGAIN_AFTER
    )


def _is_erased(engine: Engine, store: str, asked: AskedTicket) -> bool:
    """Whether the customer was erased: then nothing of the ticket is kept either."""
    with reading(engine) as connection:
        return load_kept_out(connection, store).has(CUSTOMER, asked.customer_id)


def _write(
    engine: Engine, store: str, asked: AskedTicket, looked_up: LookedUp, now: datetime
) -> None:
    binds = {"store": store, "ticket_id": asked.ticket_id, "now_utc": utc_text(now)}
    with engine.begin() as connection:
        if looked_up.found.member_id is not None:
            connection.execute(statement("lookup/not_found/settle_not_found"), binds)
            return
        outcome = looked_up.found.card["status"]
        connection.execute(
            statement("lookup/not_found/upsert_not_found"),
            {**binds, "customer_id": asked.customer_id, "outcome": outcome},
        )


def _read_id(value: object) -> int | None:
    """An id as the API reads numbers, which is as text."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    number = int(text) if ID.fullmatch(text.strip()) else 0
    return number if 0 < number <= LARGEST_ID else None
