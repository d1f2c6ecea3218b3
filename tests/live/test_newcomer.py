"""A newcomer's store in a browser, from nothing to done, by the check-list on the desk."""

from __future__ import annotations

import json

import pytest
import requests
from playwright.sync_api import FrameLocator, Locator, Page, expect

from sandbox.rivo.hooks import SIGNATURE, sign
from scripts.services import connections
from tests.browser import shoot
from tests.live.office import LATE, LIMIT_S, NEWCOMER, Office

pytestmark = pytest.mark.flow

LATER_MS = LIMIT_S * 1000
PAUSED = ("loyalty_sync", "award_points")


@pytest.fixture
def desk(page: Page, office: Office) -> FrameLocator:
    """The first page of the desk in Airflow's frame, while DAGs of the new store are paused."""
    for family in PAUSED:
        office.desk.api.set_paused(f"{family}__{NEWCOMER}", paused=True)
    page.goto(office.desk.place.airflow_url)
    page.get_by_role("link", name="Loyalty Desk").click()
    return page.frame_locator("iframe")


def step(desk: FrameLocator, key: str) -> Locator:
    return desk.locator(f"#step-{key}")


def becomes(desk: FrameLocator, key: str, state: str) -> None:
    expect(step(desk, key).locator(".state-word")).to_have_text(state, timeout=LATER_MS)


def test_a_store_goes_from_nothing_to_done_by_the_check_list(
    page: Page, desk: FrameLocator, office: Office
) -> None:
    first = desk.get_by_role("region", name=NEWCOMER, exact=True)
    expect(first.get_by_text("awards wait and are not booked")).to_be_visible()
    shoot(page, "desk-paused-in-airflow")
    first.get_by_role("button", name="Switch on").click()
    expect(first.get_by_text("Switched off in Airflow")).to_have_count(0, timeout=LATER_MS)
    for family in PAUSED:
        assert office.desk.api.find_dag(f"{family}__{NEWCOMER}")["is_paused"] is False  # type: ignore[index]
        assert "patch_dag" in office.desk.api.audited(f"{family}__{NEWCOMER}")

    desk.get_by_role("link", name=NEWCOMER, exact=True).click()
    desk.get_by_role("link", name="Set this store up").click()
    becomes(desk, "connections", "to do")
    becomes(desk, "tables", "done")
    becomes(desk, "dags", "done")
    shoot(page, "desk-setup-in-airflow")

    account = office.desk.sandboxes[LATE].credentials
    for conn_id, fields in connections(account, NEWCOMER).items():
        office.desk.api.set_connection(conn_id, fields)
    step(desk, "connections").get_by_role("button", name="Test both").click(timeout=LATER_MS)
    becomes(desk, "connections", "done")

    step(desk, "dry-run").get_by_role("button", name="Start a dry run").click()
    becomes(desk, "dry-run", "done")
    assert not office.desk.shown_members(NEWCOMER, 1), "nothing was written"

    expect(step(desk, "look").get_by_role("link", name="Open the report")).to_be_visible()
    step(desk, "look").get_by_role("button", name="It is right").click()
    becomes(desk, "look", "done")
    shoot(page, "desk-setup-half-in-airflow")

    step(desk, "first-run").get_by_role("button", name="Write 10 cards").click()
    becomes(desk, "first-run", "done")
    expect(step(desk, "first-run")).to_contain_text("wrote 10 cards")

    step(desk, "connect").get_by_role("button", name="Connect").click()
    becomes(desk, "connect", "done")

    becomes(desk, "button", "to do")
    desk.get_by_label("What it is for").fill("the button")
    desk.get_by_role("button", name="Make", exact=True).click()
    becomes(desk, "button", "cannot be known from here")
    token = desk.locator(".secret").inner_text()
    award = {"member_id": "1", "amount": 5, "reason": "gesture", "agent": "eve@shop.example"}
    body = json.dumps({**award, "ticket_id": 7}).encode()
    send(office, "awards", body, {"Authorization": f"Bearer {token}"})
    becomes(desk, "button", "done")

    becomes(desk, "webhooks", "cannot be known from here")
    body = b'{"id": 1}'
    signature = sign(body, account["rivo"]["webhook_secret"])
    send(office, f"webhooks/rivo/{NEWCOMER}", body, {SIGNATURE: signature})
    becomes(desk, "webhooks", "done")
    expect(desk.get_by_text("Everything is set up.")).to_be_visible()
    shoot(page, "desk-setup-done-in-airflow")


def send(office: Office, path: str, body: bytes, headers: dict[str, str]) -> None:
    """Send what Gorgias or the platform would."""
    answer = office.desk.session.post(
        f"{office.desk.place.airflow_url}/loyalty/api/v1/{path}",
        data=body,
        headers={"Content-Type": "application/json", **headers},
        timeout=30,
    )
    assert answer.status_code in {requests.codes.accepted, requests.codes.no_content}, answer.text
