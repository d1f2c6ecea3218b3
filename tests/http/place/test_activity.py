"""The last movements on the card of who wrote: read after a lookup, and never in a sync's way."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from loyalty_desk.card.shown import NO_MOVEMENTS
from tests.http.place.conftest import running_shop
from tests.http.place.shop import Shop
from tests.waiting import wait_until

SENTENCE = "The last movements of your points: "
EMAIL = "mira@shop.example"


def said(shop: Shop, customer_id: int) -> str | None:
    held = shop.sandbox.control("gorgias", "GET", f"customers/{customer_id}")
    card: dict[str, Any] = held["data"]["loyalty"]
    assert card["if_member"].get("activity_text") == card.get("activity_text")
    moved = (card.get("activity_text") or "").removeprefix("Last: ")
    assert card["movements_text"] == (f"{SENTENCE}{moved}." if moved else NO_MOVEMENTS)
    return card.get("activity_text")


def wait_for(shop: Shop, customer_id: int, words: str) -> None:
    def is_said() -> bool:
        shop.work()
        return words in (said(shop, customer_id) or "")

    wait_until(is_said, 30)


def test_it_comes_with_a_ticket_stays_in_a_sync_and_goes_when_the_balance_moves(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("activity")
    lookup = {"activity": True, "requests_per_s": 1000, "deadline_s": 4}
    with running_shop(browser, folder, "rivo", lookup=lookup) as shop:
        member_id = shop.add_member(EMAIL, 100)
        entry = {"points": 120, "source": "order_placed", "title": "Order"}
        shop.sandbox.control("rivo", "POST", f"members/{member_id}/ledger", entry)
        customer_id = shop.add_customer(EMAIL)
        shop.sync()
        assert said(shop, customer_id) is None, "no sync asks for movements"

        ticket_id = shop.write(customer_id)
        wait_for(shop, customer_id, "Last: +120 on ")

        shop.open(f"ticket/{ticket_id}")
        assert (shop.leaf("Last movements") or "").startswith("Last: +120 on ")
        shop.forget_requests()
        shop.sync()
        assert shop.asked("PUT") == 0, "to a sync it is no change"
        assert (said(shop, customer_id) or "").startswith("Last: +120 on ")

        shop.set_points(member_id, 5)
        shop.sync()
        assert said(shop, customer_id) is None, "it may be wrong by now"
        shop.write(customer_id)
        wait_for(shop, customer_id, "Last: +120 on ")
