"""One platform's account in the sandbox, and our client of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from loyalty_desk.hooks.connections import lookup_platform, loyalty_platform
from loyalty_desk.platforms.base import AwardOrder, Capabilities, Platform
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.records import Member, Unit
from loyalty_desk.settings.stores_file import StoreSettings
from sandbox.running import Sandbox
from tests.factories import store_settings
from tests.platforms.cases import Case

PROFILE_URL = "https://admin.shop.example/members/{member_id}"
WEBHOOK_SECRET = "a-secret-of-webhooks"
MARKER = "ld:0f3a77"
KEY_NAMES = ("api_key", "read_only_key", "webhook_secret")


@dataclass
class Account:
    """What a conformance test acts on. `set_connection` writes the Airflow connection."""

    case: Case
    sandbox: Sandbox
    set_connection: Callable[..., None]

    def connect(self, **changes: Any) -> None:
        """Set the store's connection; `changes` replace its fields, `extra` its options."""
        ready = self.ready
        self.set_connection(
            f"{self.case.name}_acme",
            **{
                "host": ready["url"],
                "password": ready["api_key"],
                "extra": self.options,
                **changes,
            },
        )

    @property
    def ready(self) -> dict[str, Any]:
        return dict(self.sandbox.credentials[self.case.name])

    @property
    def options(self) -> dict[str, Any]:
        """The extra: the overrides, a link into the admin, and the secret of webhooks."""
        known = platform_class(self.case.name).guesses
        link = {"profile_url": PROFILE_URL} if "profile_url" in known else {}
        secret = self.ready.get("webhook_secret", WEBHOOK_SECRET)
        return {"api": {**link, **self.case.overrides}, "webhook_secret": secret}

    @property
    def capabilities(self) -> Capabilities:
        return platform_class(self.case.name).capabilities_of(self.options)

    def store(self, **values: Any) -> StoreSettings:
        conn_id = f"{self.case.name}_acme"
        return store_settings(**{"platform": self.case.name, "platform_conn_id": conn_id, **values})

    def platform(self, *, for_awards: bool = False, max_wait_s: float = 300.0) -> Platform:
        return loyalty_platform(self.store(), for_awards=for_awards, max_wait_s=max_wait_s)

    def for_lookups(self) -> Platform:
        return lookup_platform(self.store(lookup={"requests_per_s": 1000, "deadline_s": 3}))

    def control(self, method: str, path: str, content: Any = None) -> Any:
        return self.sandbox.control(self.case.name, method, path, content)

    def switch(self, **switches: Any) -> None:
        self.control("POST", "switches", switches)

    def spoil(self, effect: str, **rule: Any) -> None:
        """Make the next call that fits the rule go wrong, or as many as `count` says."""
        self.control("POST", "faults", {"effect": effect, "count": 1, **rule})

    def spoil_award(self, effect: str, **rule: Any) -> None:
        self.spoil(effect, method="POST", route=self.case.award_route, **rule)

    def add_member(self, **fields: Any) -> str:
        """Add somebody to the programme; returns the id on this platform."""
        return str(self.control("POST", "members", fields)["id"])

    def held(self, member_id: str) -> dict[str, Any]:
        """A member as the programme has it, under the sandbox's own names."""
        return dict(self.control("GET", f"members/{member_id}"))

    def booked(self) -> list[dict[str, Any]]:
        """What callers booked since the test began."""
        return list(self.control("GET", "ledger")["data"])

    def requests_made(self) -> int:
        return int(self.control("GET", "counters")["total"])

    def refused(self) -> int:
        return int(self.control("GET", "counters")["refused_429"])

    def secrets(self) -> list[str]:
        return [self.ready[name] for name in KEY_NAMES if name in self.ready]


def order(member: Member, amount: str = "50", **values: Any) -> AwardOrder:
    fields = {"unit": Unit.POINTS, "marker": MARKER, "note": "goodwill", "message": None, **values}
    return AwardOrder(
        member_id=member.member_id,
        external_id=member.external_id,
        amount=Decimal(amount),
        **fields,
    )


def found(platform: Platform, member_id: str) -> Member:
    """A member that is there."""
    member = platform.find_member(member_id)
    assert member is not None
    return member


def all_members(platform: Platform, **options: Any) -> list[Member]:
    return [one for page in platform.iter_member_pages(**options) for one in page.members]


def markers_of(entry: dict[str, Any]) -> str:
    """Every text of a booking in which a marker can be."""
    return json.dumps([entry["internal_note"], entry["external_note"], entry["foreign_id"]])
