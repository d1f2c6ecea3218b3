"""What should stand in Gorgias after a sync, by what the platform itself answers now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.oracle import loyaltylion, rivo, smile, trifft
from tests.oracle.cards import Card, absent_card, member_card, shown_cards
from tests.oracle.matching import People, decide, recent_customers
from tests.oracle.reading import Told

READERS = {"rivo": rivo.read, "trifft": trifft.read, "loyaltylion": loyaltylion.read}
PROFILE_URLS = {"rivo": rivo.PROFILE_URL}


@dataclass
class Oracle:
    """One store's. It remembers what was told of a member, as an answer that lacks a field keeps
    it, and who had a member's card, as such a card does not stay and is not taken away either.

    `profile_url` is where the merchant says that a member is opened, with {member_id} in it.
    """

    platform: str = "rivo"
    profile_url: str | None = None
    guests_count: bool = True
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    wanted_one: set[int] = field(default_factory=set)
    seen_with_one: set[int] = field(default_factory=set)

    def cards(
        self,
        answers: Mapping[str, Any],
        customers: Iterable[Mapping[str, Any]],
        tickets: Iterable[Mapping[str, Any]],
        survivors: Collection[int] = (),
    ) -> dict[int, Card]:
        """The card of each customer that should have one, by customer id.

        `answers` holds under `data` every member as the platform lists it. The further addresses
        count of who has a recent ticket, and of the `survivors` of merges, who show the card of
        whom they took in.
        """
        customers = list(customers)
        members = {one.member_id: one for one in self._read(answers)}
        people = People.of(
            [(one.member_id, one.status, self.known[one.member_id].get("email"))
             for one in members.values()],
            guests_count=self.guests_count,
        )  # fmt: skip
        recent = recent_customers(tickets)
        verdicts = decide(customers, people, recent, recent.union(survivors))
        had = self._had_member_card(customers)
        self.wanted_one |= verdicts.members.keys()
        cards = {
            customer_id: self._card(members[member_id])
            for customer_id, member_id in verdicts.members.items()
        }
        for customer_id in (recent | had) & verdicts.reasons.keys():
            cards[customer_id] = absent_card(verdicts.reasons[customer_id])
        return cards

    def member_cards(self, answers: Mapping[str, Any]) -> dict[str, Card]:
        """The card of each member, by the member's id, whoever shows it."""
        return {one.member_id: self._card(one) for one in self._read(answers)}

    def _card(self, member: Told) -> Card:
        link = self.profile_url or PROFILE_URLS.get(self.platform)
        known = self.known[member.member_id]
        return member_card(member.member_id, member.status, known, link)

    def _had_member_card(self, customers: Iterable[Mapping[str, Any]]) -> set[int]:
        """Who was seen with a member's card, or should have had one and has some card by now."""
        shown = shown_cards(customers)
        self.seen_with_one |= {one for one, card in shown.items() if card.get("member") is True}
        return self.seen_with_one | (self.wanted_one & shown.keys())

    def _read(self, answers: Mapping[str, Any]) -> list[Told]:
        tiers = {tier["id"]: tier["name"] for tier in answers.get("vip_tiers", ())}
        read = READERS.get(self.platform) or (lambda row: smile.read(row, tiers))
        told = [read(row) for row in answers["data"]]
        self.known = {
            one.member_id: {**self.known.get(one.member_id, {}), **one.fields} for one in told
        }
        return told


def expected_cards(
    answers: Mapping[str, Any],
    customers: Iterable[Mapping[str, Any]],
    tickets: Iterable[Mapping[str, Any]],
    survivors: Collection[int] = (),
    **store: Any,
) -> dict[int, Card]:
    """The same of a store that nobody asked about before."""
    return Oracle(**store).cards(answers, customers, tickets, survivors)
