"""A merge in Gorgias, from end to end: the survivor has the card after the next run."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.records import RunState
from tests.flow.lists import all_tickets
from tests.oracle.cards import Card

pytestmark = pytest.mark.flow


def sole_customers(cards: dict[int, Card]) -> list[int]:
    """The customers who show a card of a member that nobody else shows."""
    members = [card.get("member_id") for card in cards.values()]
    return [
        one
        for one, card in cards.items()
        if card["member"] and members.count(card["member_id"]) == 1
    ]


def test_who_survives_a_merge_is_served_in_the_next_run(world: Any, sync: Any) -> None:
    sync.plain()
    cards = world.shown_cards()
    merged = next(iter(sole_customers(cards)))
    survivor = next(one for one, card in cards.items() if card["status"] == "customer_not_found")
    world.sandbox.control("gorgias", "POST", f"customers/{merged}/merge", {"into": survivor})

    record = sync.plain()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert (record.gone, record.failed) == (0, 0)
    shown = world.shown_cards()
    assert shown[survivor]["member_id"] == cards[merged]["member_id"]
    assert world.wrong_cards() == []
    assert sync.plain().pushed == 0


def test_who_survives_a_merge_without_a_ticket_is_served_too(world: Any, sync: Any) -> None:
    sync.plain()
    cards, tickets = world.shown_cards(), all_tickets(world.sandbox)
    wrote = {ticket["customer"]["id"] for ticket in tickets if ticket["customer"]}
    merged = next(one for one in sole_customers(cards) if one not in wrote)
    survivor = next(
        customer["id"]
        for customer in world.customers()
        if customer["id"] not in cards and customer["trouble"] == "none"
    )
    world.sandbox.control("gorgias", "POST", f"customers/{merged}/merge", {"into": survivor})

    record = sync.plain()

    assert record.state == RunState.SUCCEEDED, record.failure
    shown = world.shown_cards()
    assert shown[survivor]["member_id"] == cards[merged]["member_id"]
    assert world.wrong_cards() == []
