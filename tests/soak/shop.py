"""One store of a soak as its actors see it: its services over HTTP, its people, its platform."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import requests
from sqlalchemy import RowMapping

from loyalty_desk.clock import utc_now
from loyalty_desk.connect.tokens import make_token
from loyalty_desk.records import Opens
from sandbox.running import Sandbox, SandboxError
from scripts.desk import Desk, Shown
from tests.http.desk import DeskClient
from tests.live.office import Office
from tests.soak.journal import Journal

AWARD, LOOKUP = (Opens.AWARDS, Opens.LOOKUP)
ANSWER_LIMIT_S = 180.0
PATIENCE_S = 1800.0
"""What takes so long never comes, however slow the machine."""
FEW = 10
FUTURE = "2099-01-01T00:00:00+00:00"


@dataclass
class Shop:
    """A store, and what the actors agreed on about it. Deeds run in threads; the lock is for
    what they share."""

    name: str
    platform: str
    desk: Desk
    office: Office
    journal: Journal
    people: list[Shown] = field(default_factory=list)
    """Whom the actors act upon: each matched by e-mail, and with nobody else's address."""
    holders: dict[str, set[str]] = field(default_factory=dict)
    """By address: the members who held it at any time, so whose card a lookup may show."""
    linked: dict[int, str] = field(default_factory=dict)
    """Customers whom the desk linked to a member."""
    addresses: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By customer who was ever linked, swapped or merged into: the addresses held at any time."""
    merged: dict[int, set[str]] = field(default_factory=dict)
    """By customer who was merged into: all the addresses of both, whose members it may show."""
    links: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By customer: the members of any link that was ever made."""
    moved: set[int] = field(default_factory=set)
    """Customers who got another's address, or another customer."""
    left: set[str] = field(default_factory=set)
    """Members who were deleted: only a full read of the platform is sure to tell."""
    erased_customers: set[int] = field(default_factory=set)
    erased_members: set[str] = field(default_factory=set)
    foreign_values: dict[int, dict[str, Any]] = field(default_factory=dict)
    """By customer: what others keep in customer fields; no deed is about these."""
    refusals: int = 0
    """How often the platform refused our key to a sync."""
    broken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Members with a record at fault, and what mends it."""
    pace: float = 1.0
    """How much longer actors rest than on a machine that has nothing else to do."""
    tokens: dict[Opens, str] = field(default_factory=dict)
    made_tokens: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    """The time is up: each actor ends what it is at."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def sandbox(self) -> Sandbox:
        return self.desk.sandboxes[self.name]

    def meet_people(self, most: int) -> None:
        """Learn after the first sync who there is."""
        self.people = self.desk.shown_members(self.name, most)
        for member in self.on_platform("GET", "members?limit=100000")["data"]:
            if member["email"]:
                self.note_holder(member["email"], str(member["id"]))

    def note_foreign_values(self) -> None:
        """Learn before the first sync what others keep in customer fields."""
        customers = self.in_gorgias("GET", "customers?limit=100000")["data"]
        self.foreign_values = {one["id"]: one["custom_field_values"] for one in customers}

    def note_holder(self, email: str, member_id: str) -> None:
        with self.lock:
            self.holders.setdefault(email.strip().lower(), set()).add(member_id)

    def note_addresses(self, *customer_ids: int) -> None:
        """Note before a deed that each of these customers may hold what any of them does now."""
        told: set[str] = set()
        for customer_id in customer_ids:
            found = self.in_gorgias("GET", f"customers/{customer_id}")
            emails = (found["email"], *(one["address"] for one in found["channels"]))
            told |= {email.strip().lower() for email in emails if email}
        with self.lock:
            for customer_id in customer_ids:
                self.addresses[customer_id] |= told
                if customer_id in self.merged:
                    self.merged[customer_id] |= told

    def note_merge(self, source_id: int, target_id: int) -> None:
        """Note before a merge that an address of either is one of the target's from now on."""
        self.note_addresses(source_id, target_id)
        with self.lock:
            earlier = self.merged.pop(source_id, set()) | self.merged.get(target_id, set())
            self.merged[target_id] = earlier | self.addresses[target_id]

    def may_be_shown(self, email: str) -> set[str]:
        """Whose card an address may bring.

        Who held it, whom its customer was linked to, and who held another address of a customer
        into whom its own was merged.
        """
        address = email.strip().lower()
        with self.lock:
            linked = (self.links[one] for one, held in self.addresses.items() if address in held)
            joined = (held for held in self.merged.values() if address in held)
            others = (self.holders.get(one, set()) for held in joined for one in held)
            return self.holders.get(address, set()).union(*linked, *others)

    def is_untold(self, customer: Mapping[str, Any]) -> bool:
        """Whether an address of a customer was ever that of a member who was deleted."""
        addresses = {customer["email"], *(one["address"] for one in customer["channels"])}
        held = (self.holders.get(str(one).strip().lower(), set()) for one in addresses)
        return any(ids & self.left for ids in held)

    def somebody(self, chance: Random) -> Shown:
        """One of all, but mostly one of few, so that deeds meet at the same person."""
        with self.lock:
            return chance.choice(self.people if chance.random() < 0.4 else self.people[:FEW])

    def take_away(self, chance: Random, *, plain: bool = False) -> Shown:
        """Somebody whom no other deed is about from here on; a `plain` one is still as at first."""
        with self.lock:
            left = [one for one in self.people if not plain or one.customer_id not in self.moved]
            person = chance.choice(left)
            self.people.remove(person)
            return person

    def on_platform(self, method: str, path: str, body: Any = None) -> Any:
        """Act on the platform as its staff or its shoppers do."""
        return self.sandbox.control(self.platform, method, path, body)

    def change_member(self, member_id: str, **fields: Any) -> None:
        """Change a member on the platform; nothing happens to one who is gone."""
        with contextlib.suppress(SandboxError):
            self.on_platform("PATCH", f"members/{member_id}", fields)

    def in_gorgias(self, method: str, path: str, body: Any = None) -> Any:
        """Act in Gorgias as a person in the helpdesk does."""
        return self.sandbox.control("gorgias", method, path, body)

    def gorgias_api(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Act in Gorgias as another program does."""
        gorgias = self.sandbox.gorgias
        return requests.request(
            method,
            f"{gorgias['url']}/api/{path}",
            json=body,
            auth=(gorgias["email"], gorgias["api_key"]),
            timeout=ANSWER_LIMIT_S,
        )

    def call(
        self, opens: Opens, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> requests.Response:
        """Call the API with the store's token for that endpoint."""
        return self.desk.session.request(
            method,
            f"{self.desk.place.airflow_url}/loyalty/api/v1/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token(opens)}"},
            timeout=ANSWER_LIMIT_S,
        )

    def token(self, opens: Opens) -> str:
        with self.lock:
            if opens not in self.tokens:
                with self.desk.engine.begin() as connection:
                    self.tokens[opens] = make_token(
                        connection,
                        self.name,
                        utc_now(),
                        label="soak",
                        made_by="soak",
                        opens=opens,
                    )
                self.made_tokens.append(self.tokens[opens])
            return self.tokens[opens]

    def pages(self) -> DeskClient:
        """The store's desk, with a login of its own."""
        return dataclasses.replace(self.office.pages(), store=self.name)

    def rows(self, query: str, **binds: Any) -> Sequence[RowMapping]:
        return self.desk.rows(query, store=self.name, **binds)

    def points_of(self, person: Shown) -> int | None:
        """The balance on the platform, None for somebody who is gone."""
        held = self._held(person.member_id)
        return None if held is None else int(held["points_tally"])

    def email_of(self, member_id: str) -> str | None:
        """The address that a member has on the platform now."""
        held = self._held(member_id)
        return None if held is None else held["email"]

    def _held(self, member_id: str) -> dict[str, Any] | None:
        """The member as the programme has them."""
        try:
            return dict(self.on_platform("GET", f"members/{member_id}"))
        except SandboxError:
            return None
