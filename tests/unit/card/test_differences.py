"""What differs between two cards, in words for people."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.card.cards import absent_card
from loyalty_desk.card.differences import MOST_SHOWN, find_differences, in_words
from loyalty_desk.records import Outcome


def told(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one.label, one.old, one.new) for one in find_differences(before, after)]


def test_fields_that_differ_are_told_in_the_order_of_the_card() -> None:
    before = {"tier": "Gold", "points_balance": 1840, "referral_code": "ada", "summary": "1,840"}
    after = {"points_balance": 0, "referral_code": "ada", "summary": "0", "synced_at": "now"}

    assert told(before, after) == [("Points", "1,840", "0"), ("VIP tier", "Gold", "—")]


def test_cards_that_say_the_same_do_not_differ() -> None:
    assert told({"points_balance": 1, "synced_at": "then"}, {"points_balance": 1}) == []


def test_whoever_is_no_member_any_more_is_said_to_be_none_and_not_by_a_code() -> None:
    before = {"member": True, "status": "member", "points_balance": 5}

    assert told(before, absent_card(Outcome.CUSTOMER_NOT_FOUND)) == [
        ("Is a member", "yes", "no"),
        ("Status", "Member", "Not a member of the programme"),
        ("Points", "5", "—"),
    ]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("segments", ["VIP", "Oslo"], "VIP, Oslo"),
        ("segments", [], "—"),
        ("coupons", [{"name": "10 % off", "code": "A"}, {"name": "Gift"}], "10 % off, Gift"),
        ("credits_balance", "12.5", "12.5"),
        ("points_balance", None, "—"),
        ("status", "guest", "Guest"),
        ("name", "n" * 300, "n" * 300),
    ],
)
def test_a_value_is_told_as_people_say_it(key: str, value: Any, text: str) -> None:
    assert in_words(key, value) == text


def test_a_long_value_is_told_in_part_where_it_changed() -> None:
    assert told({}, {"name": "n" * 300}) == [("Name", "—", "n" * MOST_SHOWN + "…")]


def test_a_key_that_this_version_does_not_know_is_told_by_its_name() -> None:
    assert told({}, {"shoe_size": 44}) == [("Shoe size", "—", "44")]
