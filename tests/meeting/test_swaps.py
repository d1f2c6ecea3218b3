"""Two who swapped addresses are never shown each other's points, whatever the moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.meeting.shop import ADA, GRACE, MOMENTS, Shop


def owner(shop: Shop, answer: Mapping[str, Any]) -> str | None:
    """Whose card an answer is, by the address that the member began with."""
    ids = {member_id: who for who, member_id in shop.member_ids.items()}
    return ids.get(str(answer.get("member_id")))


def swap_customers(shop: Shop) -> None:
    for who, address in ((ADA, GRACE), (GRACE, ADA)):
        channels = [{"type": "email", "address": address}]
        shop.change_customer(who, email=address, channels=channels)


def swap_members(shop: Shop) -> None:
    shop.change_member(ADA, email="on.the.way@shop.example")
    shop.change_member(GRACE, email=ADA)
    shop.change_member(ADA, email=GRACE)


def put_back(shop: Shop) -> None:
    """Leave the addresses to the next test as they were, and known so."""
    shop.restore_people()
    shop.settle()


@pytest.mark.parametrize("after", MOMENTS)
def test_customers_who_swapped_addresses_see_their_own_card(shop: Shop, after: str) -> None:
    swap_customers(shop)

    def ask(_: Shop) -> None:
        before = [shop.shown(who)["points_balance"] for who in (ADA, GRACE)]
        for who, points in ((ADA, 11_000 + shop.runs), (GRACE, 22_000 + shop.runs)):
            shop.change_member(who, points_tally=points)
            answer = shop.look_up(who)
            assert (owner(shop, answer), answer["points_balance"]) == (who, points)
            shop.webhook(who)
        if MOMENTS.index("extract_customers") <= MOMENTS.index(after) < MOMENTS.index("match"):
            shown = [shop.shown(who)["points_balance"] for who in (ADA, GRACE)]
            assert shown == before, "news of one went to the profile of the other"

    shop.sync({after: ask})
    shop.settle()
    put_back(shop)


@pytest.mark.parametrize("after", ["start", "extract_members", "match"])
def test_members_who_swapped_addresses_are_found_by_their_own(shop: Shop, after: str) -> None:
    def ask(_: Shop) -> None:
        swap_members(shop)
        assert owner(shop, shop.look_up(ADA)) == GRACE
        assert owner(shop, shop.look_up(GRACE)) == ADA

    shop.sync({after: ask})
    shop.settle()
    put_back(shop)


def test_who_took_over_an_address_is_found_though_staging_knows_another(shop: Shop) -> None:
    shop.sync()
    shop.change_member(ADA, email="new@shop.example")
    assert shop.look_up(ADA)["status"] == "customer_not_found"

    shop.change_member(GRACE, email=ADA, points_tally=7)
    assert shop.look_up(ADA)["points_balance"] == 7
    shop.settle()
    put_back(shop)


def test_a_lookup_finds_out_who_left_before_the_next_full_read(shop: Shop) -> None:
    shop.sync()
    assert shop.shown(ADA)["member"]
    shop.sandbox.control("rivo", "DELETE", f"members/{shop.member_ids[ADA]}")

    assert shop.look_up(ADA)["status"] == "customer_not_found"

    shop.settle()
    assert not shop.shown(ADA)["member"]
    shop.is_right = False  # the next test wants her back
