"""Awards at a real Rivo stand-in: how tests order one, spoil it, and look for it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from loyalty_desk.platforms.base import AwardOrder
from loyalty_desk.records import Unit
from sandbox.running import Sandbox

PLUS_EMAIL = "mira+club@shop.example"
MARKER = "ld:0f3a"
NOTE = "goodwill [ld:0f3a]"


def spoil(sandbox: Sandbox, effect: str, **rule: Any) -> None:
    """Make the next call that fits the rule go wrong, or as many as `count` says."""
    sandbox.control("rivo", "POST", "faults", {"effect": effect, "count": 1, **rule})


def booked(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What callers made since the test began, without the moments."""
    entries: list[dict[str, Any]] = sandbox.control("rivo", "GET", "ledger")["data"]
    moments = {"applied_us", "due_us"}
    return [{key: one[key] for key in one.keys() - moments} for one in entries]


def requests_made(sandbox: Sandbox) -> int:
    return int(sandbox.control("rivo", "GET", "counters")["total"])


def order(member_id: str, amount: str = "50", **values: Any) -> AwardOrder:
    fields = {"unit": Unit.POINTS, "note": "goodwill", "marker": MARKER, "message": None, **values}
    return AwardOrder(member_id=member_id, amount=Decimal(amount), **fields)
