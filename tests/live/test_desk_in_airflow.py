"""The desk inside Airflow's own pages, in a real browser, against the services as they run."""

from __future__ import annotations

from contextlib import closing

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser import NARROW, WIDE, shoot
from tests.chromium import log_in
from tests.http.desk_browser import serious
from tests.keyboard import Keyboard
from tests.live.office import LIMIT_S, STORE, Office

pytestmark = pytest.mark.flow

NOT_FOUND = (
    "SELECT customer_id FROM unmatched_customers WHERE store = :store"
    " AND outcome = 'customer_not_found' ORDER BY customer_id"
)
UNMATCHED = (
    "SELECT member_id FROM unmatched_members WHERE store = :store"
    " AND outcome = 'member_not_in_gorgias' ORDER BY member_id"
)
RUNS = "SELECT run_id FROM runs WHERE store = :store"


def test_who_must_log_in_first_comes_back_to_the_page(page: Page, office: Office) -> None:
    wanted = f"{office.desk.place.airflow_url}/loyalty/desk/{STORE}/awards"
    with closing(page.context.browser.new_context()) as context:  # type: ignore[union-attr]
        stranger = context.new_page()
        stranger.set_default_timeout(LIMIT_S * 1000)
        stranger.goto(wanted)
        log_in(stranger, office.desk.place.password)
        stranger.wait_for_url(wanted)
        expect(stranger.get_by_role("heading", name="Awards")).to_be_visible()


@pytest.fixture
def desk(page: Page, office: Office) -> FrameLocator:
    """The desk, opened from Airflow's navigation, on the store."""
    page.goto(office.desk.place.airflow_url)
    page.get_by_role("link", name="Loyalty Desk").click()
    frame = page.frame_locator("iframe")
    frame.get_by_role("link", name=STORE, exact=True).click()
    return frame


def test_the_desk_is_in_airflows_navigation_and_shows_the_last_sync(
    page: Page, desk: FrameLocator
) -> None:
    expect(desk.get_by_role("heading", name="Overview")).to_be_visible()
    expect(desk.get_by_text("No sync is running")).to_be_visible()
    expect(desk.get_by_text("in use now; we may use")).to_be_visible()
    shoot(page, "desk-in-airflow")


def test_a_link_made_on_the_desk_is_matched_by_the_next_sync(
    page: Page, desk: FrameLocator, office: Office
) -> None:
    customer_id = office.desk.rows(NOT_FOUND, store=STORE)[0]["customer_id"]
    member_id = office.desk.rows(UNMATCHED, store=STORE)[0]["member_id"]
    desk.get_by_role("link", name="Mismatches", exact=True).click()
    expect(desk.get_by_role("heading", name="Mismatches")).to_be_visible()
    shoot(page, "desk-mismatches-in-airflow")
    search = desk.get_by_role("searchbox", name="Search")
    search.fill(str(customer_id))
    search.press("Enter")
    expect(desk.get_by_text("1 found")).to_be_visible()
    desk.get_by_role("row").nth(1).get_by_role("link").first.click()
    desk.get_by_label("Id of the member on the platform").fill(member_id)
    desk.locator("#link + form").get_by_role("button", name="Link").click()
    expect(desk.get_by_role("status")).to_contain_text("Linked.")

    office.desk.sync(STORE)

    desk.get_by_role("link", name="Customer", exact=True).click()
    desk.get_by_role("searchbox", name="Who").fill(str(customer_id))
    desk.get_by_role("button", name="Find").click()
    desk.get_by_role("link", name=str(customer_id)).click()
    expect(desk.get_by_text("a person confirmed it")).to_be_visible()
    desk.get_by_role("link", name="Read Gorgias now").click()
    read = desk.get_by_role("columnheader", name="In Gorgias now")
    expect(read).to_be_visible(timeout=LIMIT_S * 1000)
    expect(desk.get_by_text("differs")).to_have_count(0)


def test_a_sync_is_followed_by_a_look_at_the_thresholds_and_by_no_mail(office: Office) -> None:
    dag_id = f"mismatch_report__{STORE}"

    def has_run() -> bool:
        runs = office.desk.api.list_runs(dag_id)
        asset_runs = [run for run in runs if run["run_type"] == "asset_triggered"]
        assert all(run["state"] != "failed" for run in asset_runs)
        return any(run["state"] == "success" for run in asset_runs)

    office.desk.wait_until(has_run, f"a run of {dag_id} after the sync", LIMIT_S)


def test_an_award_made_on_the_desk_is_booked_and_shown(desk: FrameLocator, office: Office) -> None:
    member = office.next_member()
    office.private.add(member.email)
    before = office.desk.balance_points(member.member_id)
    desk.get_by_role("link", name="Awards", exact=True).click()
    desk.get_by_role("link", name="New award").click()
    desk.get_by_role("searchbox", name="Member").fill(member.email)
    desk.get_by_role("button", name="Find").click()
    desk.get_by_label("Amount").fill("15")
    desk.get_by_role("button", name="Award", exact=True).click()
    expect(desk.get_by_role("status")).to_contain_text("The award is queued.")
    award_id = desk.locator("code").last.inner_text()

    office.wait_for_state(award_id, "applied")

    assert office.desk.balance_points(member.member_id) == before + 15
    assert len(office.desk.booked(award_id, member.member_id)) == 1


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["at a desk", "on a phone"])
def test_a_report_is_opened_by_the_keyboard_alone(
    page: Page, office: Office, size: dict[str, int]
) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type] # a plain mapping does
    page.goto(f"{office.desk.place.airflow_url}/plugin/loyalty-desk")
    expect(page.frame_locator("iframe").get_by_role("heading").first).to_be_visible()
    frame = page.frames[1]
    keys = Keyboard(page, frame)
    keys.press(frame.get_by_role("link", name=STORE, exact=True))
    expect(frame.get_by_role("heading", name="Overview")).to_be_visible()
    with page.context.expect_page() as opened:
        keys.press(frame.get_by_role("link", name="Report", exact=True).first)

    report = opened.value
    report.set_viewport_size(size)  # type: ignore[arg-type]
    expect(report.get_by_role("heading", name=f"Loyalty sync of {STORE}")).to_be_visible()
    for scheme in ("light", "dark"):
        report.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert serious(report) == []
    assert report.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    report.close()
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
