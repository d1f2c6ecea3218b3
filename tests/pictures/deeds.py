"""What a person does on a page before its picture is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scripts.desk import DeskError
from scripts.waiting import look_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

INCIDENT_TAG: Final = "shipping"
POINTS: Final = "100"
BOOKED_LIMIT_S: Final = 120.0


def nothing(_: Page) -> None:
    """Look only."""


def preview_incident(page: Page) -> None:
    """Say which tickets and how much, and see what that would do."""
    page.get_by_label("Name of the incident").fill("late-parcels")
    page.get_by_label("Tag", exact=True).fill(INCIDENT_TAG)
    page.get_by_label("Amount").fill(POINTS)
    page.get_by_label("Reason").select_option("late_delivery")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="What it would do").wait_for()


def apologise(page: Page) -> None:
    """Add points by the button beside the card, wait until it shows them, and choose a macro."""
    points = page.get_by_test_id("leaf").filter(has=page.get_by_text("Points", exact=True)).first
    before = points.inner_text()
    form = page.get_by_test_id("http-button").first
    form.locator("input[data-key=amount]").fill(POINTS)
    with page.expect_navigation():
        form.get_by_role("button").click()
    booked = look_until(lambda: page.reload() and points.inner_text() != before, BOOKED_LIMIT_S)
    if not booked:
        raise DeskError(f"the points added on {page.url} did not show")
    macros = page.get_by_label("Macro", exact=True)
    sorry = macros.locator("option", has_text="sorry").first.inner_text()
    macros.select_option(label=sorry)
    with page.expect_navigation():
        page.get_by_role("button", name="Apply macro").click()
