"""The desk in a real Chromium: each page and each action, wide and narrow, with and without script.

Pictures are kept in `var/screenshots`; axe-core looks for what people with disabilities cannot use.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route, expect
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.connect.families import dag_ids
from loyalty_desk.report.html import write_report
from loyalty_desk.staging import award_schema, mismatch_schema
from loyalty_desk.tasks.sync import report_dir
from tests.browser import NARROW, WIDE, Watched, shoot
from tests.factories import STORE
from tests.http.desk import DESK, DeskClient
from tests.http.desk_browser import go, open_page, serious, watched_page
from tests.http.desk_world import ADA, DOUBLE, EVIL, GRACE
from tests.http.known_dags import set_dags
from tests.http.test_desk_batches import send
from tests.sql.staged import Staged

PAGES = {
    "overview": "",
    "mismatches": "/mismatches",
    "mismatch": f"/mismatches/customer/{ADA}",
    "mismatch-unclear": f"/mismatches/customer/{DOUBLE}",
    "mismatch-member": "/mismatches/member/m3",
    "awards": "/awards",
    "new-award": "/awards/new?who=m2",
    "new-award-unknown": "/awards/new?who=nobody@example.test",
    "import": "/awards/import",
    "incident": "/awards/incident",
    "customers": "/customers?q=twin@example.test",
    "customer": f"/customers/{GRACE}",
    "run-changes": "/runs/scheduled__1/changes",
    "quality": "/quality",
    "member-file": "/quality/member-file",
    "setup": "/setup",
}


@pytest.fixture
def watched(browser: Browser, desk: DeskClient, staging: Engine) -> Iterator[Watched]:
    with watched_page(browser, desk, "admin", staging) as found:
        yield found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_used_by_everybody_wide_and_narrow(
    browser: Browser, one_desk: DeskClient, name: str, scheme: str
) -> None:
    watched = open_page(browser, one_desk, "admin", color_scheme=scheme)
    page = watched.page
    go(page, one_desk, PAGES[name])
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert serious(page) == []
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, "nothing is wider than the window"
    suffix = "" if scheme == "light" else f"-{scheme}"
    shoot(page, f"desk-{name}{suffix}")
    assert watched.troubles == []
    page.context.close()


UNEVEN = """() => [...document.querySelectorAll(".filters, .row")].flatMap((form) => {
  const seen = [...form.querySelectorAll("input:not([type=checkbox]), select, button, .button")]
    .filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect());
  const beside = (a, b) => a.top < b.bottom && b.top < a.bottom;
  return seen.filter((one) =>
    seen.some((other) => beside(one, other) && Math.abs(one.bottom - other.bottom) > 1));
}).length"""


def test_what_stands_side_by_side_in_a_form_stands_on_one_line(
    browser: Browser, one_desk: DeskClient
) -> None:
    page = open_page(browser, one_desk, "admin").page
    for name in ("mismatches", "awards", "customers", "run-changes", "setup"):
        go(page, one_desk, PAGES[name])
        assert page.locator(".filters, .row").count()
        assert page.evaluate(UNEVEN) == 0, name
    page.goto(f"{one_desk.url}{DESK}/_components")
    assert page.get_by_text("A hint, above where fields stand side by side").is_visible()
    assert page.evaluate(UNEVEN) == 0
    page.context.close()


def test_a_suggestion_is_confirmed_and_undone(watched: Watched, desk: DeskClient) -> None:
    page = watched.page
    go(page, desk, "/mismatches?suggested=1")
    page.get_by_role("link", name="Ada Byron").click()
    page.get_by_role("button", name="Link to member m1").click()

    expect(page.get_by_role("status")).to_contain_text("Linked.")
    expect(page.get_by_text("member m1, by admin")).to_be_visible()
    shoot(page, "desk-linked")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Undone.")


def test_a_suggestion_is_refused(watched: Watched, desk: DeskClient) -> None:
    page = watched.page
    go(page, desk, f"/mismatches/customer/{ADA}")
    page.get_by_role("button", name="Refuse member m1").click()

    expect(page.get_by_role("status")).to_contain_text("Refused.")
    go(page, desk, "/mismatches?suggested=1")
    expect(page.get_by_text("Nothing here.")).to_be_visible()


def test_all_that_is_shown_is_ticked_and_ignored_at_once(
    watched: Watched, desk: DeskClient
) -> None:
    page = watched.page
    go(page, desk, "/mismatches?class=ambiguous")
    page.get_by_label("All on this page").check()
    page.get_by_text("Ignore…").click()
    page.get_by_label("Ignore, because").fill("twins, settled in the shop")
    page.get_by_label("until (empty: for good)").fill("2099-12-31")
    page.get_by_role("button", name="Ignore").click()

    expect(page.get_by_role("status")).to_contain_text("Ignored.")
    page.get_by_label("State").select_option("ignored")
    expect(page.get_by_text("4 found")).to_be_visible()
    expect(page.get_by_text("ignored until 31 Dec 2099: twins").first).to_be_visible()
    shoot(page, "desk-ignored")


def test_a_search_and_a_link_by_hand_go_by_the_keyboard(watched: Watched, desk: DeskClient) -> None:
    page = watched.page
    go(page, desk, "/mismatches")
    page.get_by_label("Search").focus()
    page.keyboard.type("eve@nowhere.test")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 found")).to_be_visible()
    page.get_by_role("link", name="Eve").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Id of the member on the platform").focus()
    page.keyboard.type("m1")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("Linked.")
    assert f"customer/{EVIL}" in page.url


def test_an_award_is_made_and_followed(watched: Watched, desk: DeskClient) -> None:
    page = watched.page
    go(page, desk, f"/customers/{GRACE}")
    page.get_by_role("link", name="Award points").click()
    expect(page.get_by_text("1,450 of 2,000")).to_be_visible()
    page.get_by_label("Amount").fill("30")
    page.get_by_label("Note (for colleagues)").fill("late parcel")
    page.get_by_role("button", name="Award").click()

    expect(page.get_by_role("status")).to_contain_text("The award is queued.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("+30 points")
    expect(page.get_by_text("late parcel")).to_be_visible()


def test_a_large_award_is_approved(watched: Watched, desk: DeskClient) -> None:
    page = watched.page
    go(page, desk, "/awards?state=needs_approval")
    page.get_by_role("link", name="+500 points").click()
    shoot(page, "desk-award-waiting")
    page.get_by_label("Why (kept in the audit)").fill("a good customer")
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("status")).to_contain_text("Approved.")
    expect(page.get_by_text("approved: a good customer")).to_be_visible()


def set_state(staging: Engine, state: str) -> None:
    """Have the award that waits be in another state."""
    with staging.begin() as connection:
        key = {"state": "needs_approval"}
        Staged(connection).update(award_schema.awards, key, state=state)


def test_a_large_award_is_rejected(watched: Watched, desk: DeskClient) -> None:
    page = watched.page
    go(page, desk, "/awards?state=needs_approval")
    page.get_by_role("link", name="+500 points").click()
    page.get_by_label("Why (kept in the audit)").fill("too much")
    page.get_by_role("button", name="Reject").click()

    expect(page.get_by_role("status")).to_contain_text("Rejected.")
    expect(page.get_by_text("rejected: too much")).to_be_visible()


def test_an_unknown_award_is_settled(watched: Watched, desk: DeskClient, staging: Engine) -> None:
    set_state(staging, "unknown")
    page = watched.page
    go(page, desk, "/awards?state=unknown")
    page.get_by_role("link", name="+500 points").click()
    page.get_by_label("How you know").fill("seen in the ledger")
    page.get_by_role("button", name="It is booked").click()

    expect(page.get_by_role("status")).to_contain_text("Settled as booked.")


def test_an_applied_award_is_taken_back(
    watched: Watched, desk: DeskClient, staging: Engine
) -> None:
    set_state(staging, "applied")
    page = watched.page
    go(page, desk, "/awards?state=applied")
    page.get_by_role("link", name="+500 points").click()
    page.get_by_label("Why").fill("given to the wrong one")
    page.get_by_role("button", name="Take back").click()

    expect(page.get_by_role("status")).to_contain_text("Nothing is booked yet")
    expect(page.get_by_role("heading", level=1)).to_contain_text("-500 points")


def test_a_long_list_goes_on_on_further_pages(
    watched: Watched, desk: DeskClient, staging: Engine
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        for customer_id in range(1000, 1120):
            staged.customer(customer_id)
            connection.execute(
                mismatch_schema.mismatches.insert().values(
                    store=STORE,
                    side="customer",
                    subject_id=str(customer_id),
                    outcome="no_email",
                    opened_at_utc="2026-01-01T00:00:00.000000Z",
                    returned=0,
                )
            )
    page = watched.page
    go(page, desk, "/mismatches?class=no_email")
    seen = []
    for number in (1, 2, 3):
        expect(page.get_by_text(f"Page {number} of 3")).to_be_visible()
        seen += page.get_by_role("rowheader").all_inner_texts()
        if number < 3:
            page.get_by_role("link", name="Next page").click()
    assert len(set(seen)) == len(seen) == 120
    page.get_by_role("link", name="Earlier page").click()
    expect(page.get_by_text("Page 2 of 3")).to_be_visible()


def test_a_file_is_previewed_and_queued(watched: Watched, desk: DeskClient, tmp_path: Path) -> None:
    path = tmp_path / "gifts.csv"
    path.write_text('member_id,amount,reason,note\nm2,10,gesture,"two\nlines"\nm1,20,other,\n')
    page = watched.page
    go(page, desk, "/awards/import")
    page.get_by_label("CSV file, UTF-8").set_input_files(path)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("2 new, 0 queued before")).to_be_visible()
    shoot(page, "desk-import-preview")
    page.get_by_role("button", name="Queue 2 awards").click()

    expect(page.get_by_role("status")).to_contain_text("2 queued, 0 were queued before")


def test_a_file_is_sent_as_a_batch_and_another_batch_is_approved(
    watched: Watched, desk: DeskClient, tmp_path: Path
) -> None:
    path = tmp_path / "gifts.csv"
    path.write_text("member_id,amount,reason\nm2,30,gesture\n")
    page = watched.page
    go(page, desk, "/awards/import")
    page.get_by_label("CSV file, UTF-8").set_input_files(path)
    page.get_by_label("To be approved as a whole").check()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Queue 1 award").click()
    page.get_by_role("link", name="the batch").click()
    expect(page.get_by_text("another person has to approve it")).to_be_visible()
    expect(page.get_by_role("button", name="Approve all")).to_have_count(0)

    send(desk.as_user("agent"))
    page.get_by_role("link", name="All awards").click()
    page.get_by_role("link", name="2 awards").click()
    assert serious(page) == []
    shoot(page, "desk-batch")
    page.get_by_role("button", name="Approve all").click()
    expect(page.get_by_role("status")).to_contain_text("Approved.")


def test_a_token_is_made_and_revoked(watched: Watched, desk: DeskClient) -> None:
    page = watched.page
    go(page, desk, "/setup")
    page.get_by_label("What it is for").fill("the widget")
    page.get_by_role("button", name="Make").click()
    expect(page.locator(".secret")).to_contain_text("ld_")
    assert serious(page) == []
    page.get_by_role("button", name="Revoke the widget").click()

    expect(page.get_by_role("status")).to_contain_text("The token is revoked.")


def test_everything_works_without_javascript(browser: Browser, desk: DeskClient) -> None:
    watched = open_page(browser, desk, "admin", java_script_enabled=False)
    page = watched.page
    go(page, desk, "/mismatches?suggested=1")
    page.get_by_role("checkbox", name=f"customer {ADA}").check()
    page.get_by_role("button", name="Link to the suggestion").click()
    expect(page.get_by_role("status")).to_contain_text("Linked.")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Undone.")
    go(page, desk, "/awards/new?who=m2")
    page.get_by_label("Amount").fill("5")
    page.get_by_role("button", name="Award").click()
    expect(page.get_by_role("status")).to_contain_text("The award is queued.")
    assert watched.troubles == []
    page.context.close()


def test_whoever_may_only_look_finds_no_button_that_would_be_refused(
    browser: Browser, one_desk: DeskClient
) -> None:
    watched = open_page(browser, one_desk, "viewer")
    page = watched.page
    for path in PAGES.values():
        if path.startswith(("/awards/", "/quality/", "/setup")):
            continue
        go(page, one_desk, path)
        assert page.locator("form[method=post] button").count() == 0
    shoot(page, "desk-viewer")
    assert watched.troubles == []
    page.context.close()


def test_a_runs_report_opens_from_the_overview(
    watched: Watched, desk: DeskClient, staging: Engine
) -> None:
    write_report(staging, STORE, "scheduled__1", report_dir(STORE, "scheduled__1"), utc_now())
    page = watched.page
    go(page, desk, "")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Report").click()

    report = opened.value
    expect(report.get_by_role("heading", name="Loyalty sync of acme")).to_be_visible()
    assert serious(report) == []


@pytest.mark.parametrize(("status", "told"), [(200, "Switched on."), (403, "Ask whoever may.")])
def test_what_airflow_answers_to_a_button_is_told(
    browser: Browser, desk: DeskClient, status: int, told: str
) -> None:
    page = open_page(browser, desk, "admin").page
    asked = []

    def answer(route: Route) -> None:
        asked.append((route.request.method, urlsplit(route.request.url).path))
        if status == 200:
            set_dags(dict.fromkeys(dag_ids(STORE), False))
        route.fulfill(status=status, json={})

    page.route("**/api/v2/**", answer)
    set_dags({dag_id: dag_id.startswith("award_points") for dag_id in dag_ids(STORE)})
    go(page, desk, "")
    page.get_by_role("button", name="Switch on").click()

    expect(page.get_by_role("status")).to_contain_text(told)
    assert asked == [("PATCH", f"/api/v2/dags/award_points__{STORE}")]
    left = 0 if status == 200 else 1
    expect(page.get_by_text("Switched off in Airflow")).to_have_count(left)
    page.context.close()
