"""The internal note that an applied award leaves on its ticket. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def note_text(
    card: Mapping[str, Any], *, amount: str, unit: str, reason: str, agent: str, note: str | None
) -> str:
    """What it says; `card` is the member's after the award, empty where it could not be read."""
    balance, pending = card.get(f"{unit}_balance"), card.get("points_pending")
    lines = [
        f"Loyalty: {amount} booked ({reason}), by {agent}.",
        f"New balance: {balance} {unit}." if balance is not None else "",
        f"Pending: {pending} points." if pending else "",
        note or "",
    ]
    return "\n".join(line for line in lines if line)
