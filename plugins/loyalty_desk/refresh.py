"""Cards shown at once, outside of the sync: after an award, and when the platform tells.

Who asks puts a member on a list, or a customer, a row each however often it is asked for; a task
reads each anew and shows the card in Gorgias, unless it stands there already.

Never: who is whom; a customer without a match is for the lookup, or waits for the sync.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Engine, Row

from loyalty_desk.card.emails import masked_name
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.gorgias.asking import AskAgain
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import (
    CardWriter,
    Delivery,
    WantedCard,
    find_delivery,
)
from loyalty_desk.gorgias.ledger import keep_pushed
from loyalty_desk.platforms.base import Platform, is_about
from loyalty_desk.platforms.same_account import find_ours
from loyalty_desk.records import Cause, CauseKind, Member, Outcome, cause_columns
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.audience import find_recent
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.intake import mark_member_gone, stage_members
from loyalty_desk.staging.last_awards import say_last_awards
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)


def ask_for_cards(
    connection: Connection,
    store: str,
    member_ids: Iterable[str],
    now: datetime,
    cause: Cause | None = None,
) -> None:
    """Ask for the cards of members. Who asks need not know whether anything changed."""
    for member_id in sorted(set(member_ids)):  # in one order, so that two callers cannot deadlock
        binds = {"store": store, "member_id": member_id, "now_utc": utc_text(now)}
        connection.execute(statement("refresh/ask_for_card"), {**binds, **cause_columns(cause)})


def ask_for_customer(
    connection: Connection,
    store: str,
    customer_id: int,
    now: datetime,
    cause: Cause | None = None,
    *,
    is_stale: bool = False,
) -> None:
    """Ask for a customer's card, whoever it is of; `is_stale` when Gorgias is to be read first."""
    binds = {
        "store": store,
        "customer_id": customer_id,
        "is_stale": is_stale,
        "now_utc": utc_text(now),
        **cause_columns(cause),
    }
    connection.execute(statement("refresh/ask_for_customer"), binds)


def cause_of(asked: Row[Any]) -> Cause | None:
    """What a card was asked for last; None where that is not told."""
    return Cause(kind=CauseKind(asked.cause), ref=asked.cause_ref) if asked.cause else None


def list_cards_to_show(connection: Connection, store: str, *, most: int) -> list[Row[Any]]:
    """Members with the time of the asking, who waited longest first."""
    binds = {"store": store, "most": most}
    return list(connection.execute(statement("refresh/select_cards_to_show"), binds).all())


def take_off(connection: Connection, store: str, asked: Row[Any]) -> None:
    """Take a member off the list, unless it was asked for again since `asked` was read."""
    binds = {"store": store, "member_id": asked.member_id, "asked_at_utc": asked.asked_at_utc}
    connection.execute(statement("refresh/delete_shown"), binds)


def list_customers_to_show(connection: Connection, store: str, *, most: int) -> list[Row[Any]]:
    """Customers with the time of the asking, who waited longest first."""
    binds = {"store": store, "most": most}
    return list(connection.execute(statement("refresh/select_customers_to_show"), binds).all())


def take_customer_off(connection: Connection, store: str, asked: Row[Any]) -> None:
    """Take a customer off the list, unless it was asked for again since `asked` was read."""
    binds = {"store": store, "customer_id": asked.customer_id, "asked_at_utc": asked.asked_at_utc}
    connection.execute(statement("refresh/delete_shown_customer"), binds)


@dataclass(frozen=True)
class CardShower:
    """Shows members of one store to its agents. Raises what the two services raise."""

    store: StoreSettings
    engine: Engine
    platform: Platform
    gorgias: GorgiasClient

    def reread_member(self, member_id: str) -> Member | None:
        """Read the member as the platform has it now; stage what it tells, and the last award.

        None, and gone from staging too, when the platform does not have it any more. None as well
        when it answers about somebody else: that one is left to the sync. Raises as `find_ours`.
        """
        asked_at, name = utc_now(), self.store.name
        member = find_ours(self.engine, name, self.platform, member_id)
        if member is not None and not is_about(member, member_id):
            shown = masked_name(member_id)
            log.warning("member %s is not read: the platform answered about another", shown)
            return None
        with self.engine.begin() as connection:
            if member is None:
                mark_member_gone(connection, name, member_id, asked_at)
            else:
                stage_members(connection, name, [member], asked_at, first_load=False)
                say_last_awards(connection, name, [member.member_id], asked_at)
        return member

    def push(
        self, member_id: str, cause: Cause | None = None, *, to_everybody: bool = False
    ) -> int:
        """Write the staged card to each customer matched to the member; returns how many writes.

        A card that Gorgias accepted before is not written again. Customers who would be matched and
        are not yet are asked for; whose match does not hold any more is for the next sync, for
        which staging has noted the member. Of who has not written lately, where the store writes to
        those alone who have, a card that is not right any more is taken away; with `to_everybody`
        they are written to as well.
        """
        binds = {
            "store": self.store.name,
            "member_id": member_id,
            "destination": self.store.push_to[0].value,
            "guest_status": self.store.guest_status.value,
        }
        with reading(self.engine) as connection:
            found = connection.execute(statement("refresh/select_matched_customers"), binds)
            customer_ids = found.scalars().all()
            others = connection.execute(statement("refresh/select_unmatched_customers"), binds)
            unmatched_ids = others.scalars().all()
            found_ids = frozenset([*customer_ids, *unmatched_ids])
            recent = found_ids
            if not to_everybody:
                recent = find_recent(connection, self.store, found_ids, utc_now())
        if asked_ids := recent.intersection(unmatched_ids):
            with self.engine.begin() as connection:
                for customer_id in sorted(asked_ids):
                    ask_for_customer(connection, self.store.name, customer_id, utc_now(), cause)
        return sum(
            self._push_to(
                WantedCard(customer_id, destination, Outcome.MATCHED, member_id),
                cause,
                is_recent=customer_id in recent,
            )
            for destination in self.store.push_to
            for customer_id in customer_ids
        )

    def deliver(self, delivery: Delivery, cause: Cause | None = None) -> bool:
        """Write one card, unless Gorgias accepted it before; returns whether it was written."""
        if delivery.is_accepted:
            return False
        delivery = self._writer.deliver(delivery)
        with self.engine.begin() as connection:
            now_utc = utc_text(utc_now())
            keep_pushed(connection, self.store.name, delivery, now_utc, cause=cause)
        self._asker.ask(delivery.customer_id, delivery.destination)
        return True

    def _push_to(self, wanted: WantedCard, cause: Cause | None, *, is_recent: bool) -> bool:
        with reading(self.engine) as connection:
            delivery = find_delivery(connection, self.store, wanted, utc_now())
        if delivery is not None and not is_recent:
            delivery = delivery.withdrawal
        return delivery is not None and self.deliver(delivery, cause)

    @cached_property
    def _asker(self) -> AskAgain:
        return AskAgain(self.gorgias, self.engine, self.store)

    @cached_property
    def _writer(self) -> CardWriter:
        return CardWriter(self.gorgias, self.engine, self.store)
