"""The desk in the frame that Airflow shows it in: it may open no window, nor leave itself."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Browser, Route, expect
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.elsewhere import Elsewhere
from loyalty_desk.records import RunState
from loyalty_desk.report.html import write_report
from loyalty_desk.report.shown import Shown
from loyalty_desk.staging.run_record import finish_run, start_run
from loyalty_desk.tasks.sync import report_dir
from tests.factories import STORE
from tests.http.desk import DESK, DeskClient
from tests.http.desk_browser import open_page

SANDBOX = "allow-scripts allow-same-origin allow-forms allow-downloads"
"""As Airflow 3.3 has it around a plugin's page."""
GORGIAS = "https://shop.gorgias.example"


def test_a_report_opens_beside_the_frame_and_its_links_lead_on(
    browser: Browser, desk: DeskClient, staging: Engine
) -> None:
    now = utc_now()
    with staging.begin() as connection:
        start_run(connection, STORE, "stopped", {}, now - timedelta(minutes=1))
        finish_run(connection, STORE, "stopped", RunState.FAILED, "match: no", now)
    shown = Shown(elsewhere=Elsewhere(gorgias=GORGIAS))
    write_report(staging, STORE, "stopped", report_dir(STORE, "stopped"), now, shown=shown)
    page = open_page(browser, desk, "admin").page
    inside = f"{desk.url}{DESK}/{STORE}"

    def frame(route: Route) -> None:
        body = f'<iframe sandbox="{SANDBOX}" src="{inside}" style="width:99%;height:900px">'
        route.fulfill(body=body, content_type="text/html")

    page.route("**/airflow-page", frame)
    page.context.route(f"{GORGIAS}/**", lambda route: route.fulfill(body="in Gorgias"))
    page.goto(f"{desk.url}/airflow-page")
    with page.expect_popup() as opened:
        page.frame_locator("iframe").get_by_role("link", name="See its report").click()
    report = opened.value

    expect(report.get_by_role("heading", name="Loyalty sync of acme")).to_be_visible()
    with report.expect_popup() as beyond:
        report.locator(f'a[href^="{GORGIAS}"]').first.click()
    expect(beyond.value.get_by_text("in Gorgias")).to_be_visible()
    page.context.close()
