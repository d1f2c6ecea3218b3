from __future__ import annotations

import pytest

from loyalty_desk.card.cards import (
    NO_CARD,
    absent_card,
    fingerprint,
    known,
    member_card,
    shown_fingerprint,
)
from loyalty_desk.card.texts import with_texts
from loyalty_desk.records import MemberStatus, Outcome


@pytest.mark.parametrize(
    ("fields", "status", "summary"),
    [
        ({"points_balance": 1840, "tier": "Gold"}, MemberStatus.MEMBER, "1,840 points, Gold"),
        ({"points_balance": 0}, MemberStatus.MEMBER, "0 points"),
        ({"points_balance": -25}, MemberStatus.MEMBER, "-25 points"),
        ({"points_balance": 70}, MemberStatus.GUEST, "70 points, guest"),
        ({}, MemberStatus.MEMBER, "Member"),
    ],
)
def test_the_summary_is_one_line_that_any_macro_may_print(fields, status, summary) -> None:
    assert member_card("m1", status, fields)["summary"] == summary


def test_an_unknown_balance_is_absent_and_not_zero() -> None:
    card = member_card("m1", MemberStatus.MEMBER, known({"points_balance": None, "tier": "Gold"}))

    assert "points_balance" not in card
    assert card["summary"] == "Gold"


@pytest.mark.parametrize(
    "outcome",
    [
        one
        for one in Outcome
        if one not in {Outcome.MATCHED, Outcome.MEMBER_NOT_IN_GORGIAS, Outcome.MERGED_OR_DELETED}
    ],
)
def test_every_class_of_a_living_customer_has_a_card_without_a_balance(outcome: Outcome) -> None:
    card = absent_card(outcome)

    assert card["member"] is False
    assert card["summary"]
    assert set(card) == {"member", "status", "summary"}


def test_when_it_was_synced_is_no_change() -> None:
    card = member_card("m1", MemberStatus.MEMBER, {"points_balance": 1})

    assert fingerprint({**card, "synced_at": "2026-01-01T00:00:00Z"}) == fingerprint(card)
    assert fingerprint({**card, "points_balance": 2}) != fingerprint(card)


def test_the_order_of_keys_is_no_change() -> None:
    card = member_card("m1", MemberStatus.MEMBER, {"points_balance": 1, "tier": "Gold"})

    assert fingerprint(dict(reversed(card.items()))) == fingerprint(card)


def test_what_gorgias_shows_is_compared_whatever_it_is() -> None:
    card = member_card("m1", MemberStatus.MEMBER, {"points_balance": 1})

    assert shown_fingerprint(None) == NO_CARD
    assert shown_fingerprint({**with_texts(card), "synced_at": "x"}) == fingerprint(card)
    assert shown_fingerprint("text of another tool") not in {NO_CARD, fingerprint(card)}
