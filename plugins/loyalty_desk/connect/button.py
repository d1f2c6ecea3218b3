"""The buttons of the widget, to award points and to take them back: what to enter in Gorgias.

Gorgias does not document how a widget's button is stored, so they are made by hand, once, and read
back (`--adopt-widget`). This is the one place that says how.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from loyalty_desk.awards.from_button import SHOWN_MEMBER_ID
from loyalty_desk.settings.award_settings import AwardSettings

CONTENT_TYPE: Final = "application/x-www-form-urlencoded"
"""Nothing public says that an agent can fill in a part of a JSON body; a form has rows."""
LABEL: Final = "Add points"
TAKE_BACK_LABEL: Final = "Take back my award"


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonField:
    """One row of the button's form; the agent fills in an `editable` one."""

    key: str
    value: str
    editable: bool = False


FIELDS: Final = (
    ButtonField(key="amount", value="100", editable=True),
    ButtonField(key="note", value="", editable=True),
    ButtonField(key="reason", value="gesture", editable=True),
    ButtonField(key="email", value="{{ticket.customer.email}}"),
    # A value of the card itself, which the button stands on wherever the card is shown.
    ButtonField(key=SHOWN_MEMBER_ID, value="{{member_id}}"),
    ButtonField(key="ticket_id", value="{{ticket.id}}"),
    ButtonField(key="agent", value="{{current_user.email}}"),
)

TAKE_BACK_FIELDS: Final = (
    ButtonField(key="note", value="", editable=True),
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
    return _table(LABEL, awards_url, fields(reason))


def take_back_table(awards_url: str) -> list[tuple[str, str, bool]]:
    """The same of the button that takes back."""
    return _table(TAKE_BACK_LABEL, take_back_url(awards_url), TAKE_BACK_FIELDS)


def take_back_url(awards_url: str) -> str:
    return f"{awards_url}/take-back"


def tables(awards_url: str, reason: str) -> dict[str, list[tuple[str, str, bool]]]:
    """What to enter of each button, by its label."""
    return {LABEL: settings_table(awards_url, reason), TAKE_BACK_LABEL: take_back_table(awards_url)}


def hints(settings: AwardSettings) -> tuple[str, ...]:
    """What to choose in the editor where it offers more than a text."""
    least = "" if settings.allow_negative else ", from 1 on: this store takes nothing away by hand"
    return (
        "Choose the content type as it stands here: agents fill in rows of a form, and no JSON.",
        f"Make amount a whole number where the editor can{least}.",
        f"Make reason a choice where the editor offers one: {', '.join(settings.reasons)}.",
        "As a text, reason is matched to the nearest of these, and not refused for its spelling.",
        "A customer's page has no ticket, so ticket_id is not filled in there.",
        f"Where a page does not tell the address, {SHOWN_MEMBER_ID} counts.",
    )


def _table(label: str, url: str, fields: tuple[ButtonField, ...]) -> list[tuple[str, str, bool]]:
    fixed = (
        ("Title", label),
        ("Method", "POST"),
        ("Address", url),
        ("Header: Authorization", "Bearer <token>"),
        ("Content type", CONTENT_TYPE),
    )
    return [
        *((name, value, False) for name, value in fixed),
        *((f"Body: {field.key}", field.value, field.editable) for field in fields),
    ]
