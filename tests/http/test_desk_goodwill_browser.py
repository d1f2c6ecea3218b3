"""The page of goodwill in a real Chromium: wide and narrow, light and dark; and its filter."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from tests.browser import NARROW, WIDE, shoot
from tests.http.desk import DeskClient
from tests.http.desk_browser import go, open_page, serious
from tests.http.goodwill_world import ADA, fill_goodwill, fill_movement


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_goodwill_can_be_used_by_everybody_wide_and_narrow(
    browser: Browser, desk: DeskClient, staging: Engine, scheme: str
) -> None:
    fill_goodwill(staging)
    fill_movement(staging, days=12)
    first = (utc_now() - timedelta(days=11)).strftime("%Y-%m-%d")
    watched = open_page(browser, desk, "admin", color_scheme=scheme)
    page = watched.page
    go(page, desk, f"/goodwill?by=month&from={first}")
    expect(page.get_by_role("img", name="What moved, by day", exact=True)).to_be_visible()
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert serious(page) == []
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, "nothing is wider than the window"
        shoot(page, f"desk-goodwill-{scheme}-{size['width']}")
    assert watched.troubles == []
    page.context.close()


def test_a_filter_is_chosen_by_keyboard_and_a_file_follows_it(
    browser: Browser, desk: DeskClient, staging: Engine
) -> None:
    fill_goodwill(staging)
    watched = open_page(browser, desk, "manager", viewport=NARROW)
    page = watched.page
    go(page, desk, "/goodwill")
    page.get_by_label("Agent", exact=True).select_option(ADA)
    page.get_by_role("button", name="Show").press("Enter")

    expect(page.get_by_label("Agent", exact=True)).to_have_value(ADA)
    assert "agent=ada%40shop.example" in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="By reason as CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert text.splitlines()[1].startswith("gesture,1,100,")
    assert watched.troubles == []
    page.context.close()
