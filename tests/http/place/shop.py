"""A connected store with default settings: its sandbox, its desk, and an agent at a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from playwright.sync_api import Locator, Page
from sqlalchemy import Engine, text

from loyalty_desk.__main__ import main
from loyalty_desk.tasks import awards as award_tasks
from loyalty_desk.tasks.refresh import refresh_cards
from loyalty_desk.web.afterwards import still_waiting
from sandbox.running import Sandbox
from tests.factories import STORE
from tests.waiting import wait_until

BALANCE = "balance"
"""Part of the name of the macro that tells the balance."""


@dataclass(frozen=True, kw_only=True)
class Looked:
    """The points that an agent reads, place by place; None where none are told."""

    ticket: str | None
    customer: str | None
    macro: str | None

    @classmethod
    def everywhere(cls, points: int) -> Looked:
        """The same in each place."""
        said = f"{points:,}"
        return cls(ticket=said, customer=said, macro=said)


class Shop:
    """One store on one platform. What Airflow would run is run by `work`."""

    def __init__(self, sandbox: Sandbox, platform: str, engine: Engine, page: Page) -> None:
        self.sandbox, self.platform, self.engine, self.page = sandbox, platform, engine, page
        self.gorgias = sandbox.gorgias["url"]

    # --- what people and platforms do --------------------------------------------------------

    def sync(self) -> None:
        assert main(["sync", "--store", STORE]) == 0

    def work(self) -> None:
        """What waits on a list: awards, then cards."""
        award_tasks.apply_awards(STORE)
        award_tasks.show_awards(STORE)
        refresh_cards(STORE)

    def add_member(self, email: str, points: int) -> str:
        values = {"email": email, "points_tally": points, "first_name": "Mira"}
        return str(self.sandbox.control(self.platform, "POST", "members", values)["id"])

    def set_points(self, member_id: str, points: int) -> None:
        self.sandbox.control(
            self.platform, "PATCH", f"members/{member_id}", {"points_tally": points}
        )

    def points(self, member_id: str) -> int:
        return int(
            self.sandbox.control(self.platform, "GET", f"members/{member_id}")["points_tally"]
        )

    def add_customer(self, email: str) -> int:
        channels = [{"type": "email", "address": email, "preferred": True}]
        return int(self.api("POST", "customers", {"name": "Mira", "channels": channels})["id"])

    def write(self, customer_id: int) -> int:
        """Have the customer write; returns the ticket."""
        message = {"channel": "api", "via": "api", "from_agent": False, "body_text": "Hello"}
        body = {"customer": {"id": customer_id}, "subject": "Points", "messages": [message]}
        return int(self.api("POST", "tickets", {**body, "channel": "api", "via": "api"})["id"])

    def api(self, method: str, path: str, json: Any = None) -> Any:
        self.sandbox.control("gorgias", "POST", "reset", {"buckets": True})
        login = (self.sandbox.gorgias["email"], self.sandbox.gorgias["api_key"])
        url = f"{self.gorgias}/api/{path}"
        answer = requests.request(method, url, json=json, auth=login, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def rows(self, query: str, **binds: Any) -> list[Mapping[str, Any]]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(query), binds).mappings())

    # --- what an agent does and sees ---------------------------------------------------------

    def open(self, path: str) -> None:
        self.page.goto(f"{self.gorgias}/app/{path}")

    def submit(self, name: str, within: Page | Locator | None = None) -> None:
        with self.page.expect_navigation():
            (within or self.page).get_by_role("button", name=name).click()

    def leaf(self, title: str) -> str | None:
        """The value beside a title in the sidebar, None when there is no such row."""
        rows = self.page.get_by_test_id("leaf")
        row = rows.filter(has=self.page.get_by_text(title, exact=True)).first
        return row.locator("dd").inner_text() if row.count() else None

    def look(self, ticket_id: int, customer_id: int) -> Looked:
        """Read the points wherever an agent may look, at one moment."""
        self.open(f"ticket/{ticket_id}")
        on_ticket = self.leaf("Points")
        macros = self.page.get_by_label("Macro", exact=True)
        names = macros.locator("option").all_inner_texts()
        macros.select_option(label=next(one for one in names if BALANCE in one.lower()))
        self.submit("Apply macro")
        told = re.search(r"([\d,]+) points", self.page.get_by_test_id("macro-preview").inner_text())
        self.open(f"customer/{customer_id}")
        return Looked(
            ticket=on_ticket, customer=self.leaf("Points"), macro=told[1] if told else None
        )

    def expect(self, ticket_id: int, customer_id: int, points: int) -> None:
        """Work on what is asked for until the agent reads these points; everywhere the same."""
        wanted, seen = Looked.everywhere(points), []

        def is_shown() -> bool:
            self.work()
            seen[:] = [self.look(ticket_id, customer_id)]
            return seen[0].ticket == wanted.ticket

        wait_until(is_shown, 30)
        assert seen == [wanted]
        assert self.points_in_field(customer_id) in {None, points}

    def points_in_field(self, customer_id: int) -> int | None:
        """What the customer field says, None where there is none."""
        fields = self.rows("SELECT gorgias_id FROM gorgias_objects WHERE key = 'points_balance'")
        if not fields:
            return None
        held = self.sandbox.control("gorgias", "GET", f"customers/{customer_id}")
        return int(held["custom_field_values"][str(fields[0]["gorgias_id"])])

    def forget_requests(self) -> None:
        self.sandbox.control("gorgias", "POST", "reset", {"counters": True})

    def asked(self, method: str) -> int:
        """How often Gorgias was asked about one customer since then; PUT is a card written.

        Fields are left out: which requests these take is for the tests of fields.
        """
        rows = self.sandbox.control("gorgias", "GET", "counters")["requests"]
        about = [row for row in rows if "/customers/" in row["route"]]
        found = [
            row for row in about if row["method"] == method and "custom-fields" not in row["route"]
        ]
        return sum(row["count"] for row in found)

    def wait_for_lookups(self) -> None:
        """Until all are answered, and what follows an answer is in staging."""

        def are_over() -> bool:
            held = self.sandbox.control("gorgias", "GET", "integrations")["data"]
            return not any(one["pending"] for one in held)

        wait_until(are_over, 30)
        wait_until(lambda: not still_waiting(), 30)
