"""A card that is replaced while the sync reads back did not get lost."""

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
