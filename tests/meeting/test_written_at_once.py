"""Two that write one card at once: both come to one end, and none is taken for lost."""

from __future__ import annotations

import pytest

from loyalty_desk.gorgias.destinations import CardWriter, Delivery
from tests.meeting.shop import ADA, Shop


def test_a_card_that_others_replace_is_not_taken_for_lost(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, asked = CardWriter.shows, list[int]()

    def look_late(writer: CardWriter, delivery: Delivery) -> bool:
        if delivery.customer_id == shop.customer_ids[ADA]:
            asked.append(delivery.customer_id)
            shop.change_member(ADA, points_tally=4000 + shop.runs)
            shop.webhook(ADA)
        return look(writer, delivery)

    with monkeypatch.context() as patch:
        patch.setattr(CardWriter, "shows", look_late)
        shop.sync()

    assert len(asked) == 1
    shop.settle()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("card", ["newer", "planned"])
def test_two_that_write_a_card_at_once_come_to_one_end(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, moment: str, card: str
) -> None:
    deliver, waits = CardWriter.deliver, [shop.customer_ids[ADA]]

    def webhook() -> None:
        if card == "newer":
            shop.change_member(ADA, points_tally=5000 + shop.runs)
        shop.webhook(ADA)

    def deliver_at_once(writer: CardWriter, delivery: Delivery) -> Delivery:
        meets = delivery.customer_id in waits
        if meets:
            waits.remove(delivery.customer_id)
        if meets and moment == "before":
            webhook()
        delivered = deliver(writer, delivery)
        if meets and moment == "after":
            webhook()
        return delivered

    with monkeypatch.context() as patch:
        patch.setattr(CardWriter, "deliver", deliver_at_once)
        shop.sync()

    assert not waits
    shop.settle()
