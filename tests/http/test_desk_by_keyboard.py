"""Each thing that people do on the desk, by the keyboard alone: at a desk and on a phone, in light
and in dark.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from loyalty_desk.staging import award_schema, schema
from loyalty_desk.staging.installed import staging_engine
from tests.browser import NARROW, WIDE, Watched
from tests.http.desk import DeskClient
from tests.http.desk_browser import go, open_page, serious
from tests.http.desk_world import ADA, GRACE
from tests.http.goodwill_world import EVE, fill_goodwill
from tests.http.test_desk_every_page import CUT_OFF
from tests.keyboard import Keyboard
from tests.sql.staged import Staged

CONTRAST: Final = {"runOnly": ["color-contrast"]}
BROKEN: Final = """() => [...document.querySelectorAll(".tile .value, .tile dd, .mark, button, h2")]
.filter((one) => one.checkVisibility()).flatMap((one) => [...one.childNodes]
  .filter((node) => node.nodeType === Node.TEXT_NODE)
  .flatMap((node) => [...node.data.matchAll(/[^\\s-]+/g)].filter((word) => {
    const range = document.createRange();
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }).map((word) => word[0])))"""
"""Words that a line's end breaks in two."""
LATE_TICKETS: Final = (70, 80, 90, 99)


@dataclass
class Person:
    """Somebody at the desk with a keyboard. `number` tells the windows apart, as a store's data is
    the same for all of them.
    """

    watched: Watched
    desk: DeskClient
    number: int

    def __post_init__(self) -> None:
        self.page: Page = self.watched.page
        self.keys = Keyboard(self.page)

    def press(self, role: Any, name: str, *, exact: bool = True, key: str = "Enter") -> None:
        self.keys.press(self.page.get_by_role(role, name=name, exact=exact).first, key)

    def fill(self, label: str, words: str) -> None:
        self.keys.fill(self.page.get_by_label(label, exact=True), words)

    def choose(self, label: str, value: str) -> None:
        self.keys.choose(self.page.get_by_label(label, exact=True), value)

    def is_told(self, words: str) -> None:
        expect(self.page.get_by_role("status").first).to_contain_text(words)
        self.page.wait_for_load_state()

    def looks(self, heading: str | None = None) -> None:
        """The page can be used by everybody: nothing serious in light, enough contrast in dark too,
        nothing beyond the window, and no word broken.
        """
        if heading is not None:
            expect(self.page.get_by_role("heading", name=heading).first).to_be_visible()
        self.page.wait_for_load_state()
        assert serious(self.page) == []
        self.page.emulate_media(color_scheme="dark")
        assert Axe().run(self.page, options=CONTRAST).response["violations"] == []
        self.page.emulate_media(color_scheme="light")
        assert self.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert self.page.evaluate(BROKEN) == []
        if self.page.viewport_size == NARROW:  # a wide table may scroll in its own box
            assert self.page.evaluate(CUT_OFF) == []


Enter = Callable[[str], Person]
"""Another person comes, by the name that Airflow knows them by."""


def settle_a_mismatch(enter: Enter) -> None:
    person = enter("manager")
    person.looks("Overview")
    person.press("link", "Mismatches")
    person.looks("Mismatches")
    person.choose("Class", "customer_not_found")
    expect(person.page.get_by_text("2 found")).to_be_visible()
    person.press("button", f"Accept member m1 for customer {ADA}")
    person.is_told("Linked.")
    person.looks()
    person.press("button", "Undo")
    person.is_told("Undone.")
    person.press("checkbox", f"customer {ADA}", key="Space")
    person.keys.press(person.page.get_by_text("Ignore…"))
    person.fill("Ignore, because", "a supplier")
    person.press("button", "Ignore")
    person.is_told("Ignored.")
    person.press("button", "Undo")
    person.is_told("Undone.")
    person.press("link", "Ada Byron")
    person.looks("Ada Byron")
    person.press("button", "Link to member m1")
    person.is_told("Linked.")
    person.press("button", "Undo")
    person.is_told("Undone.")


def look_somebody_up(enter: Enter) -> None:
    person = enter("manager")
    person.press("link", "Customer")
    person.fill("Who", "grace@example.test")
    person.page.keyboard.press("Enter")
    person.looks("Customer")
    person.press("link", f"Grace Hopper {GRACE}")
    person.looks("What was written to the card")
    person.press("link", "Show the last movements")
    expect(person.page.get_by_role("alert")).to_be_visible()
    person.fill("Order number", "1042")
    person.press("button", "Ask the programme")
    expect(person.page.get_by_label("Order number")).to_have_value("1042")
    person.looks("Why no points for this order?")
    person.watched.troubles.clear()  # no platform is behind this desk, and the page says so


def award_and_take_back(enter: Enter) -> None:
    asking, approving = enter("manager"), enter("admin")
    points = f"+{150 + asking.number} points"
    go(asking.page, asking.desk, f"/customers/{GRACE}")
    asking.press("link", "Award points")
    asking.looks("New award")
    asking.fill("Amount", points[1:4])
    asking.fill("Note (for colleagues)", "late parcel")
    asking.press("button", "Award")
    asking.is_told("another person has to approve")

    approving.press("link", "Awards")
    approving.looks("Awards")
    approving.choose("State", "needs_approval")
    approving.press("button", "Show")
    approving.press("link", points)
    approving.looks("Approve or reject")
    approving.fill("Why (kept in the audit)", "a good customer")
    approving.press("button", "Approve")
    approving.is_told("Approved.")
    with staging_engine().begin() as connection:  # the platform is not part of this
        Staged(connection).update(award_schema.awards, {"state": "approved"}, state="applied")
    approving.page.reload()
    approving.fill("Why", "given to the wrong one")
    approving.looks("Take it back")
    approving.press("button", "Take back")
    approving.is_told("Nothing is booked yet")


def compensate_after_an_incident(enter: Enter) -> None:
    asking, approving = enter("manager"), enter("admin")
    asking.press("link", "Awards")
    asking.press("link", "After an incident")
    asking.looks("Compensate after an incident")
    asking.fill("Name of the incident", f"parcels-{asking.number}")
    asking.fill("Tag", "late")
    asking.fill("Amount", "20")
    asking.choose("Reason", "late_delivery")
    asking.press("button", "Preview")
    asking.is_told("to have 20 points, once each")
    asking.keys.press(asking.page.get_by_text("Unclear: 1"))
    asking.looks("What it would do")
    asking.press("button", "Ask for approval of 1 award")
    asking.is_told("another person has to approve")
    asking.looks("Results")

    approving.page.goto(asking.page.url.partition("?")[0])
    approving.fill("Why (kept in the audit)", "all were late")
    approving.press("button", "Approve all")
    approving.is_told("Approved.")
    assert approving.keys.download(approving.page.get_by_role("link", name="CSV")).stat().st_size
    approving.fill("Why (kept in the audit and the note)", "the wrong amount")
    approving.press("button", "Take all back")
    approving.is_told("Taken back as far as it could be")
    approving.looks("Results")


def see_what_goodwill_cost(enter: Enter) -> None:
    person = enter("manager")
    person.press("link", "Goodwill")
    person.looks("Goodwill")
    person.choose("Agent", EVE)
    person.press("button", "Show")
    expect(person.page.get_by_label("Agent", exact=True)).to_have_value(EVE)
    table = person.keys.download(person.page.get_by_role("link", name="By reason as CSV"))
    assert "late delivery,1,30," in table.read_text(encoding="utf-8-sig")
    book = person.keys.download(person.page.get_by_role("link", name="All of this as XLSX"))
    assert book.read_bytes()[:2] == b"PK"


def make_a_token(enter: Enter) -> None:
    person = enter("admin")
    person.press("link", "Setup")
    person.looks("Setup")
    person.fill("What it is for", f"widget {person.number}")
    person.press("button", "Make")
    expect(person.page.locator(".secret")).to_contain_text("ld_")
    person.press("button", f"Revoke widget {person.number}")
    person.is_told("The token is revoked.")


def see_what_checks_found(enter: Enter) -> None:
    person = enter("viewer")
    person.press("link", "Quality")
    person.looks("Quality")
    go(person.page, person.desk, "/runs/scheduled__1/changes")
    person.looks("Changes")


FLOWS: Final = (
    settle_a_mismatch,
    look_somebody_up,
    award_and_take_back,
    compensate_after_an_incident,
    see_what_goodwill_cost,
    make_a_token,
    see_what_checks_found,
)


@pytest.fixture(scope="module")
def shop(one_desk: DeskClient) -> DeskClient:
    """The desk, with what all of the flows need."""
    engine: Engine = staging_engine()
    fill_goodwill(engine)
    with engine.begin() as connection:
        for ticket_id in LATE_TICKETS:
            Staged(connection).update(schema.tickets, {"ticket_id": ticket_id}, tags='["late"]')
    return one_desk


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["at a desk", "on a phone"])
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__.replace("_", " "))
def test_by_the_keyboard_alone_people(
    browser: Browser, shop: DeskClient, flow: Callable[[Enter], None], size: dict[str, int]
) -> None:
    people: list[Person] = []

    def enter(name: str) -> Person:
        watched = open_page(browser, shop, name, viewport=size)
        people.append(Person(watched, shop, number=int(size == NARROW)))
        go(watched.page, shop, "")
        return people[-1]

    flow(enter)

    assert [person.watched.troubles for person in people] == [[] for _ in people]
    for person in people:
        person.page.context.close()
