"""The card as agents see it: one shape at the place and in a lookup's answer."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.card.cards import absent_card, fingerprint, member_card, shown_fingerprint
from loyalty_desk.card.keys import BESIDE, IF_MEMBER, IF_NOT_MEMBER
from loyalty_desk.card.shown import shown_card
from loyalty_desk.card.texts import with_texts, without_texts
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.records import MemberStatus, Outcome

AS_OF = "2026-11-28T10:00:00.000000Z"


def card(**fields: Any) -> dict[str, Any]:
    return member_card("7", MemberStatus.MEMBER, fields)


def shown_in_english(
    mine: dict[str, Any], as_of_utc: str | None = AS_OF, currency: str | None = None
) -> dict[str, Any]:
    return shown_card(with_texts(mine), as_of_utc, currency)


def rows(currency: str | None = None, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = shown_in_english(card(**fields), AS_OF, currency)[IF_MEMBER]
    return found


def test_macros_find_the_keys_as_they_were_and_widgets_their_part_beside_them() -> None:
    mine = card(points_balance=1840, tier="Gold")

    shown = shown_in_english(mine)

    assert with_texts(mine).items() <= shown.items()
    assert set(shown) - set(with_texts(mine)) == {"as_of", IF_MEMBER}
    assert shown["points_balance"] == 1840
    assert shown[IF_MEMBER]["as_of"] == AS_OF
    assert set(with_texts(mine)) <= set(shown[IF_MEMBER])


@pytest.mark.parametrize("outcome", CARD_CLASSES)
def test_who_is_no_member_is_told_why_and_what_to_do(outcome: Outcome) -> None:
    shown = shown_in_english(absent_card(outcome), None)

    assert IF_MEMBER not in shown
    assert shown[IF_NOT_MEMBER]["reason"] == shown["reason"] == CARD_CLASSES[outcome].reason
    assert shown[IF_NOT_MEMBER]["what_to_do"] == CARD_CLASSES[outcome].what_to_do


@pytest.mark.parametrize(
    "mine", [card(points_balance=7, segments=["New"]), absent_card(Outcome.CUSTOMER_NOT_FOUND)]
)
def test_what_stands_beside_a_card_is_no_change_of_it(mine: dict[str, Any]) -> None:
    shown = {**shown_in_english(mine, AS_OF, "EUR"), "synced_at": AS_OF}

    assert shown_fingerprint(shown) == fingerprint(mine)
    assert without_texts(shown) == {**mine, "synced_at": AS_OF}
    older = {key: value for key, value in shown.items() if key not in BESIDE}
    assert shown_fingerprint(older) == fingerprint(mine), "an upgrade rewrites nothing by itself"


def test_numbers_are_grouped_as_in_sentences() -> None:
    shown = rows(points_balance=1234567, points_pending=25, credits_balance="1234.5")

    assert (shown["points_balance"], shown["points_pending"]) == ("1,234,567", 25)
    assert shown["credits_balance"] == "1,234.5"
    assert rows(points_balance=-1840)["points_balance"] == "-1,840"


def test_money_has_the_currency_of_the_shop_and_what_has_a_unit_keeps_it() -> None:
    coupons = [{"name": "A", "value": "5"}, {"name": "B", "value": "10 %"}, {"name": "C"}]

    shown = rows("EUR", credits_balance="12.5", coupons=coupons)

    assert shown["credits_balance"] == "12.5 EUR"
    values = [one.get("value") for one in shown["coupons"]["items"]]
    assert values == ["5 EUR", "10 %", None]


def test_a_list_has_its_items_by_name_and_an_empty_one_is_not_there() -> None:
    assert rows(segments=["New", "VIP"])["segments"] == {
        "items": [{"name": "New"}, {"name": "VIP"}]
    }
    assert not {"segments", "coupons"} & set(rows(segments=[], coupons=[]))


@pytest.mark.parametrize(
    ("ends_on", "name"),
    [("2026-11-27", "Tea (expired)"), ("2026-11-28", "Tea"), (None, "Tea"), ("soon", "Tea")],
)
def test_a_coupon_that_has_ended_says_so(ends_on: str | None, name: str) -> None:
    coupon = {"name": "Tea", **({"expires_on": ends_on} if ends_on else {})}

    [shown] = rows(coupons=[coupon])["coupons"]["items"]

    assert shown["name"] == name


@pytest.mark.parametrize(
    ("usable", "name"), [(False, "Tea (not usable now)"), (True, "Tea"), (None, "Tea")]
)
def test_a_coupon_that_cannot_be_used_now_says_so(usable: bool | None, name: str) -> None:  # noqa: FBT001 - as told
    [shown] = rows(coupons=[{"name": "Tea", "usable": usable}])["coupons"]["items"]

    assert shown["name"] == name
