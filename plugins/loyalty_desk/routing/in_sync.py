"""Open tickets, looked through by each sync: who became a VIP, who is none now, who was missed.

Inside a share of the request budget, who waits longest first; what is beyond it waits for the next
sync. No run fails for it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, fields

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import ApiError, ApiUnavailableError, BadConnectionError, NotFoundError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.share import RequestShare
from loyalty_desk.gorgias.tickets import find_first_answer
from loyalty_desk.routing.account_tag import AccountTag
from loyalty_desk.routing.ledger import Known
from loyalty_desk.routing.router import Router, TicketToRoute, seen_tags
from loyalty_desk.routing.steps import Seen
from loyalty_desk.settings.stores_file import installation
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_lock import Run, renew_lock
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)


@dataclass(slots=True)
class RoutingCounts:
    """One per sync. `tickets_not_routed` are left to the next sync, or were refused."""

    tickets_routed: int = 0
    tickets_not_routed: int = 0
    routing_requests: int = 0
    answer_requests: int = 0

    def as_counters(self) -> dict[str, float]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


def route_open_tickets(run: Run, client: GorgiasClient) -> dict[str, float]:
    """Route what is open, then find out what was answered; returns the counters.

    A store without rules, a dry run and one with a limit ask nothing of Gorgias.
    """
    counts, routing = RoutingCounts(), run.store.routing
    if not routing.rules or run.params.dry_run or run.params.limit is not None:
        return counts.as_counters()
    period_s, speed = run.store.push.minutes * 60, installation().speed
    share = RequestShare(run.store.budget, routing.share, period_s=period_s, speed=speed)
    sent, before = client.transport.counts, client.transport.counts.requests
    try:
        try:
            tag = AccountTag(client, run.store.routing_tag, share)
            _route_all(run, Router(client, run.engine, run.store, tag), share, counts)
        finally:
            counts.routing_requests = sent.requests - before
        if routing.first_answers:
            _seek_answers(run, client, share)
    except (ApiUnavailableError, BadConnectionError) as error:
        log.warning("open tickets are left to the next sync to route: %s", error)
    counts.answer_requests = sent.requests - before - counts.routing_requests
    return counts.as_counters()


def _route_all(run: Run, router: Router, share: RequestShare, counts: RoutingCounts) -> None:
    now = utc_now()
    for ticket in _iter_open(run):
        steps = router.steps(ticket, now)
        if not steps.requests:
            counts.tickets_not_routed += steps.waits_for_tag
            router.note_left(ticket, steps)
            continue
        if not share.take(steps.requests):
            counts.tickets_not_routed += 1
            continue
        try:
            counts.tickets_routed += router.do(ticket, steps) > 0
        except NotFoundError:
            counts.tickets_not_routed += 1
        except ApiError as error:
            counts.tickets_not_routed += 1
            log.warning("ticket %d is not routed: Gorgias %d", ticket.ticket_id, error.status)
        renew_lock(run)


def _iter_open(run: Run) -> Iterator[TicketToRoute]:
    with reading(run.engine) as connection:
        binds = {"store": run.store.name}
        rows = connection.execute(statement("routing/select_open_tickets"), binds).all()
    for row in rows:
        yield TicketToRoute(
            ticket_id=row.ticket_id,
            customer_id=row.customer_id,
            card=None if row.card is None else json.loads(row.card),
            seen=Seen(tags=seen_tags(row.seen_tags), priority=row.seen_priority),
            known=Known.of(row),
        )


def _seek_answers(run: Run, client: GorgiasClient, share: RequestShare) -> None:
    """Find out when tickets with our tag were first answered, a request each."""
    key = {"store": run.store.name}
    with reading(run.engine) as connection:
        rows = connection.execute(statement("routing/select_unanswered"), key).all()
    for row in rows:
        if not share.take(1):
            return
        try:
            found = find_first_answer(client, row.ticket_id)
        except ApiError as error:
            log.info("ticket %d has no messages to read: %d", row.ticket_id, error.status)
            continue
        binds = {
            **key,
            "ticket_id": row.ticket_id,
            "first_answer_at_utc": None if found is None else utc_text(found),
            "sought_at_utc": row.updated_at_utc,
        }
        with run.engine.begin() as connection:
            connection.execute(statement("routing/keep_answer"), binds)
        renew_lock(run)
