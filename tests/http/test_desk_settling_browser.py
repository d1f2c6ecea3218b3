"""Mismatches settled and awards approved in a real Chromium: by mouse, by keys, without script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from loyalty_desk.staging import mismatch_schema, schema
from tests.browser import NARROW, WIDE, Watched, shoot
from tests.factories import STORE
from tests.http.desk import DeskClient
from tests.http.desk_browser import go, open_page, serious, watched_page
from tests.http.desk_world import ADA, DOUBLE
from tests.http.test_desk_incidents_browser import check
from tests.sql.staged import Staged

ACCEPT = f"Accept member m1 for customer {ADA}"
CARDS = {
    "m3": '{"name":"Twin","points_balance":12400,"tier":"Gold","credits_balance":"7.50"}',
    "m4": '{"name":"Twin","points_balance":80,"tier":"Bronze"}',
}


@pytest.fixture
def watched(browser: Browser, desk: DeskClient, staging: Engine) -> Iterator[Watched]:
    with watched_page(browser, desk, "manager", staging) as found:
        yield found


def many(staging: Engine) -> None:
    """So many more mismatches that a page of the list is full, and Ada's the oldest of all."""
    with staging.begin() as connection:
        staged = Staged(connection)
        for customer_id in range(1000, 1048):
            staged.customer(customer_id, f"c{customer_id}@example.test", name=f"C {customer_id}")
            connection.execute(
                mismatch_schema.mismatches.insert().values(
                    store=STORE,
                    side="customer",
                    subject_id=str(customer_id),
                    outcome="customer_not_found",
                    opened_at_utc="2027-01-01T00:00:00.000000Z",
                    returned=0,
                )
            )


def is_in_sight(page: Page, name: str) -> bool:
    """Whether a button can be pressed where the window stands, with nothing over it."""
    button = page.get_by_role("button", name=name)
    return bool(
        button.evaluate(
            """(button) => {
                const box = button.getBoundingClientRect();
                const x = box.x + box.width / 2, y = box.y + box.height / 2;
                return document.elementFromPoint(x, y) === button;
            }"""
        )
    )


def is_said(page: Page, words: str) -> None:
    """On a page that is ready for keys."""
    expect(page.get_by_role("status")).to_contain_text(words)
    page.wait_for_load_state()


def test_a_row_far_down_is_accepted_by_one_click_and_undone_without_scrolling(
    watched: Watched, desk: DeskClient, staging: Engine
) -> None:
    many(staging)
    page = watched.page
    go(page, desk, "/mismatches?class=customer_not_found")
    page.get_by_role("button", name=ACCEPT).click()

    is_said(page, "Linked.")
    expect(page.get_by_text("linked to member m1, for the next sync")).to_be_in_viewport()
    assert is_in_sight(page, "Undo")
    page.get_by_role("button", name="Undo").click()
    is_said(page, "Undone.")
    expect(page.get_by_role("button", name=ACCEPT)).to_be_in_viewport()
    assert "class=customer_not_found" in page.url


def test_what_is_ticked_and_the_head_stay_in_sight(
    watched: Watched, desk: DeskClient, staging: Engine
) -> None:
    many(staging)
    page = watched.page
    go(page, desk, "/mismatches?class=customer_not_found")
    page.get_by_role("checkbox", name="customer 1005").check()

    assert is_in_sight(page, "Refuse the suggestion")
    page.get_by_role("checkbox", name="customer 1040").check()
    assert is_in_sight(page, "Refuse the suggestion")
    size = page.viewport_size
    if size is not None and size["width"] == WIDE["width"]:
        expect(page.get_by_role("columnheader", name="May be")).to_be_in_viewport()


def test_a_suggestion_is_accepted_and_undone_by_keys_alone(
    watched: Watched, desk: DeskClient
) -> None:
    page = watched.page
    go(page, desk, "/mismatches?class=customer_not_found")
    names = page.locator("tr[data-item] [data-go]")
    page.keyboard.press("j")
    expect(names.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(names.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(names.nth(0)).to_be_focused()
    outline = names.nth(0).evaluate("(link) => getComputedStyle(link).outlineStyle")
    assert outline == "solid", "who uses keys sees where they are"
    for _ in range(2):
        if page.evaluate("document.activeElement.textContent") != "Ada Byron":
            page.keyboard.press("j")
    page.keyboard.press("a")
    is_said(page, "Linked.")
    expect(page.get_by_role("link", name="Ada Byron")).to_be_focused()
    page.keyboard.press("u")
    is_said(page, "Undone.")
    expect(page.get_by_role("link", name="Ada Byron")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Byron")
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("a")
    is_said(page, "Linked.")
    page.keyboard.press("u")
    is_said(page, "Undone.")


def test_keys_tell_what_they_are_and_are_switched_off_for_good(
    watched: Watched, desk: DeskClient
) -> None:
    page = watched.page
    go(page, desk, "/mismatches")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert serious(page) == []
    page.keyboard.press("a")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use these keys in this browser").uncheck()
    page.get_by_role("button", name="Close").click()
    page.reload()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement === document.body")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_no_key_counts_while_somebody_types_or_means_something_else(
    watched: Watched, desk: DeskClient
) -> None:
    page = watched.page
    go(page, desk, "/mismatches?suggested=1")
    page.get_by_label("Search").focus()
    page.keyboard.type("jaku?")
    expect(page.get_by_label("Search")).to_have_value("jaku?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.get_by_label("State").focus()
    page.keyboard.press("j")
    expect(page.get_by_label("State")).to_be_focused()
    page.get_by_label("Search").fill("")  # what was typed applied when the field was left
    page.get_by_role("link", name="Ada Byron").focus()
    page.keyboard.press("Control+a")
    expect(page.get_by_role("button", name=ACCEPT)).to_be_visible()
    assert "done=" not in page.url


def test_filters_apply_by_themselves_and_stand_in_the_address(
    watched: Watched, desk: DeskClient
) -> None:
    page = watched.page
    go(page, desk, "/mismatches")
    expect(page.get_by_role("button", name="Show")).to_be_hidden()
    page.evaluate("window.isSamePage = true")
    chosen = page.get_by_label("Class", exact=True)
    chosen.focus()
    chosen.select_option("ambiguous")
    expect(page.get_by_text("4 found")).to_be_visible()
    expect(chosen).to_be_focused()
    assert "class=ambiguous" in page.url
    page.get_by_label("With a suggestion").check()
    expect(page.get_by_text("Nothing here.")).to_be_visible()
    page.get_by_label("With a suggestion").uncheck()
    chosen.select_option("")
    page.get_by_label("Search").fill("ada@gmial.com")
    page.get_by_label("Search").press("Enter")
    expect(page.get_by_text("1 found")).to_be_visible()
    assert page.evaluate("window.isSamePage"), "the page stayed"
    page.reload()
    expect(page.get_by_text("1 found")).to_be_visible()
    expect(page.get_by_label("Search")).to_have_value("ada@gmial.com")
    page.get_by_label("All on this page").check()
    expect(page.get_by_role("checkbox", name=f"customer {ADA}")).to_be_checked()
    page.get_by_role("button", name=ACCEPT).click()
    is_said(page, "Linked.")


def test_what_cannot_be_shown_in_place_is_asked_for_as_a_page(
    watched: Watched, desk: DeskClient
) -> None:
    page = watched.page
    go(page, desk, "/mismatches")
    page.context.clear_cookies()
    with page.expect_navigation():
        page.get_by_label("Class", exact=True).select_option("ambiguous")
    watched.troubles.clear()


def test_all_of_it_works_without_javascript(browser: Browser, desk: DeskClient) -> None:
    watched = open_page(browser, desk, "manager", java_script_enabled=False)
    page = watched.page
    go(page, desk, "/mismatches")
    expect(page.get_by_role("button", name="Keys")).to_be_hidden()
    page.get_by_label("Class", exact=True).select_option("customer_not_found")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("button", name=ACCEPT).click()
    is_said(page, "Linked.")
    page.get_by_role("button", name="Undo").click()
    is_said(page, "Undone.")
    assert "class=customer_not_found" in page.url
    page.get_by_role("link", name=f"Ignore customer {ADA}").click()
    page.get_by_label("Why").fill("a supplier")
    page.get_by_role("button", name="Ignore").click()
    is_said(page, "Ignored.")
    assert watched.troubles == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_candidates_stand_side_by_side_and_below_each_other_on_a_phone(
    browser: Browser, desk: DeskClient, staging: Engine, scheme: str
) -> None:
    with staging.begin() as connection:
        for member_id, card in CARDS.items():
            key = {"member_id": member_id}
            Staged(connection).update(schema.members, key, card=card)
    watched = open_page(browser, desk, "manager", color_scheme=scheme)
    page = watched.page
    go(page, desk, f"/mismatches/customer/{DOUBLE}")
    for size, is_beside in ((WIDE, True), (NARROW, False)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        boxes = [one.bounding_box() for one in page.locator("article.candidate").all()]
        assert len({box["y"] for box in boxes if box}) == (1 if is_beside else 2)
    check(page, f"candidates-{scheme}")
    page.get_by_role("button", name="Link to member m4").click()
    is_said(page, "Linked.")
    check(page, f"candidate-linked-{scheme}")
    assert watched.troubles == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_with_a_notice_can_be_used_by_everybody(
    browser: Browser, desk: DeskClient, scheme: str
) -> None:
    watched = open_page(browser, desk, "manager", color_scheme=scheme)
    page = watched.page
    go(page, desk, "/mismatches")
    page.get_by_role("button", name=ACCEPT).click()
    is_said(page, "Linked.")
    page.get_by_role("checkbox", name=f"customer {DOUBLE}", exact=True).check()
    check(page, f"mismatches-accepted-{scheme}")
    page.keyboard.press("?")
    assert serious(page) == []
    shoot(page, f"desk-mismatches-keys-{scheme}")
    assert watched.troubles == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_approver_sees_what_it_leads_to_and_approves_by_the_keyboard_alone(
    browser: Browser, desk: DeskClient, scheme: str
) -> None:
    watched = open_page(browser, desk, "manager", color_scheme=scheme)
    page = watched.page
    go(page, desk, "/awards?state=needs_approval")
    page.get_by_role("link", name="+500 points").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It leads to 1,450 points")).to_be_visible()
    expect(page.get_by_role("heading", name="Others by this agent")).to_be_visible()
    check(page, f"approving-{scheme}")
    page.get_by_label("Why (kept in the audit)").focus()
    page.keyboard.type("a good customer")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Approve")).to_be_focused()
    page.keyboard.press("Enter")
    is_said(page, "Approved.")
    assert watched.troubles == []
    page.context.close()
