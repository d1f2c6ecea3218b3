"""Awards at a real Rivo stand-in: how tests queue one, spoil it, and look for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, text

from loyalty_desk.awards.apply import Counts
from loyalty_desk.awards.queue import get_award, get_events
from loyalty_desk.clock import utc_now
from sandbox.running import Sandbox
from tests.factories import STORE
from tests.sql.test_awards import queue, request

EMAIL = "mira@shop.example"
Apply = Callable[..., Counts]


def award(staging: Engine, amount: str = "50", **values: Any) -> str:
    return queue(staging, request(amount, **{"email": EMAIL, **values}), utc_now()).award_id


def state_of(staging: Engine, award_id: str) -> tuple[str, str | None]:
    with staging.connect() as connection:
        found = get_award(connection, STORE, award_id)
    return found.state, found.detail


def let_leases_end(staging: Engine) -> None:
    """As if the time had passed after which nothing that was sent can still arrive."""
    with staging.begin() as connection:
        connection.execute(
            text("UPDATE awards SET lease_until_utc = '2020' WHERE state = 'applying'")
        )


def ledger(sandbox: Sandbox) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = sandbox.control("rivo", "GET", "ledger")["data"]
    return entries


def spoil(sandbox: Sandbox, effect: str, **rule: Any) -> None:
    wanted = {"effect": effect, "count": 1, "method": "POST", **rule}
    sandbox.control("rivo", "POST", "faults", wanted)


def add_member(sandbox: Sandbox, name: str) -> str:
    email = f"{name}@shop.example"
    sandbox.control("rivo", "POST", "members", {"email": email})
    return email


def fail_member(sandbox: Sandbox, name: str = "*") -> None:
    """The platform answers 503 for members of that name, and for nobody else."""
    spoil(sandbox, "status", method="GET", route=f"*/customers/{name}*", count=1000)


def award_to(staging: Engine, sandbox: Sandbox, name: str, **values: Any) -> str:
    return award(staging, email=add_member(sandbox, name), idempotency_key=name, **values)


def events_of(staging: Engine, award_id: str) -> list[Any]:
    with staging.connect() as connection:
        return get_events(connection, STORE, award_id)
