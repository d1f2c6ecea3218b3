"""The button that awards points from the widget: the values to enter by hand in Gorgias.

Gorgias does not document how a widget's button is stored, so it is made by hand, once, and read
back (`--adopt-widget`). This is the one place that says how.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

LABEL: Final = "Add points"


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonField:
    """One field of the button's JSON body; the agent fills in an `editable` one."""

    key: str
    value: str
    editable: bool = False


FIELDS: Final = (
    ButtonField(key="amount", value="100", editable=True),
    ButtonField(key="note", value="", editable=True),
    ButtonField(key="reason", value="gesture", editable=True),
    ButtonField(key="email", value="{{ticket.customer.email}}"),
    ButtonField(key="ticket_id", value="{{ticket.id}}"),
    ButtonField(key="agent", value="{{current_user.email}}"),
)


def fields(reason: str) -> tuple[ButtonField, ...]:
    """The fields for a store whose first reason this is."""
    return tuple(replace(f, value=reason) if f.key == "reason" else f for f in FIELDS)


def settings_table(awards_url: str, reason: str) -> list[tuple[str, str, bool]]:
    """Name, value and whether the agent fills it in, of everything to enter.

    The token itself is made by a command and shown there alone.
    """
    fixed = (
        ("Title", LABEL),
        ("Method", "POST"),
        ("Address", awards_url),
        ("Header: Authorization", "Bearer <token>"),
        ("Content type", "application/json"),
    )
    return [
        *((name, value, False) for name, value in fixed),
        *((f"Body: {field.key}", field.value, field.editable) for field in fields(reason)),
    ]
