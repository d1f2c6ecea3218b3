"""How a member's balance moved, and an order without points, on the customer's page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from loyalty_desk.http.deadline import Deadline
from loyalty_desk.lookup import asking
from loyalty_desk.staging import schema
from sandbox.running import Sandbox
from tests.browser import NARROW, WIDE, shoot
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.forget import forget_lookups
from tests.http.desk import DeskClient
from tests.http.desk_browser import go, open_page, serious
from tests.http.desk_world import ADA, EVIL, GRACE, HTML
from tests.sql.staged import Staged

EMAIL, FURTHER = "grace@example.test", "hopper@example.test"


@dataclass(frozen=True)
class Programme:
    """Rivo, on which Grace is a member. `page` is her page on the desk."""

    sandbox: Sandbox
    member_id: str

    def book(self, **entry: Any) -> None:
        path = f"members/{self.member_id}/ledger"
        self.sandbox.control("rivo", "POST", path, {"points": 120, **entry})

    def spoil(self, effect: str, **rule: Any) -> None:
        wanted = {"effect": effect, "method": "GET", "route": "*points_events*", **rule}
        self.sandbox.control("rivo", "POST", "faults", wanted)

    def requests(self) -> int:
        return int(self.sandbox.control("rivo", "GET", "counters")["total"])


@pytest.fixture
def programme(
    desk: DeskClient,
    sandbox: Sandbox,
    staging: Engine,
    set_connection: SetConnection,
    at_speed: None,
) -> Iterator[Programme]:
    """The store's platform lets us in, and knows whom staging has matched with Grace."""
    set_connection("rivo_acme", host=sandbox.rivo_url, password=sandbox.rivo["api_key"])
    fields = {"email": EMAIL, "points_tally": 900, "first_name": "Grace"}
    member_id = str(sandbox.control("rivo", "POST", "members", fields)["id"])
    with staging.begin() as connection:
        for table in (schema.members, schema.matches):
            wanted = table.update().where(table.c.store == STORE, table.c.member_id == "m2")
            connection.execute(wanted.values(member_id=member_id))
    yield Programme(sandbox, member_id)
    forget_lookups()


PAGE = f"/customers/{GRACE}"


def test_the_platform_is_asked_by_the_button_alone(desk: DeskClient, programme: Programme) -> None:
    programme.book(title="Order", source="order_placed")
    admin, before = desk.as_user("admin"), programme.requests()

    page = admin.get(PAGE).text

    assert "Show the last movements" in page
    assert programme.requests() == before
    asked = admin.get(PAGE, movements="1")
    assert asked.status_code == 200
    assert "+120" in asked.text
    assert programme.requests() == before + 2, "who it is, and the movements"


def test_movements_say_when_what_for_and_by_whom(
    desk: DeskClient, programme: Programme, staging: Engine
) -> None:
    with staging.begin() as connection:
        [award_id, _] = Staged(connection).rows(schema.awards, "award_id")
        rows = Staged(connection).rows(schema.awards, "agent")
        awards = schema.awards.update().where(schema.awards.c.member_id == "m2")
        connection.execute(awards.values(member_id=programme.member_id))
        subjects = schema.awards.update().where(schema.awards.c.subject == "m2")
        connection.execute(subjects.values(subject=programme.member_id))
    assert rows == ["eve", "eve"]
    day_us = 1_793_700_000_000_000  # 3 November 2026
    programme.book(title="Order", source="order_placed", applied_us=day_us)
    programme.book(points=-500, title="5 off", source="points_purchase")
    programme.book(points=50, internal_note=f"sorry [ld:{award_id}]", external_note=HTML)
    programme.book(points=0, credits_cents=1250, title="Credit")

    page = desk.as_user("admin").get(PAGE, movements="1").text

    assert "The last 4, the newest first" in page
    for text in ("3 Nov 2026", "Order", "-500", "5 off", "Reward", "12.5 in store credit"):
        assert text in page
    assert f'awards/{award_id}">by eve</a>' in page
    assert "sorry" in page
    assert f"ld:{award_id}" not in page
    assert HTML not in page
    assert page.index("5 off") < page.index("3 Nov 2026"), "the newest first"


def test_who_does_not_see_addresses_is_shown_no_notes(
    desk: DeskClient, programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loyalty_desk.web.rights import Visitor

    programme.book(internal_note="by staff@shop.example", title="to eve@shop.example 1042")
    monkeypatch.setattr(Visitor, "sees_addresses", False)

    page = desk.as_user("admin").get(PAGE, movements="1", order="1042").text

    assert "+120" in page
    assert "A movement names 1042" in page
    assert "shop.example" not in page


@pytest.mark.parametrize("query", [{"movements": "1"}, {"order": "1042"}], ids=str)
def test_who_may_only_look_cannot_have_the_platform_asked(
    desk: DeskClient, programme: Programme, query: dict[str, str]
) -> None:
    viewer, before = desk.as_user("viewer"), programme.requests()

    assert viewer.get(PAGE, **query).status_code == 403
    page = viewer.get(PAGE).text

    assert "Show the last movements" not in page
    assert "Ask the programme" not in page
    assert programme.requests() == before


@pytest.mark.parametrize("query", ["movements=1", "order=1042"])
def test_a_link_on_another_site_asks_nothing(
    desk: DeskClient, programme: Programme, query: str
) -> None:
    admin, before = desk.as_user("admin"), programme.requests()
    headers = {"Sec-Fetch-Site": "cross-site"}

    page = admin.call("GET", f"/loyalty/desk/{STORE}{PAGE}?{query}", headers=headers)

    assert page.status_code == 200
    assert programme.requests() == before


def test_a_platform_that_is_away_is_said_to_be(desk: DeskClient, programme: Programme) -> None:
    programme.spoil("status", count=1)
    admin = desk.as_user("admin")

    page = admin.get(PAGE, movements="1")

    assert page.status_code == 502
    assert "The programme does not answer now. Try again in a minute." in page.text
    assert "Grace Hopper" in page.text
    assert admin.get(PAGE, movements="1").status_code == 200


def test_a_slow_platform_keeps_nobody_waiting(
    desk: DeskClient, programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loyalty_desk.web.desk import activity

    monkeypatch.setattr(asking, "WAIT_S", 0.3)
    monkeypatch.setattr(activity, "WAIT_S", 0.3)
    programme.spoil("delay", delay_ms=100_000, count=1)

    page = desk.as_user("admin").get(PAGE, movements="1")

    assert page.status_code == 502
    assert "The programme is slow now and did not answer in time." in page.text


def test_a_key_that_is_refused_is_for_who_runs_it(
    desk: DeskClient, programme: Programme, set_connection: SetConnection
) -> None:
    set_connection("rivo_acme", host=programme.sandbox.rivo_url, password="wrong")
    admin = desk.as_user("admin")

    page = admin.get(PAGE, movements="1")

    assert "The programme refuses our key, or its connection is not set up." in page.text
    rivo = programme.sandbox.rivo
    set_connection("rivo_acme", host=programme.sandbox.rivo_url, password=rivo["api_key"])
    assert admin.get(PAGE, movements="1").status_code == 200, "corrected since"


def test_too_many_questions_at_once_are_put_off(desk: DeskClient, programme: Programme) -> None:
    from loyalty_desk.settings.stores_file import stores_file
    from loyalty_desk.staging.installed import staging_engine
    from loyalty_desk.staging.stores import in_force

    store = in_force(stores_file().get(STORE), staging_engine())
    busy = asking.asking_of(store)._free
    for _ in range(asking.MOST_AT_ONCE):
        assert busy.acquire(blocking=False)

    page = desk.as_user("admin").get(PAGE, movements="1")

    assert "Others are asking the programme at this moment." in page.text
    for _ in range(asking.MOST_AT_ONCE):
        busy.release()
    found = asking.asking_of(store).movements(programme.member_id, None, Deadline.after(5))
    assert found.movements == ()


def test_without_movements_or_without_a_member_it_says_so(
    desk: DeskClient, programme: Programme
) -> None:
    admin = desk.as_user("admin")

    assert "The programme tells of no movement." in admin.get(PAGE, movements="1").text
    page = admin.get(f"/customers/{EVIL}", movements="1")
    assert page.status_code == 200
    assert "Only of a member whom the last sync matched." in page.text


def test_a_row_that_cannot_be_read_is_counted(desk: DeskClient, programme: Programme) -> None:
    programme.book(title="Order")
    programme.book(title=["no", "text"])

    page = desk.as_user("admin").get(PAGE, movements="1").text

    assert "+120" in page
    assert "1 more could not be read." in page


def test_an_order_is_asked_for_by_its_number(desk: DeskClient, programme: Programme) -> None:
    programme.book(title="Order #1042", source="order_placed")
    admin = desk.as_user("admin")

    page = admin.get(PAGE, order="#1042").text

    assert "A movement names 1042 in its text: +120 points on" in page
    assert "That it is for this order, the programme does not say." in page
    assert 'value="#1042"' in page, "the address says what is asked"
    found = admin.get(PAGE, order="1043").text
    assert "The programme tells nothing about order 1043." in found
    assert "Its movements do not say which order they are for." in found


def test_points_that_went_to_a_further_address_are_found(
    desk: DeskClient, programme: Programme, staging: Engine
) -> None:
    fields = {"email": FURTHER, "first_name": "Grace"}
    other = str(programme.sandbox.control("rivo", "POST", "members", fields)["id"])
    Programme(programme.sandbox, other).book(title="Order 1042")
    with staging.begin() as connection:
        channel = {"store": STORE, "customer_id": GRACE, "email_key": FURTHER}
        connection.execute(schema.customer_channels.insert().values(**channel))

    page = desk.as_user("admin").get(PAGE, order="1042").text

    assert f"That is member {other}, by the address {FURTHER}, and not the one matched" in page


def test_who_is_no_member_is_not_known_to_the_programme(
    desk: DeskClient, programme: Programme
) -> None:
    page = desk.as_user("admin").get(f"/customers/{ADA}", order="1042").text

    assert "The programme knows nobody by the addresses of this customer." in page


def test_a_day_that_is_none_is_refused_before_anything_is_asked(
    desk: DeskClient, programme: Programme
) -> None:
    before = programme.requests()

    page = desk.as_user("admin").get(PAGE, order="1042", day="yesterday").text

    assert "The day must be one such as 2026-11-03." in page
    assert programme.requests() == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_person_asks_for_both_wide_and_narrow_and_by_the_keyboard(
    browser: Browser, desk: DeskClient, programme: Programme, scheme: str
) -> None:
    programme.book(title="Order #1042, a long title " + "that goes on and on " * 5)
    programme.book(points=-500, title="5 off", source="points_purchase")
    watched = open_page(browser, desk, "admin", color_scheme=scheme, viewport=NARROW)
    page = watched.page
    go(page, desk, PAGE)

    page.get_by_role("link", name="Show the last movements").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="The last 2, the newest first")).to_be_visible()
    assert_usable(page, f"desk-movements-{scheme}")
    page.get_by_label("Order number").fill("1042")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("A movement names 1042 in its text")
    expect(page.get_by_label("Order number")).to_have_value("1042")
    assert_usable(page, f"desk-why-{scheme}")

    programme.spoil("status", count=1)
    page.get_by_role("link", name="Show the last movements").click()
    expect(page.get_by_role("alert")).to_contain_text("does not answer now")
    assert serious(page) == []
    # A page that says so is a 502, which the browser's console has a line for.
    assert all("502" in trouble for trouble in watched.troubles)
    page.context.close()


def assert_usable(page: Page, picture: str) -> None:
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert serious(page) == []
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, "nothing is wider than the window"
    shoot(page, picture)
