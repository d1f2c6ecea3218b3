"""A merge in Gorgias, from end to end: the survivor has the card after the next run."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.records import RunState

pytestmark = pytest.mark.flow


def test_who_survives_a_merge_is_served_in_the_next_run(world: Any, sync: Any) -> None:
    sync.plain()
    cards = world.shown_cards()
    members = [card.get("member_id") for card in cards.values()]
    merged = next(
        one
        for one, card in cards.items()
        if card["member"] and members.count(card["member_id"]) == 1
    )
    survivor = next(one for one, card in cards.items() if card["status"] == "customer_not_found")
    world.sandbox.control("gorgias", "POST", f"customers/{merged}/merge", {"into": survivor})

    record = sync.plain()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert (record.gone, record.failed) == (0, 0)
    shown = world.shown_cards()
    assert shown[survivor]["member_id"] == cards[merged]["member_id"]
    assert shown == world.expected_cards()
    assert sync.plain().pushed == 0
