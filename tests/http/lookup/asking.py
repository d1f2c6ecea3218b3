"""What the tests of lookups ask, and of whom."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.staging.intake import stage_customers, stage_members
from sandbox.running import Sandbox
from tests.factories import STORE
from tests.http.api_client import API, OTHER_STORE, ApiClient

LOOKUP = f"{API}/lookup"
EMAIL = "mira@shop.example"
NOBODY = "nobody@shop.example"


def set_lookup(api: ApiClient, **lookup: Any) -> None:
    quick = {"requests_per_s": 1000, **lookup}
    api.set_stores(**{STORE: {"lookup": quick}, OTHER_STORE: {"lookup": quick}})


def stage(staging: Engine, *members: Any, customers: tuple[Any, ...] = ()) -> None:
    with staging.begin() as connection:
        now = utc_now()
        stage_members(connection, STORE, members, now, first_load=False)
        stage_customers(connection, STORE, customers, now, card_key="loyalty", first_load=False)


def look_up(api: ApiClient, email: str | None = EMAIL, **options: Any) -> dict[str, Any]:
    answer = api.call("POST", LOOKUP, data={"email": email or ""}, **options)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def spoil(sandbox: Sandbox, effect: str, **rule: Any) -> None:
    wanted = {"effect": effect, "method": "GET", "route": "*customers/*", **rule}
    sandbox.control("rivo", "POST", "faults", wanted)
