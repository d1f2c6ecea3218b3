"""What is told on the way of an answer: cards written meanwhile are newer than what it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import CardWriter
from tests.meeting.shop import IVY, Shop

BEFORE_IT = 4_321


def show_another_balance(shop: Shop) -> None:
    """The platform tells of a change, and the card is shown at once."""
    shop.change_member(IVY, points_tally=BEFORE_IT + shop.runs)
    shop.webhook(IVY)


def once(shop: Shop) -> Callable[[], None]:
    """Show the balance at the first call alone, so that its own requests do not start it again."""
    left = [show_another_balance]
    return lambda: left.pop()(shop) if left else None


def show_it_before_the_answer_comes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    """Have the first answer of a method be on its way while the other balance is shown."""
    read, meanwhile = getattr(owner, name), once(shop)

    def slowly(one: Any, *asked: Any) -> Any:
        found = read(one, *asked)
        meanwhile()
        return found

    monkeypatch.setattr(owner, name, slowly)


def settle_without_grace(shop: Shop) -> None:
    shop.settle()
    shop.is_right = False  # she is gone, so no other test goes on from here


def test_a_card_shown_while_a_page_of_customers_was_on_its_way_is_no_drift(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, meanwhile = GorgiasClient.iter_customer_pages, once(shop)

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
    shop.merge_grace_into_ivy()
    show_it_before_the_answer_comes(shop, monkeypatch, GorgiasClient, "get_customer")

    shop.sync()
    settle_without_grace(shop)


def test_a_card_shown_while_the_push_looked_for_the_survivor_is_no_drift(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    show_it_before_the_answer_comes(shop, monkeypatch, CardWriter, "find_by_address")

    shop.sync({"check_plan": Shop.merge_grace_into_ivy, "push": Shop.plan_again})
    settle_without_grace(shop)
