"""The part of a page that renews itself, in a real Chromium."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from tests.browser import running_browser
from tests.http.desk import DeskClient
from tests.http.desk_browser import go, open_page


def test_a_part_that_renews_itself_waits_for_its_last_answer(one_desk: DeskClient) -> None:
    with running_browser() as browser:
        page = open_page(browser, one_desk, "admin").page
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route("**/setup/steps", hold)
        go(page, one_desk, "/setup")
        renew = "document.getElementById('steps').dispatchEvent(new Event('renew'))"
        with page.expect_request("**/setup/steps"):
            page.evaluate(renew)

        for _ in range(3):
            page.evaluate(renew)
        page.wait_for_timeout(200)

        assert len(held) == 1, "another one before the first was answered"
        with page.expect_request("**/setup/steps"):  # what was asked for meanwhile is not lost
            held[0].fulfill(status=200, body="the new steps")
        expect(page.locator("#steps")).to_have_text("the new steps")
