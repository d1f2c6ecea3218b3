"""The widget's tree: rows that the platform can fill, and a button that survives."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.card.keys import IF_MEMBER, IF_NOT_MEMBER, TOLD
from loyalty_desk.connect.widgets import find_button, is_ours, shows, template
from loyalty_desk.platforms import rivo

EVERYTHING = frozenset(key.name for key in TOLD)
BUTTON = {"buttons": [{"label": "Add points"}]}


def cards(tree: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {card["path"]: card for card in tree["widgets"]}


def paths(card: dict[str, Any]) -> list[str]:
    return [node["path"] for node in card["widgets"]]


def test_a_member_and_everybody_else_have_a_card_each() -> None:
    tree = template("Loyalty: {{summary}}", EVERYTHING, {})

    assert tree["type"] == "wrapper"
    assert list(cards(tree)) == [IF_MEMBER, IF_NOT_MEMBER]
    assert paths(cards(tree)[IF_NOT_MEMBER]) == ["reason", "what_to_do"]
    assert is_ours(tree)


def test_every_key_that_a_platform_may_tell_has_a_row() -> None:
    shown = paths(cards(template("", EVERYTHING, {}))[IF_MEMBER])

    for key in ("name", "support_id", "segments", "coupons", "favorite_location", "tier"):
        assert key in shown


def test_a_row_that_the_platform_cannot_fill_is_left_out() -> None:
    shown = paths(cards(template("", rivo.CARD_KEYS, {}))[IF_MEMBER])

    assert {"points_balance", "status", "tier", "referral_url"} <= set(shown)
    assert not {"coupons", "segments", "support_id"} & set(shown)


def test_a_coupon_shows_its_value() -> None:
    coupons = cards(template("", EVERYTHING, {}))[IF_MEMBER]["widgets"][-1]

    assert (coupons["type"], coupons["path"], coupons["title"]) == ("card", "coupons", "Coupons")
    [items] = coupons["widgets"]
    assert (items["type"], items["path"]) == ("list", "items")
    assert paths(items["widgets"][0]) == ["value", "code", "expires_on"]


def test_a_link_is_a_link_and_a_day_is_a_day() -> None:
    rows = cards(template("", EVERYTHING, {}))[IF_MEMBER]["widgets"]
    kinds = {row["path"]: row["type"] for row in rows}

    assert kinds["referral_url"] == "url"
    assert kinds["points_expire_on"] == kinds["as_of"] == "date"
    assert kinds["segments"] == kinds["coupons"] == "card", "a heading with its list"
    assert set(kinds.values()) <= {"text", "date", "url", "card"}


def test_the_cards_are_under_the_key_that_the_place_has_them_by() -> None:
    tree = template("Loyalty: {{summary}}", EVERYTHING, BUTTON, "points")

    [outer] = tree["widgets"]
    assert (outer["path"], outer["meta"]) == ("points", {"displayCard": False})
    assert list(cards(outer)) == [IF_MEMBER, IF_NOT_MEMBER]
    assert is_ours(tree)
    assert shows(tree, "points")
    assert not shows(tree, "another store's")
    assert find_button(tree) == BUTTON


def test_a_button_is_found_again_on_the_member_s_card() -> None:
    tree = template("", EVERYTHING, BUTTON)

    assert find_button(tree) == BUTTON
    assert "custom" not in cards(tree)[IF_NOT_MEMBER]["meta"]


@pytest.mark.parametrize(
    "tree", [None, {}, {"widgets": None}, {"widgets": [{"meta": None}, "text", {"meta": {}}]}]
)
def test_a_tree_of_any_shape_may_have_no_button(tree: Any) -> None:
    assert find_button(tree) == {}
    assert not is_ours(tree)
