"""What an agent does in Gorgias, in a real browser, against the services as they run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from loyalty_desk.connect import button
from loyalty_desk.gorgias.made import known_objects
from loyalty_desk.gorgias.objects import Kind
from scripts.agent_desk import button_lines
from scripts.desk import Shown
from tests.browser import WIDE, Watched, running_browser, shoot
from tests.live.office import HASTY, LIMIT_S, STORE, Office

pytestmark = pytest.mark.flow

NOTE = "parcel QX-88 went astray"
POINTS = 100
AGENT = "ops@lakeside.test"
"""Who presses the buttons in the sandbox."""
NOTHING = "\u2013"
"""What the sandbox shows for a value that is not there."""


class Agent:
    """A support agent at a browser."""

    def __init__(self, office: Office, page: Page) -> None:
        self.office, self.page = office, page
        self.gorgias = office.desk.sandbox.gorgias["url"]

    def open(self, ticket_id: int) -> None:
        self.page.goto(f"{self.gorgias}/app/ticket/{ticket_id}")

    def submit(self, name: str, within: Page | Locator | None = None) -> None:
        """Press the button of a form, and wait for the page that comes of it."""
        with self.page.expect_navigation():
            (within or self.page).get_by_role("button", name=name).click()

    def add_tag(self, name: str) -> None:
        self.page.get_by_label("New tag").fill(name)
        self.submit("Add tag")

    def write_as_customer(self, text: str) -> None:
        self.page.get_by_label("Message", exact=True).fill(text)
        self.page.get_by_label("The customer").check()
        self.submit("Send message")

    def leaf(self, title: str) -> str | None:
        """The value beside a title in the sidebar, None when there is no such row."""
        rows = self.page.get_by_test_id("leaf")
        row = rows.filter(has=self.page.get_by_text(title, exact=True)).first
        return row.locator("dd").inner_text() if row.count() else None

    def wait_for(self, title: str, value: str) -> None:
        """Reload until the sidebar shows the value, as an agent would."""

        def is_there() -> bool:
            self.page.reload()
            return self.leaf(title) == value

        self.office.desk.wait_until(is_there, f"{title} {value} in the sidebar", LIMIT_S)

    def wait_for_note(self, words: str) -> None:
        """Reload until the last message is an internal note with these words."""

        def is_there() -> bool:
            self.page.reload()
            found = self.page.locator("[data-testid=message][data-kind=note]")
            return bool(found.count()) and words in found.last.inner_text()

        self.office.desk.wait_until(is_there, f"the note {words!r}", LIMIT_S)

    def ticket_of(self, customer_id: int) -> int:
        """A ticket of the customer, made when there is none."""
        found = self._call("GET", f"tickets?customer_id={customer_id}&limit=1")["data"]
        if found:
            return int(found[0]["id"])
        message = {"channel": "api", "via": "api", "from_agent": False, "body_text": "Hello"}
        body = {"customer": {"id": customer_id}, "subject": "Points", "messages": [message]}
        return int(self._call("POST", "tickets", {**body, "channel": "api", "via": "api"})["id"])

    def _call(self, method: str, path: str, json: Any = None) -> Any:
        sandbox = self.office.desk.sandbox
        answer = requests.request(
            method,
            f"{self.gorgias}/api/{path}",
            json=json,
            auth=(sandbox.gorgias["email"], sandbox.gorgias["api_key"]),
            timeout=20,
        )
        answer.raise_for_status()
        return answer.json()


@pytest.fixture(scope="module")
def watched(office: Office) -> Iterator[Watched]:
    with running_browser() as browser:
        page = browser.new_page(viewport=WIDE)
        yield Watched(page)


@pytest.fixture(scope="module")
def agent(office: Office, watched: Watched) -> Agent:
    """An agent of a connected store, whose widget has the buttons that a person made by hand."""
    office.run(f"gorgias_connect__{STORE}", probe=True)
    agent = Agent(office, watched.page)
    widget_id = known_objects(office.desk.engine, STORE, Kind.WIDGET)["ticket"]
    make_buttons(agent, widget_id)
    office.run(f"gorgias_connect__{STORE}", adopt_widget=widget_id)
    return agent


def make_buttons(agent: Agent, widget_id: int) -> None:
    """Enter what the page of connect tells, in the sidebar's editor."""
    page, url = agent.page, agent.office.desk.url
    page.goto(f"{agent.gorgias}/app/widgets/{widget_id}")
    for label, address, fields in (
        (button.LABEL, url, button.fields("gesture")),
        (button.TAKE_BACK_LABEL, button.take_back_url(url), button.TAKE_BACK_FIELDS),
    ):
        page.get_by_label("Label").fill(label)
        page.get_by_label("Address").fill(address)
        page.get_by_label("Headers").fill(f"Authorization: Bearer {agent.office.desk.token(STORE)}")
        page.get_by_label("Content type").select_option(button.CONTENT_TYPE)
        page.get_by_label("Fields the agent fills in").fill(button_lines(fields, editable=True))
        page.get_by_label("Fields sent as they are").fill(button_lines(fields, editable=False))
        agent.submit("Add button")
        expect(page.get_by_test_id("buttons")).to_contain_text(label)


@pytest.fixture(scope="module")
def member(office: Office) -> Shown:
    return office.next_member()


@pytest.fixture
def ticket_id(agent: Agent, member: Shown) -> int:
    """A ticket of a member, open before the agent, whose card has been looked up."""
    ticket_id = agent.ticket_of(member.customer_id)
    agent.open(ticket_id)
    agent.write_as_customer("How many points do I have?")
    points = agent.office.desk.balance_points(member.member_id)
    agent.wait_for("Points", f"{points:,}")
    return ticket_id


def test_the_card_shows_every_field_that_the_platform_has(
    agent: Agent, ticket_id: int, member: Shown
) -> None:
    held = agent.office.desk.sandbox.control("rivo", "GET", f"members/{member.member_id}")

    assert agent.leaf("Name") == member.name
    assert agent.leaf("Status") == "member"
    assert agent.leaf("Points") == f"{held['points_tally']:,}"
    assert agent.leaf("Referral link") == held["referral_url"]
    tier = (held.get("vip_tier") or {}).get("name")
    assert agent.leaf("VIP tier") == (tier or NOTHING)
    link = agent.page.get_by_test_id("card-link").first
    assert member.member_id in (link.get_attribute("href") or "")
    expect(agent.page.get_by_role("heading", name=re.compile("^Loyalty: "))).to_be_visible()
    shoot(agent.page, "ticket")


def test_points_added_from_the_widget_show_at_once_and_in_the_audit(
    agent: Agent, ticket_id: int, member: Shown
) -> None:
    office, page = agent.office, agent.page
    office.private.add(NOTE)
    before = office.desk.balance_points(member.member_id)
    form = page.get_by_test_id("http-button").first
    form.locator("input[data-key=amount]").fill(str(POINTS))
    form.locator("input[data-key=note]").fill(NOTE)

    agent.submit(button.LABEL, form)

    expect(page.get_by_test_id("button-status")).to_have_text("202")
    agent.wait_for("Points", f"{before + POINTS:,}")
    assert office.desk.balance_points(member.member_id) == before + POINTS
    expect(notes(agent)).to_have_count(0)  # it needs none: the sidebar says it
    awards = office.desk.rows(
        "SELECT award_id, agent FROM awards WHERE store = :store AND ticket_id = :ticket_id",
        store=STORE,
        ticket_id=ticket_id,
    )
    assert [row["agent"] for row in awards] == [AGENT]
    audit = office.audit(awards[0]["award_id"])
    assert [event["state"] for event in audit][-1] == "applied"
    shoot(page, "points-added")


def test_what_was_just_added_is_taken_back_by_the_second_button(
    agent: Agent, ticket_id: int, member: Shown
) -> None:
    page = agent.page
    before = agent.office.desk.balance_points(member.member_id)

    agent.submit(button.TAKE_BACK_LABEL, page.get_by_test_id("http-button").last)

    expect(page.get_by_test_id("button-status")).to_have_text("202")
    agent.wait_for("Points", f"{before - POINTS:,}")


def test_a_store_that_wants_notes_has_one_of_an_award_and_of_taking_it_back(
    agent: Agent, ticket_id: int, member: Shown
) -> None:
    desk = agent.office.desk
    agent.office.award(member, HASTY, ticket_id=ticket_id, agent=AGENT)

    agent.wait_for_note("+5 points booked")

    fields = {"agent": AGENT, "ticket_id": ticket_id}
    assert desk.call(HASTY, "POST", "/take-back", fields).status_code == 202
    agent.wait_for_note("taken back by whoever awarded")


def notes(agent: Agent) -> Locator:
    return agent.page.locator("[data-testid=message][data-kind=note]")


@pytest.mark.parametrize("deed", ["add", "remove"])
def test_a_tag_fetches_fresh_data(agent: Agent, ticket_id: int, member: Shown, deed: str) -> None:
    desk = agent.office.desk
    if deed == "remove":
        agent.add_tag("vip")
    points = desk.balance_points(member.member_id) + 7
    desk.sandbox.control("rivo", "PATCH", f"members/{member.member_id}", {"points_tally": points})

    if deed == "add":
        agent.add_tag("vip")
    else:
        agent.submit("Remove tag vip")

    agent.wait_for("Points", f"{points:,}")


def test_a_macro_prints_the_card_and_no_blank(agent: Agent, ticket_id: int, member: Shown) -> None:
    page = agent.page
    agent.office.desk.sync(STORE)
    agent.open(ticket_id)
    points = agent.office.desk.balance_points(member.member_id)

    for macro in ("balance", "tier", "referral", "sorry|apolog", "member"):
        options = page.get_by_label("Macro", exact=True).locator("option").all_inner_texts()
        name = next(one for one in options if re.search(macro, one, re.IGNORECASE))
        page.get_by_label("Macro", exact=True).select_option(label=name)
        agent.submit("Apply macro")
        assert page.get_by_test_id("blank").count() == 0
        if macro == "balance":
            expect(page.get_by_label("Message", exact=True)).to_have_value(
                re.compile(rf"\b{points:,} points")
            )
            shoot(page, "macro")


def test_who_is_no_member_is_said_to_be_none_and_why(agent: Agent) -> None:
    customer_id = agent.office.desk.rows(
        "SELECT customer_id FROM unmatched_customers WHERE store = :store"
        " AND outcome = 'customer_not_found' ORDER BY customer_id LIMIT 1",
        store=STORE,
    )[0]["customer_id"]
    agent.open(agent.ticket_of(customer_id))
    agent.write_as_customer("How many points do I have?")

    agent.wait_for("Why", "No loyalty account has this e-mail address.")

    assert agent.leaf("Points") is None
    assert "invite" in (agent.leaf("What to do") or "")
    shoot(agent.page, "not-a-member")


def test_the_page_of_a_customer_shows_the_same_card(agent: Agent, member: Shown) -> None:
    agent.page.goto(f"{agent.gorgias}/app/customer/{member.customer_id}")

    assert agent.leaf("Points") == f"{agent.office.desk.balance_points(member.member_id):,}"
    shoot(agent.page, "customer")


@pytest.mark.parametrize("knows", [True, False], ids=["address known", "address unknown"])
def test_points_are_added_from_the_customers_page_too(
    agent: Agent, ticket_id: int, member: Shown, *, knows: bool
) -> None:
    office, page, amount = agent.office, agent.page, 41 + knows
    before = office.desk.balance_points(member.member_id)
    switch = {"customer_page_has_ticket_customer": knows}
    office.desk.sandbox.control("gorgias", "POST", "switches", switch)
    try:
        page.goto(f"{agent.gorgias}/app/customer/{member.customer_id}")
        form = page.get_by_test_id("http-button").first
        form.locator("input[data-key=amount]").fill(str(amount))
        form.locator("input[data-key=reason]").fill("Late delivry")

        agent.submit(button.LABEL, form)

        expect(page.get_by_test_id("button-status")).to_have_text("202")
    finally:
        office.desk.sandbox.control("gorgias", "POST", "switches", dict.fromkeys(switch, True))
    office.desk.wait_until(
        lambda: office.desk.balance_points(member.member_id) == before + amount,
        "the points on the platform",
        LIMIT_S,
    )
    reasons = office.desk.rows(
        "SELECT DISTINCT reason FROM awards WHERE store = :store AND amount = :amount"
        " AND ticket_id IS NULL",
        store=STORE,
        amount=amount,
    )
    assert [row["reason"] for row in reasons] == ["late_delivery"]


def test_our_own_writes_start_no_loop(agent: Agent, ticket_id: int, member: Shown) -> None:
    """Also on an account where each write of ours counts as an update of the ticket."""
    desk = agent.office.desk
    fires = {"data_write_fires_ticket_updated": True, "field_write_fires_ticket_updated": True}
    before = desk.sandbox.control("gorgias", "GET", "switches")
    desk.sandbox.control("gorgias", "POST", "switches", fires)
    try:
        desk.sandbox.control("rivo", "POST", "tick", {"members": 10, "seed": 3})
        change = {"points_tally": desk.balance_points(member.member_id) + 11}
        desk.sandbox.control("rivo", "PATCH", f"members/{member.member_id}", change)
        desk.sandbox.control("gorgias", "POST", "reset", {"counters": True})
        at_first = lookups(agent)
        desk.sync(STORE)
        wait_until_quiet(agent)
        written, looked_up = writes(agent), lookups(agent)

        desk.sync(STORE)
        wait_until_quiet(agent)

        assert written > 0
        assert writes(agent) == written, "what a lookup read was written again"
        assert lookups(agent) == looked_up, "a lookup started another"
        assert looked_up > at_first, "the write to a customer with a ticket was looked up"
    finally:
        desk.sandbox.control("gorgias", "POST", "switches", before)


def writes(agent: Agent) -> int:
    """Cards that Gorgias was asked to write since the counters were reset."""
    rows = agent.office.desk.sandbox.control("gorgias", "GET", "counters")["requests"]
    return sum(row["count"] for row in rows if row["method"] == "PUT")


def lookups(agent: Agent) -> int:
    """Calls of the integration, those over and those under way."""
    return sum(one["calls"] for one in integrations(agent))


def integrations(agent: Agent) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = agent.office.desk.sandbox.control(
        "gorgias", "GET", "integrations"
    )["data"]
    return found


def wait_until_quiet(agent: Agent) -> None:
    agent.office.desk.wait_until(
        lambda: not any(one["pending"] for one in integrations(agent)), "the lookups", LIMIT_S
    )


def test_no_page_did_what_it_may_not(agent: Agent, watched: Watched) -> None:
    assert watched.troubles == []


def test_disconnecting_one_store_leaves_the_other_and_pauses_its_dags(office: Office) -> None:
    office.run(f"gorgias_connect__{HASTY}")
    assert known_objects(office.desk.engine, HASTY, Kind.WIDGET)
    assert office.desk.call(HASTY, "GET", "/none").status_code == 404

    office.run(f"gorgias_disconnect__{HASTY}")

    assert office.desk.call(HASTY, "GET", "/none").status_code == 401
    del office.desk.tokens[HASTY]  # later tests ask for one anew
    assert known_objects(office.desk.engine, HASTY, Kind.WIDGET) == {}
    assert known_objects(office.desk.engine, STORE, Kind.WIDGET)
    dags = ("loyalty_sync", "award_points", "refresh_cards")
    paused = [office.desk.api.find_dag(f"{dag}__{HASTY}")["is_paused"] for dag in dags]
    assert paused == [True, True, True]

    office.run(f"gorgias_connect__{HASTY}")
    assert not office.desk.api.find_dag(f"award_points__{HASTY}")["is_paused"]
