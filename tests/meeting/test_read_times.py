"""What is told on the way of an answer: cards written meanwhile are newer than what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import CardWriter
from loyalty_desk.tasks import sync
from tests.factories import STORE
from tests.meeting.shop import GRACE, IVY, Shop

BEFORE_IT = 4_321


def show_another_balance(shop: Shop) -> None:
    """The platform tells of a change, and the card is shown at once."""
    shop.change_member(IVY, points_tally=BEFORE_IT + shop.runs)
    shop.webhook(IVY)


def once(deed: Callable[[Shop], None], shop: Shop) -> Callable[[], None]:
    """Do the deed at the first call alone, so that its own requests do not start it again."""
    left = [deed]
    return lambda: left.pop()(shop) if left else None


def settle_without_grace(shop: Shop) -> None:
    shop.settle()
    shop.is_right = False  # she is gone, so no other test goes on from here


def merge(shop: Shop) -> None:
    into = {"into": shop.customer_ids[IVY]}
    shop.sandbox.control("gorgias", "POST", f"customers/{shop.customer_ids[GRACE]}/merge", into)


def test_a_card_shown_while_a_page_of_customers_was_on_its_way_is_no_drift(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, meanwhile = GorgiasClient.iter_customer_pages, once(show_another_balance, shop)

    def slowly(client: GorgiasClient, *order: Any) -> Iterator[Any]:
        for page in read(client, *order):
            meanwhile()
            yield page

    monkeypatch.setattr(GorgiasClient, "iter_customer_pages", slowly)

    shop.sync()
    shop.settle()


def test_a_card_shown_while_the_survivor_of_a_merge_was_read_is_no_drift(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, meanwhile = GorgiasClient.get_customer, once(show_another_balance, shop)

    def slowly(client: GorgiasClient, customer_id: int) -> Any:
        found = read(client, customer_id)
        if customer_id == shop.customer_ids[IVY]:
            meanwhile()
        return found

    merge(shop)
    monkeypatch.setattr(GorgiasClient, "get_customer", slowly)

    shop.sync()
    settle_without_grace(shop)


def test_a_card_shown_while_the_push_looked_for_the_survivor_is_no_drift(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, meanwhile = CardWriter.find_by_address, once(show_another_balance, shop)

    def slowly(writer: CardWriter, email: str) -> Any:
        found = read(writer, email)
        meanwhile()
        return found

    def plan_again(shop: Shop) -> None:
        for stage in ("match", "check_match", "plan", "check_plan", "push"):
            sync.STAGES[stage](STORE, f"run-{shop.runs}")

    monkeypatch.setattr(CardWriter, "find_by_address", slowly)

    shop.sync({"check_plan": merge, "push": plan_again})
    settle_without_grace(shop)
