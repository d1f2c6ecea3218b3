"""What a page of the desk links to elsewhere: Gorgias, the platform's admin, Airflow."""

from __future__ import annotations

import re
from html import unescape

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from loyalty_desk.hooks import elsewhere
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.desk import DESK, DeskClient
from tests.http.desk_browser import open_page
from tests.http.desk_world import ADA, DOUBLE, GRACE

GORGIAS = "https://my-shop.gorgias.com/app"
SHOPIFY = "https://www.shopify.com/admin/customers"
RUN = f"/dags/loyalty_sync__{STORE}/runs/scheduled__1"
SANDBOX_OF_AIRFLOW = "allow-scripts allow-same-origin allow-forms allow-downloads"
"""What Airflow 3.3 lets a page in its frame do."""
LINKS = {
    "": {RUN},
    "/mismatches": {f"{GORGIAS}/customer/{ADA}", f"{GORGIAS}/ticket/71", f"{SHOPIFY}/m1"},
    f"/mismatches/customer/{ADA}": {
        *(f"{GORGIAS}/customer/{ADA}", f"{GORGIAS}/ticket/70", f"{GORGIAS}/ticket/71"),
        f"{SHOPIFY}/m1",
    },
    "/mismatches/member/m3": {
        *(f"{SHOPIFY}/m3", f"{GORGIAS}/customer/{DOUBLE}", f"{SHOPIFY}/m4"),
    },
    "/awards": {f"{SHOPIFY}/m2"},
    "/awards/new?who=m2": {f"{SHOPIFY}/m2"},
    "/customers?q=grace@example.test": {f"{GORGIAS}/customer/{GRACE}", f"{SHOPIFY}/m2"},
    f"/customers/{GRACE}": {
        *(f"{GORGIAS}/customer/{GRACE}", f"{GORGIAS}/ticket/80", f"{SHOPIFY}/m2", RUN),
    },
}
"""What each page leads to, at least."""


@pytest.fixture(autouse=True)
def connected(set_connection: SetConnection) -> None:
    set_connection("gorgias_acme", conn_type="gorgias", host="my-shop", login="x", password="y")
    set_connection("rivo_acme", password="k")
    elsewhere.accounts_of.cache_clear()


def links_of(page: str) -> set[str]:
    return {unescape(one) for one in re.findall(r'<a href="([^"]+)" target=', page)}


@pytest.mark.parametrize("path", LINKS)
def test_whoever_is_named_is_one_press_away(desk: DeskClient, path: str) -> None:
    page = desk.as_user("admin").get(path).text

    assert LINKS[path] <= links_of(page)
    outside = re.findall(r'<a href="https:[^>]+>', page)
    assert all('target="_blank" rel="noopener"' in one for one in outside)


def test_an_award_leads_to_its_member_and_ticket(desk: DeskClient, staging: Engine) -> None:
    admin = desk.as_user("admin")
    fields = {"member_id": "m2", "amount": "5", "unit": "points", "reason": "gesture"}
    made = admin.post(
        "/awards/new", {**fields, "ticket_id": "80", "idempotency_key": "one-two-three-four"}
    )
    assert made.status_code == 303

    found = links_of(admin.call("GET", made.headers["location"]).text)

    assert {f"{GORGIAS}/ticket/80", f"{SHOPIFY}/m2"} <= found
    assert f"{GORGIAS}/ticket/80" in links_of(admin.get("/awards").text)


def test_without_connections_a_page_has_everything_but_the_links(
    desk: DeskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GORGIAS_ACME", "RIVO_ACME"):
        monkeypatch.delenv(f"AIRFLOW_CONN_{name}")
    elsewhere.accounts_of.cache_clear()

    page = desk.as_user("admin").get(f"/customers/{GRACE}")

    assert page.status_code == 200
    assert "Grace Hopper" in page.text
    assert "https://" not in page.text


@pytest.mark.parametrize("is_framed", [True, False])
def test_links_lead_out_of_airflows_frame_too(
    browser: Browser,
    one_desk: DeskClient,
    set_connection: SetConnection,
    *,
    is_framed: bool,
) -> None:
    # On this machine: what a new window asks for first is out of the browser's hands.
    set_connection("gorgias_acme", host=one_desk.url, login="x", password="y")
    watched = open_page(browser, one_desk, "admin")
    page: Page = watched.page
    wanted = f"{one_desk.url}{DESK}/{STORE}"
    frame = f'<iframe sandbox="{SANDBOX_OF_AIRFLOW}" src="{wanted}/customers/{GRACE}"></iframe>'
    page.route(
        "**/plugin/loyalty-desk",
        lambda route: route.fulfill(body=f"<!DOCTYPE html><body>{frame}", content_type="text/html"),
    )
    page.route(f"**{RUN}", lambda route: route.fulfill(body="Airflow's page"))
    page.goto(f"{one_desk.url}/plugin/loyalty-desk" if is_framed else f"{wanted}/customers/{GRACE}")
    shown = page.frame_locator("iframe") if is_framed else page

    with page.expect_popup() as opened:
        shown.get_by_title("Ticket 80 in Gorgias").click()

    assert opened.value.url == f"{one_desk.url}/app/ticket/80"
    shown.get_by_role("link", name="by schedule").first.click()
    expect(page.get_by_text("Airflow's page")).to_be_visible()
    assert page.url == f"{one_desk.url}{RUN}"
    page.context.close()
