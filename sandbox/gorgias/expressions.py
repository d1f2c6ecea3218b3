"""Filters of views: `eq(ticket.status, 'open') && gte(ticket.updated_datetime, '2026-03-04')`.

Of that language no page tells the whole. These are the functions that public clients use.
"""

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

CALL = re.compile(r"\s*(\w+)\(\s*ticket\.([\w.]+)\s*(?:,\s*(.+?)\s*)?\)\s*", re.DOTALL)
CURRENT_USER = "{{current_user.id}}"
BETWEEN = re.compile(r"&&")
COMPARES: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "neq": operator.ne, "gt": operator.gt, "gte": operator.ge,
    "lt": operator.lt, "lte": operator.le,
}  # fmt: skip
TESTS = ("isEmpty", "isNotEmpty")
LISTS = ("containsAll", "containsAny")
TEXT = re.compile(r"\s*(?:'([^']*)'|\"([^\"]*)\")\s*")


class Condition(NamedTuple):
    """One function: what it does with a field and, unless it tests for a value, with another."""

    name: str
    field: str
    wanted: str | None


def read_filters(text: str) -> list[Condition]:
    """Return the conditions of a filter, all of which must hold; none for an empty one.

    Raises:
        ValueError: it has something that is not known here.
    """
    return [_read(part) for part in BETWEEN.split(text)] if text.strip() else []


def _read(text: str) -> Condition:
    found = CALL.fullmatch(text)
    if found is None:
        raise ValueError("The sandbox does not know this expression.")
    name, field, wanted = found.groups()
    if name not in COMPARES and name not in TESTS and name not in LISTS:
        raise ValueError(f"The sandbox does not know the function {name}.")
    if (name in TESTS) == (wanted is not None):
        raise ValueError(f"{name} has the wrong number of arguments.")
    if name in LISTS:
        _texts(wanted)
        return Condition(name, field, wanted)
    return Condition(name, field, wanted and wanted.strip("'\""))


def _texts(wanted: str | None) -> list[str]:
    """Return what stands in `['one', "another"]`.

    Raises:
        ValueError: it is no list of texts.
    """
    inside = re.fullmatch(r"\s*\[(.*)\]\s*", wanted or "", re.DOTALL)
    parts = [] if inside is None else [TEXT.fullmatch(one) for one in inside[1].split(",")]
    if inside is None or None in parts:
        raise ValueError("The sandbox does not know this list.")
    return [found[1] or found[2] or "" for found in parts if found]


def _values(ticket: dict[str, Any], path: list[str]) -> list[str]:
    """Return what a path leads to as texts; `tags.name` leads to the name of each tag."""
    places: list[Any] = [ticket]
    for key in path:
        inner = (one.get(key) for one in places if isinstance(one, dict))
        places = [item for one in inner for item in (one if isinstance(one, list) else [one])]
    return [str(one) for one in places if one is not None]


def holds(condition: Condition, ticket: dict[str, Any], user_id: int) -> bool:
    """Tell whether a condition is so for a ticket as lists show it."""
    if condition.name in LISTS:
        held_texts = _values(ticket, condition.field.split("."))
        found = [one in held_texts for one in _texts(condition.wanted)]
        return all(found) if condition.name == "containsAll" else any(found)
    value: Any = ticket
    for key in condition.field.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if condition.name in TESTS:
        return (value in (None, "", [], {})) == (condition.name == "isEmpty")
    wanted = condition.wanted or ""
    wanted = str(user_id) if wanted == CURRENT_USER else wanted
    held = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    moments = _moment(held), _moment(wanted)
    if None not in moments:
        return COMPARES[condition.name](*moments)
    return bool(held or condition.name in ("eq", "neq")) and COMPARES[condition.name](held, wanted)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
