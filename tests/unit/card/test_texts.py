"""The sentences of a card: always there, true, and no change of the card by themselves."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from loyalty_desk.card.cards import (
    absent_card,
    fingerprint,
    member_card,
    shown_fingerprint,
)
from loyalty_desk.card.texts import (
    LAST_AWARD,
    NO_BALANCE,
    NO_REFERRAL,
    NO_TIER,
    TEXT_KEYS,
    booked_text,
    texts_of,
    with_texts,
    without_texts,
)
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.records import MemberStatus, Unit


def card(**fields: Any) -> dict[str, Any]:
    return member_card("7", MemberStatus.MEMBER, fields)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, NO_BALANCE),
        ({"points_balance": 0}, "You have 0 points."),
        ({"points_balance": 1}, "You have 1 point."),
        ({"points_balance": -5}, "You have -5 points."),
        ({"points_balance": 1840, "credits_balance": "0"}, "You have 1,840 points."),
        ({"points_balance": 2, "credits_balance": "1.5"},
         "You have 2 points and 1.5 in store credit."),
        ({"credits_balance": "1.5"}, "You have 1.5 in store credit."),
    ],
)  # fmt: skip
def test_unknown_is_never_zero(fields: dict[str, Any], text: str) -> None:
    assert texts_of(card(**fields))["balance_text"] == text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, NO_TIER),
        ({"next_tier": "Gold"}, NO_TIER),
        ({"tier": "Gold"}, "Your VIP tier is Gold."),
        ({"tier": "Gold", "next_tier": "Onyx"}, "Your VIP tier is Gold. Next is Onyx."),
    ],
)
def test_the_tier(fields: dict[str, Any], text: str) -> None:
    assert texts_of(card(**fields))["tier_text"] == text


def test_a_link_that_is_not_known_is_said_to_be_so() -> None:
    assert texts_of(card())["referral_text"] == NO_REFERRAL
    link = texts_of(card(referral_url="https://shop.example/r"))["referral_text"]
    assert link == "Your referral link: https://shop.example/r"


@pytest.mark.parametrize("outcome", CARD_CLASSES)
def test_everybody_else_has_each_sentence_too(outcome: Any) -> None:
    texts = texts_of(absent_card(outcome))

    assert set(texts) == set(TEXT_KEYS)
    assert all(text.endswith(".") for text in texts.values())


def test_a_card_with_its_sentences_is_the_same_card() -> None:
    mine = card(points_balance=7)
    shown = {**with_texts(mine), "synced_at": "2026-03-02T09:30:00.000000Z"}

    assert without_texts(with_texts(mine)) == mine
    assert shown_fingerprint(shown) == fingerprint(mine)


@pytest.mark.parametrize("change", [{"balance_text": "You have 9 points."}, {"tier_text": None}])
def test_a_card_with_other_sentences_is_written_anew(change: dict[str, Any]) -> None:
    mine = card(points_balance=7)

    assert shown_fingerprint(mine) != fingerprint(mine), "an older version wrote no sentences"
    assert shown_fingerprint({**with_texts(mine), **change}) != fingerprint(mine)


@pytest.mark.parametrize(
    "shown", [{"member": False, "status": []}, {"member": [], "status": 3}, {}]
)
def test_whatever_another_tool_wrote_there_can_be_compared(shown: dict[str, Any]) -> None:
    assert shown_fingerprint(shown)


@pytest.mark.parametrize(
    ("unit", "amount", "takes_back", "text"),
    [
        (Unit.POINTS, 100, False, "We added 100 points on 28 November."),
        (Unit.POINTS, 1, False, "We added 1 point on 28 November."),
        (Unit.POINTS, -2000, False, "We took 2,000 points on 28 November."),
        (Unit.CREDITS, 1250, False, "We added 12.50 in store credit on 28 November."),
        (Unit.CREDITS, -5, False, "We took 0.05 in store credit on 28 November."),
        (Unit.POINTS, -100, True, "We took 100 points back on 28 November."),
        (Unit.POINTS, 100, True, "We gave 100 points back on 28 November."),
    ],
)
def test_what_was_booked_is_said_with_its_day(
    unit: Unit, amount: int, *, takes_back: bool, text: str
) -> None:
    assert booked_text(unit, amount, date(2026, 11, 28), takes_back=takes_back) == text


def test_what_is_said_of_an_award_is_a_change_of_the_card_and_nothing_said_is_none() -> None:
    mine = card(points_balance=7)
    awarded = {**mine, LAST_AWARD: "We added 7 points on 28 November."}
    older = {key: value for key, value in with_texts(mine).items() if key != LAST_AWARD}

    assert with_texts(mine)[LAST_AWARD] == ""
    assert fingerprint(awarded) != fingerprint(mine)
    assert shown_fingerprint(with_texts(awarded)) == fingerprint(awarded)
    assert shown_fingerprint(older) == fingerprint(mine), "what stood there before is not written"
    assert shown_fingerprint({**older, LAST_AWARD: "We added 9 points."}) != fingerprint(mine)


@pytest.mark.parametrize("outcome", CARD_CLASSES)
def test_who_is_no_member_is_told_of_no_award(outcome: Any) -> None:
    mine = absent_card(outcome)

    assert with_texts({**mine, LAST_AWARD: "We added 7 points."})[LAST_AWARD] == ""
    left_there = {**with_texts(mine), LAST_AWARD: "We added 7 points."}
    assert shown_fingerprint(left_there) != fingerprint(mine)
