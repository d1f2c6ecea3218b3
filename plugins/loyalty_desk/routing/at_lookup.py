"""A ticket that is looked up is routed within seconds, beside the answer and after it.

In the API server itself, as the list of cards to show is worked off by a DAG run that needs seconds
to begin. A pool of its own keeps Gorgias' outages away from the threads that answer; what it cannot
take is left to the next sync, as is a ticket on which something of ours stands already.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import BadConnectionError, LoyaltyDeskError
from loyalty_desk.gorgias.reading import read_priority, read_tags
from loyalty_desk.hooks.connections import gorgias_client
from loyalty_desk.routing.ledger import Known
from loyalty_desk.routing.router import Router, TicketToRoute, seen_tags
from loyalty_desk.routing.rules import find_rule
from loyalty_desk.routing.steps import Seen
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 4
MOST_WAITING: Final = 100
"""Tickets of one process that wait for their turn; more are left to the next sync."""
MOST_WAIT_S: Final = 20.0
TIMEOUT_S: Final = (3.0, 10.0)
OPEN: Final = "open"
CLOSED: Final = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUpTicket:
    """The ticket that a lookup was for, as far as the call tells."""

    ticket_id: int
    customer_id: int | None
    seen: Seen
    status: str | None

    @classmethod
    def of(
        cls, fields: Mapping[str, Any], ticket_id: int, customer_id: int | None
    ) -> LookedUpTicket:
        """Read a call's fields, or the whole ticket that it posts."""
        nested = fields.get("ticket")
        ticket = nested if isinstance(nested, Mapping) else fields
        status = fields.get("ticket_status") or ticket.get("status")
        priority = fields.get("ticket_priority") or ticket.get("priority")
        return cls(
            ticket_id=ticket_id,
            customer_id=customer_id,
            seen=Seen(tags=read_tags(ticket.get("tags")), priority=read_priority(priority)),
            status=status if status in (OPEN, CLOSED) else None,
        )


class Routing:
    """The pool of a process. One is enough, as few tickets are those of a VIP."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="routing")
        self._room = BoundedSemaphore(MOST_WAITING)
        self._routers: dict[str, tuple[StoreSettings, Router]] = {}
        self._opening = Lock()

    def begin(self, store: StoreSettings, ticket: LookedUpTicket, card: Mapping[str, Any]) -> None:
        """Begin to route a ticket, unless too many wait already."""
        if not self._room.acquire(blocking=False):
            log.warning("store %s: a ticket is left to the next sync to route", store.name)
            return
        future = self._pool.submit(self._route, store, ticket, card)
        future.add_done_callback(lambda _: self._room.release())

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _route(self, store: StoreSettings, asked: LookedUpTicket, card: Mapping[str, Any]) -> None:
        try:
            engine = staging_engine()
            ticket = _find_ticket(engine, store, asked, card)
            if ticket is None:
                return
            router = self._router_of(engine, store)
            steps = router.steps(ticket, utc_now())
            if steps.requests:
                sent = router.do(ticket, steps)
                log.info("ticket %d is routed by %d requests", ticket.ticket_id, sent)
        except (LoyaltyDeskError, DBAPIError) as error:
            if isinstance(error, BadConnectionError):
                self._forget(store.name)
            kind = type(error).__name__
            log.warning("ticket %d is left to a sync to route (%s)", asked.ticket_id, kind)

    def _router_of(self, engine: Engine, store: StoreSettings) -> Router:
        with self._opening:
            settings, router = self._routers.get(store.name, (None, None))
            if router is None or settings != store:
                client = gorgias_client(
                    store, engine, urgent=True, max_wait_s=MOST_WAIT_S, timeout=TIMEOUT_S
                )
                router = Router(client, engine, store)
                self._routers[store.name] = store, router
            return router

    def _forget(self, store: str) -> None:
        """Have the connection read anew: its key may have been replaced."""
        with self._opening:
            self._routers.pop(store, None)


def _find_ticket(
    engine: Engine, store: StoreSettings, asked: LookedUpTicket, card: Mapping[str, Any]
) -> TicketToRoute | None:
    """The ticket with what staging knows of it; None for one that is closed, or routed already."""
    binds = {"store": store.name, "ticket_id": asked.ticket_id}
    with reading(engine) as connection:
        row = connection.execute(statement("routing/select_ticket"), binds).one()
    known = Known.of(row)
    if (asked.status or row.status or OPEN) != OPEN or not known.ours.is_nothing:
        return None
    tags = seen_tags(row.seen_tags) if asked.seen.tags is None else asked.seen.tags
    return TicketToRoute(
        ticket_id=asked.ticket_id,
        customer_id=asked.customer_id,
        card=card,
        seen=Seen(tags=tags, priority=asked.seen.priority or row.seen_priority),
        known=known,
    )


_OPEN: list[Routing] = []
_OPENING = Lock()


def route_soon(
    store: StoreSettings, ticket: LookedUpTicket, card: Mapping[str, Any] | None
) -> None:
    """Have a ticket routed by the card that its lookup found; None when it found no member."""
    rules = store.routing.rules
    if card is None or find_rule(rules, card, utc_now().date()) is None:
        return
    with _OPENING:
        if not _OPEN:
            _OPEN.append(Routing())
    _OPEN[0].begin(store, ticket, card)
