"""Whatever happens, an agent reads the same points on the ticket, the customer and in a macro."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from loyalty_desk.__main__ import main
from loyalty_desk.clock import utc_now
from loyalty_desk.connect import button
from loyalty_desk.refresh import ask_for_cards
from tests.browser import shoot
from tests.factories import STORE
from tests.http.place.shop import Shop

MATCHED = (
    "SELECT mt.customer_id, mt.member_id, m.email, m.points_balance FROM matches AS mt"
    " JOIN members AS m ON m.store = mt.store AND m.member_id = mt.member_id"
    " WHERE mt.rule = 'email' AND m.status = 'member' AND {tickets} (SELECT 1 FROM tickets AS t"
    " WHERE t.store = mt.store AND t.customer_id = mt.customer_id)"
    " AND (SELECT COUNT(*) FROM matches AS x WHERE x.member_id = mt.member_id) = 1"
    " ORDER BY mt.customer_id"
)


@pytest.fixture(scope="module")
def person(shop: Shop) -> dict[str, Any]:
    """A member who writes: the ticket is there, and the sync showed the card."""
    row = dict(shop.rows(MATCHED.format(tickets="NOT EXISTS"))[0])
    row["ticket_id"] = shop.write(row["customer_id"])
    return row


def expect(shop: Shop, person: dict[str, Any], points: int) -> None:
    shop.expect(person["ticket_id"], person["customer_id"], points)


def test_a_member_who_never_wrote_has_a_card(shop: Shop) -> None:
    row = shop.rows(MATCHED.format(tickets="NOT EXISTS"))[-1]

    shop.open(f"customer/{row['customer_id']}")

    assert shop.leaf("Points") == f"{row['points_balance']:,}"


def test_nobody_who_wrote_sees_that_there_is_no_data(shop: Shop) -> None:
    tickets = shop.rows("SELECT ticket_id FROM tickets")
    assert tickets

    for row in tickets:
        page = requests.get(f"{shop.gorgias}/app/ticket/{row['ticket_id']}", timeout=10).text
        assert "no data yet" not in page, row["ticket_id"]


def test_after_a_sync_all_say_the_same(shop: Shop, person: dict[str, Any]) -> None:
    points = shop.points(person["member_id"]) + 1000
    shop.set_points(person["member_id"], points)

    shop.sync()

    expect(shop, person, points)
    link = shop.page.get_by_test_id("card-link").first
    assert person["member_id"] in (link.get_attribute("href") or "")
    shoot(shop.page, f"place-{shop.platform}")


def test_after_an_award_from_the_widget_all_say_the_same(
    shop: Shop, person: dict[str, Any]
) -> None:
    points = shop.points(person["member_id"])
    shop.open(f"ticket/{person['ticket_id']}")
    form = shop.page.get_by_test_id("http-button").first
    form.locator("input[data-key=amount]").fill("100")

    shop.submit(button.LABEL, form)

    assert shop.page.get_by_test_id("button-status").inner_text() == "202"
    expect(shop, person, points + 100)


def test_after_a_webhook_all_say_the_same(shop: Shop, person: dict[str, Any]) -> None:
    points = shop.points(person["member_id"]) + 11
    shop.set_points(person["member_id"], points)

    with shop.engine.begin() as connection:  # as the webhook's route does
        ask_for_cards(connection, STORE, [person["member_id"]], utc_now())

    expect(shop, person, points)


def test_after_a_tag_all_say_the_same(shop: Shop, person: dict[str, Any]) -> None:
    points = shop.points(person["member_id"]) + 7
    shop.set_points(person["member_id"], points)
    shop.open(f"ticket/{person['ticket_id']}")
    shop.page.get_by_label("New tag").fill("vip")
    shop.forget_requests()

    shop.submit("Add tag")

    expect(shop, person, points)
    assert (shop.asked("GET"), shop.asked("PUT")) == (0, 1)


def test_whom_no_sync_has_seen_has_a_card_after_the_first_ticket(shop: Shop) -> None:
    email = f"new-{shop.platform}@shop.example"
    shop.add_member(email, 321)
    customer_id = shop.add_customer(email)

    shop.forget_requests()
    ticket_id = shop.write(customer_id)

    shop.expect(ticket_id, customer_id, 321)
    assert (shop.asked("GET"), shop.asked("PUT")) == (1, 1)
    shop.wait_for_lookups()
    shop.forget_requests()
    shop.open(f"ticket/{ticket_id}")
    shop.page.get_by_label("New tag").fill("vip")
    shop.submit("Add tag")
    shop.wait_for_lookups()
    shop.work()
    assert (shop.asked("GET"), shop.asked("PUT")) == (0, 0), "what stands there costs nothing"


def test_who_joins_after_writing_is_shown_as_soon_as_the_platform_tells(shop: Shop) -> None:
    email = f"later-{shop.platform}@shop.example"
    customer_id = shop.add_customer(email)
    ticket_id = shop.write(customer_id)
    shop.wait_for_lookups()
    shop.work()
    shop.open(f"ticket/{ticket_id}")
    assert shop.leaf("Why") == "No loyalty account has this e-mail address."

    member_id = shop.add_member(email, 5)
    with shop.engine.begin() as connection:
        ask_for_cards(connection, STORE, [member_id], utc_now())

    shop.expect(ticket_id, customer_id, 5)


def test_after_a_link_and_after_it_is_undone_all_say_the_same(shop: Shop) -> None:
    member_id = shop.add_member(f"shop-{shop.platform}@shop.example", 4321)
    customer_id = shop.add_customer(f"home-{shop.platform}@shop.example")
    ticket_id = shop.write(customer_id)
    shop.sync()
    link = ["link", "--store", STORE, "--customer", str(customer_id), "--by", "a manager"]

    assert main([*link, "--member", member_id]) == 0

    shop.expect(ticket_id, customer_id, 4321)

    assert main(link) == 0
    shop.work()
    shop.open(f"customer/{customer_id}")
    assert shop.leaf("Points") is None
    assert shop.leaf("Why") == "No loyalty account has this e-mail address."


def test_an_erased_persons_card_is_gone_and_no_lookup_brings_it_back(shop: Shop) -> None:
    email = f"erased-{shop.platform}@shop.example"
    shop.add_member(email, 77)
    customer_id = shop.add_customer(email)
    ticket_id = shop.write(customer_id)
    shop.expect(ticket_id, customer_id, 77)

    assert main(["erase", "--store", STORE, "--email", email]) == 0

    shop.open(f"ticket/{ticket_id}")
    assert shop.leaf("Points") is None
    shop.forget_requests()
    shop.page.get_by_label("New tag").fill("vip")
    shop.submit("Add tag")
    shop.wait_for_lookups()
    shop.work()
    shop.open(f"ticket/{ticket_id}")
    assert shop.leaf("Points") is None
    assert (shop.asked("GET"), shop.asked("PUT")) == (0, 0)


def test_the_sync_after_all_of_it_has_nothing_to_write(shop: Shop) -> None:
    shop.sync()
    shop.wait_for_lookups()
    shop.work()
    shop.forget_requests()

    shop.sync()

    assert shop.asked("PUT") == 0
