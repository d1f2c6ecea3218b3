"""An account whose widgets cannot read the place: what was fetched is fetched anew by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from loyalty_desk.clock import utc_now
from loyalty_desk.gorgias.asking import ASK_AGAIN_TAG
from loyalty_desk.refresh import ask_for_cards
from tests.factories import STORE
from tests.http.place.conftest import running_shop


def test_a_change_of_somebody_with_an_open_ticket_has_gorgias_ask_again(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fetched = {"widget_reads": "integration"}
    folder = tmp_path_factory.mktemp("fetched")
    with running_shop(browser, folder, "rivo", gorgias=fetched) as shop:
        member_id = shop.add_member("mira@shop.example", 100)
        customer_id = shop.add_customer("mira@shop.example")
        ticket_id = shop.write(customer_id)
        shop.sync()
        shop.expect(ticket_id, customer_id, 100)
        shop.set_points(member_id, 1234)
        with shop.engine.begin() as connection:
            ask_for_cards(connection, STORE, [member_id], utc_now())

        shop.expect(ticket_id, customer_id, 1234)

        tags = shop.page.get_by_test_id("tags")
        shop.open(f"ticket/{ticket_id}")
        assert ASK_AGAIN_TAG not in tags.inner_text()
