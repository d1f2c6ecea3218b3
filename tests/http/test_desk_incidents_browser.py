"""Compensating after an incident in a real Chromium: by keyboard, wide, narrow and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from loyalty_desk.awards.reversal import ERASED
from loyalty_desk.staging import schema
from loyalty_desk.web.desk.batches import SHOWN_NOT_BACK
from tests.browser import NARROW, WIDE, shoot
from tests.http.desk import DeskClient
from tests.http.desk_browser import go, open_page, serious
from tests.http.test_desk_not_taken_back import WHERE, of_batch
from tests.sql.award_rows import put
from tests.sql.staged import Staged

OF_IDA = "ida.with-a-long-name.and-a-longer-one@mail.shop.example"


@pytest.fixture(autouse=True)
def late(staging: Engine, desk: DeskClient) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        for ticket_id in (70, 80, 90, 99):
            staged.update(schema.tickets, {"ticket_id": ticket_id}, tags='["late"]')


def check(page: Page, name: str) -> None:
    """Nobody is kept from using it, and nothing is cut off, whatever the width."""
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert serious(page) == []
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, "nothing is wider than the window"
        shoot(page, f"desk-{name}-{size['width']}")


def fill_in(page: Page) -> None:
    page.get_by_label("Name of the incident").fill("parcels")
    page.get_by_label("Tag", exact=True).fill("late")
    page.get_by_label("Amount").fill("100")
    page.get_by_label("Reason").select_option("late_delivery")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_person_asks_and_another_approves_and_takes_back(
    browser: Browser, desk: DeskClient, scheme: str
) -> None:
    asking = open_page(browser, desk, "manager", color_scheme=scheme)
    page = asking.page
    go(page, desk, "/awards")
    page.get_by_role("link", name="After an incident").click()
    fill_in(page)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("status")).to_contain_text("1 member is to have 100 points")
    page.get_by_text("Unclear: 1").click()
    expect(page.get_by_text("several members have the address")).to_be_visible()
    check(page, f"incident-preview-{scheme}")
    page.get_by_role("button", name="Ask for approval of 1 award").click()
    expect(page.get_by_role("status")).to_contain_text("another person has to approve")
    expect(page.get_by_role("button", name="Approve all")).to_have_count(0)
    check(page, f"incident-batch-{scheme}")
    batch = page.url.partition("?")[0]

    approving = open_page(browser, desk, "admin", color_scheme=scheme)
    other = approving.page
    other.goto(batch)
    other.get_by_role("button", name="Approve all").click()
    expect(other.get_by_role("status")).to_contain_text("Approved.")
    with other.expect_download() as workbook:
        other.get_by_role("link", name="Workbook").click()
    assert workbook.value.suggested_filename.endswith(".xlsx")
    other.get_by_label("Why (kept in the audit and the note)").fill("the wrong amount")
    other.get_by_role("button", name="Take all back").click()
    expect(other.get_by_role("status")).to_contain_text("Taken back as far as it could be")
    expect(other.get_by_role("rowheader", name="Rejected")).to_be_visible()
    assert (asking.troubles, approving.troubles) == ([], [])
    page.context.close()
    other.context.close()


def test_all_of_it_works_by_the_keyboard_alone(browser: Browser, desk: DeskClient) -> None:
    watched = open_page(browser, desk, "admin", viewport=NARROW)
    page = watched.page
    go(page, desk, "/awards/incident")
    page.get_by_label("Name of the incident").focus()
    page.keyboard.type("parcels")
    page.keyboard.press("Tab")
    page.keyboard.type("late")
    page.get_by_label("Amount").focus()
    page.keyboard.type("100")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 member is to have 100 points")
    page.get_by_text("Unclear: 1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("several members have the address")).to_be_visible()
    page.get_by_role("button", name="Ask for approval").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("another person has to approve")
    assert watched.troubles == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_not_taken_back_stays_listed_and_leads_to_its_award(
    browser: Browser, desk: DeskClient, staging: Engine, scheme: str
) -> None:
    put(
        *(staging, of_batch("a1"), of_batch("a2", member_id=None, subject=ERASED)),
        *(of_batch(f"u{number:03}", "unknown", email=OF_IDA) for number in range(SHOWN_NOT_BACK)),
    )
    watched = open_page(browser, desk, "admin", color_scheme=scheme)
    page = watched.page
    go(page, desk, WHERE)
    page.get_by_label("Why (kept in the audit and the note)").fill("the wrong amount")
    page.get_by_role("button", name="Take all back").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back as far as it could be")
    expect(page.get_by_role("button", name="Take all back")).to_have_count(0)
    check(page, f"batch-not-taken-back-{scheme}")
    rest = page.get_by_role("region", name="101 of 102 not taken back")
    rest.get_by_role("link").nth(1).click()
    expect(page.get_by_role("heading", name="Settle it")).to_be_visible()
    page.go_back()
    expect(rest).to_be_visible()
    assert watched.troubles == []
    page.context.close()
