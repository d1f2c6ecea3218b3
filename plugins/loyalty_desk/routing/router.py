"""Does the steps to tickets of one store, and remembers in staging what of them is ours."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import LoyaltyDeskError, NotFoundError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.made import known_objects
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.gorgias.tickets import USUAL, set_priority
from loyalty_desk.routing.account_tag import AccountTag
from loyalty_desk.routing.ledger import Known
from loyalty_desk.routing.rules import find_rule
from loyalty_desk.routing.steps import Ours, Seen, Steps, Wanted, decide
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

ABANDONED_AFTER: Final = timedelta(minutes=5)
"""Longer than the few requests to one ticket take: whoever was at it is dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketToRoute:
    """One ticket. `card` is that of the member who wrote, None for who is no member."""

    ticket_id: int
    customer_id: int | None
    card: Mapping[str, Any] | None
    seen: Seen
    known: Known


class Router:
    """Routes tickets of one store. Thread-safe as far as the client is.

    With a `tag`, a sync's, it is asked whether a ticket without it was changed by a person. A
    lookup has none: it is not to ask more, and only has tickets on which nothing of ours stood.
    """

    def __init__(
        self,
        client: GorgiasClient,
        engine: Engine,
        store: StoreSettings,
        tag: AccountTag | None = None,
    ) -> None:
        self.client, self.engine, self.store, self._tag = client, engine, store, tag

    def steps(self, ticket: TicketToRoute, now: datetime) -> Steps:
        """What is to be done to a ticket; asks nobody but for whether the account has the tag."""
        ours, tag = ticket.known.ours, self._tag
        steps = self._decide(ticket, ours, now)
        if tag is None:
            return steps
        is_lost = steps.tag_is_left and not ours.tag_is_left
        if is_lost and not tag.stood_at(ticket.known.at_utc):
            steps = self._decide(ticket, replace(ours, tag=None), now)
        if steps.add_tag is not None and tag.is_known_to_lack:
            return replace(steps, add_tag=None, waits_for_tag=True)
        return steps

    def _decide(self, ticket: TicketToRoute, ours: Ours, now: datetime) -> Steps:
        card, routing = ticket.card, self.store.routing
        rule = None if card is None else find_rule(routing.rules, card, now.date())
        wanted = Wanted(
            tag=self.store.routing_tag,
            has_tag=rule is not None,
            priority=None if rule is None else rule.priority,
        )
        return decide(wanted, ticket.seen, ours, may_remove=ours.tag in self._made_tags)

    def note_left(self, ticket: TicketToRoute, steps: Steps) -> None:
        """Remember that a person took off or changed what we had set."""
        known = ticket.known
        if (steps.tag_is_left, steps.priority_is_left) != (
            known.ours.tag_is_left,
            known.ours.priority_is_left,
        ):
            log.info("ticket %d is left to people in part", ticket.ticket_id)
            self._keep(ticket, known.ours, steps, known.at_utc, known.at_utc)

    def do(self, ticket: TicketToRoute, steps: Steps) -> int:
        """Do the steps; returns how many requests they took, 0 when another process is at it.

        What was done is kept, also when the next one fails.

        Raises:
            NotFoundError: no such ticket, or no such tag. And what else the client raises.
        """
        at_utc = kept_at_utc = utc_text(utc_now())
        if not self._claim(ticket, at_utc):
            return 0
        ticket_id, done = ticket.ticket_id, 0
        tag, priority = ticket.known.ours.tag, ticket.known.ours.priority
        try:
            if steps.priority is not None:
                set_priority(self.client, ticket_id, steps.priority)
                priority, done = None if steps.priority == USUAL else steps.priority, done + 1
            if steps.add_tag is not None:
                self.client.add_tag(ticket_id, steps.add_tag)
                tag, done = steps.add_tag, done + 1
            if steps.remove_tag is not None:
                self.client.remove_tag(ticket_id, steps.remove_tag)
                tag, done = None if tag == steps.remove_tag else tag, done + 1
        except NotFoundError:
            # Trying a ticket that is gone again is of no use before something happens on it.
            if not self._is_gone(steps, done) and not done:
                kept_at_utc = ticket.known.at_utc
            raise
        except LoyaltyDeskError:
            if not done:
                kept_at_utc = ticket.known.at_utc  # as if we had not been at it
            raise
        finally:
            self._keep(ticket, Ours(tag=tag, priority=priority), steps, at_utc, kept_at_utc)
        return done

    def _is_gone(self, steps: Steps, done: int) -> bool:
        """Whether a 404 is of the ticket, as far as is known; else it is of the tag."""
        if steps.add_tag is None or (steps.priority is not None and not done):
            return True
        return self._tag is not None and self._tag.is_there()

    def _claim(self, ticket: TicketToRoute, at_utc: str) -> bool:
        known = ticket.known
        if known.is_begun and known.at_utc > utc_text(utc_now() - ABANDONED_AFTER):
            return False
        binds = {
            "store": self.store.name,
            "ticket_id": ticket.ticket_id,
            "customer_id": ticket.customer_id,
            "known_at_utc": known.at_utc,
            "now_utc": at_utc,
        }
        with self.engine.begin() as connection:
            return connection.execute(statement("routing/claim_ticket"), binds).first() is not None

    def _keep(
        self, ticket: TicketToRoute, ours: Ours, steps: Steps, at_utc: str, kept_at_utc: str
    ) -> None:
        known, now_utc = ticket.known, utc_text(utc_now())
        binds = {
            "store": self.store.name,
            "ticket_id": ticket.ticket_id,
            "at_utc": at_utc,
            "kept_at_utc": kept_at_utc,
            "tag": ours.tag,
            "priority": ours.priority,
            "tag_left_at_utc": (known.tag_left_at_utc or now_utc) if steps.tag_is_left else None,
            "priority_left_at_utc": (
                (known.priority_left_at_utc or now_utc) if steps.priority_is_left else None
            ),
        }
        with self.engine.begin() as connection:
            connection.execute(statement("routing/keep_route"), binds)

    @cached_property
    def _made_tags(self) -> Collection[str]:
        """The tags that `connect` made: one that was there before us is never taken off."""
        return known_objects(self.engine, self.store.name, Kind.TAG).keys()


def seen_tags(told: str | None) -> Collection[str] | None:
    """The names of a ticket's tags as staging keeps them."""
    return None if told is None else frozenset(json.loads(told))
