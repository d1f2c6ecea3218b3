"""The tickets of an incident: of staging as the last sync read them, or of a view as it is now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Engine

from loyalty_desk.awards.incidents.choice import Choice
from loyalty_desk.errors import LoyaltyDeskError, NotFoundError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.views import iter_view_tickets
from loyalty_desk.hooks.connections import gorgias_client
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.records import Ticket
from loyalty_desk.settings.stores_file import StoreSettings, installation
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement

MOST_TICKETS: Final = 20_000
"""Of one incident: a page, and whoever approves, could not look at more."""
VIEW_WITHIN_S: Final = 90.0
"""After so long Gorgias is asked for no further page of a view: a person waits for the answer."""
VIEW_WAITS_S: Final = 30.0
_WILD: Final = str.maketrans({sign: f"!{sign}" for sign in "!%_"})


class TooManyTicketsError(LoyaltyDeskError):
    """More tickets are meant than one incident may have. Nothing was asked for."""

    def __init__(self) -> None:
        super().__init__(
            f"these are more than {MOST_TICKETS:,} tickets; choose fewer, such as by days"
        )


class NoViewError(LoyaltyDeskError):
    """The account has no view of that number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenTickets:
    """Which tickets are meant: customer by ticket, the newest ticket first.

    `strangers` is how many more nobody known had sent.
    """

    customers: dict[int, int]
    strangers: int = 0

    @property
    def count(self) -> int:
        return len(self.customers) + self.strangers


def choose(engine: Engine, store: StoreSettings, choice: Choice) -> ChosenTickets:
    """The tickets that are meant.

    Raises:
        TooManyTicketsError, NoViewError: see there.
        ApiUnavailableError: Gorgias does not tell the view in time. And what else a client raises.
    """
    if choice.view_id is None:
        return choose_staged(engine, store.name, choice)
    gorgias = gorgias_client(store, engine, urgent=True, max_wait_s=VIEW_WAITS_S)
    with gorgias.transport.until(Deadline.after(VIEW_WITHIN_S / installation().speed)):
        return choose_of_view(gorgias, choice)


def choose_staged(engine: Engine, store: str, choice: Choice) -> ChosenTickets:
    """Those that syncs have read. Raises TooManyTicketsError."""
    binds = {
        "store": store,
        "from_utc": choice.from_utc or "",
        "until_utc": choice.until_utc or "",
        "channel": choice.channel or "",
        "tag_pattern": _pattern(choice.tag) if choice.tag else "",
    }
    with reading(engine) as connection:
        rows = connection.execute(statement("awards/incidents/select_tickets"), binds).all()
    # LIKE knows no upper and lower case on SQLite, and Gorgias does.
    meant = [row for row in rows if choice.tag is None or choice.tag in orjson.loads(row.tags)]
    if len(meant) > MOST_TICKETS:
        raise TooManyTicketsError
    return ChosenTickets(customers={row.ticket_id: row.customer_id for row in meant})


def choose_of_view(client: GorgiasClient, choice: Choice) -> ChosenTickets:
    """Those that are in the view now, and are what else is said.

    Raises:
        NoViewError: there is no such view. TooManyTicketsError: see there. And what reading a list
        raises.
    """
    if choice.view_id is None:
        raise ValueError("no view is chosen")
    found: list[Ticket] = []
    strangers = 0
    try:
        for ticket in iter_view_tickets(client, choice.view_id):
            if ticket is None:
                strangers += 1
            elif _is_meant(ticket, choice):
                found.append(ticket)
            if len(found) + strangers > MOST_TICKETS:
                raise TooManyTicketsError
    except NotFoundError:
        raise NoViewError(f"Gorgias has no view {choice.view_id}") from None
    return ChosenTickets(customers=_newest_first(found), strangers=strangers)


def _newest_first(tickets: Iterable[Ticket]) -> dict[int, int]:
    by_id = sorted(tickets, key=lambda ticket: ticket.ticket_id, reverse=True)
    return {ticket.ticket_id: ticket.customer_id for ticket in by_id}


def _is_meant(ticket: Ticket, choice: Choice) -> bool:
    created = ticket.created_at_utc or ""
    return (
        (choice.tag is None or choice.tag in (ticket.tags or ()))
        and (choice.channel is None or choice.channel == ticket.channel)
        and (choice.from_utc is None or created >= choice.from_utc)
        and (choice.until_utc is None or "" < created < choice.until_utc)
    )


def _pattern(tag: str) -> str:
    """What a list of tags with that one looks like, as staging writes it."""
    return f"%{orjson.dumps(tag).decode().translate(_WILD)}%"
