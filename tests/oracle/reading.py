"""How a member's answer is read: by place, told apart what is empty and what is not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Row = Mapping[str, Any]
Read = Callable[[Any], Any]


class _Untold:
    """The answer has no such place, so nothing is said about it."""


UNTOLD = _Untold()


@dataclass(frozen=True)
class Told:
    """What one answer says of one member. A field that is None is told to be empty."""

    member_id: str
    status: str
    fields: Mapping[str, Any]


def at(row: Any, place: str) -> Any:
    """What stands at a place; None for null, for empty text and below null."""
    for step in place.split("."):
        if row is None:
            return None
        if not isinstance(row, Mapping) or step not in row:
            return UNTOLD
        row = row[step]
    return None if isinstance(row, str) and not row.strip() else row


def told(row: Row, places: Mapping[str, tuple[str, Read]]) -> dict[str, Any]:
    """The fields that a row tells by a table of names, places and how each is read."""
    found = {name: (at(row, place), read) for name, (place, read) in places.items()}
    return {
        name: None if value is None else read(value)
        for name, (value, read) in found.items()
        if value is not UNTOLD
    }


def first_told(*values: Any) -> Any:
    """The first that says something; None when one is told to be empty and none says anything."""
    said = [value for value in values if value is not UNTOLD]
    return next((value for value in said if value is not None), None if said else UNTOLD)


def name_of(row: Row, *places: str) -> dict[str, Any]:
    """A name in parts: what the row has of it."""
    parts = [at(row, place) for place in places]
    there = [part.strip() for part in parts if isinstance(part, str)]
    if there:
        return {"name": " ".join(there)}
    return {} if all(part is UNTOLD for part in parts) else {"name": None}


def text(value: Any) -> str:
    return str(value).strip()


def whole(value: Any) -> int:
    return int(value)


def money(value: Any) -> str:
    """An amount in the shortest spelling, to the cent."""
    cents = Decimal(str(value)).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    shortest = f"{cents:f}".rstrip("0").rstrip(".")
    return "0" if shortest == "-0" else shortest


def shown_date(value: str) -> str:
    """`March 05, 2026`, as Rivo writes it for people, or ISO."""
    try:
        return datetime.strptime(value, "%B %d, %Y").date().isoformat()  # noqa: DTZ007 - a day
    except ValueError:
        return value[:10]
