"""How Gorgias would print a macro: variables over a ticket, and a blank for what is not there.

Source: Gorgias help, "Macro variables": a missing value prints a blank space; `datetime_format` is
the only filter documented, with moment.js patterns. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Final

from loyalty_desk.clock import parse_utc

VARIABLE: Final = re.compile(r"\{\{\s*([^{}|]+?)\s*(?:\|\s*([^{}]*?)\s*)?\}\}")
STEP: Final = re.compile(r"([^.\[\]]+)|\[(-?\d+)\]")
DATE_FILTER: Final = re.compile(r"""datetime_format\(\s*["']([^"']*)["']\s*\)""")
MOMENT: Final = re.compile("YYYY|YY|MMMM|MMM|MM|M|DD|Do|D|dddd|ddd|HH|H|hh|h|mm|ss|A|a")
BLANK: Final = " "


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A text as it would be sent. `blanks` are the variables that printed nothing, in order."""

    text: str
    blanks: tuple[str, ...]


def render(template: str, context: Mapping[str, Any], *, html: bool = False) -> Rendered:
    """Fill the variables of a template; values are escaped for `html`."""
    blanks: list[str] = []

    def fill(found: re.Match[str]) -> str:
        value = _value(found[1], found[2], context)
        if value is None or not value.strip():
            blanks.append(found[1])
            return BLANK
        return escape(value) if html else value

    text = VARIABLE.sub(fill, template)
    return Rendered(text=text, blanks=tuple(blanks))


def find(path: str, context: Any) -> Any:
    """What stands under a path such as `ticket.messages[-1].body_text`; None when nothing does."""
    for name, place in STEP.findall(path):
        if isinstance(context, Mapping):
            # An id in brackets is a key too: `integrations[555]`.
            context = context.get(name or place)
        elif isinstance(context, list) and (place or name.isdecimal()):
            number = int(place or name)
            context = context[number] if -len(context) <= number < len(context) else None
        else:
            return None
    return context


def _value(path: str, filter_text: str | None, context: Mapping[str, Any]) -> str | None:
    value = find(path, context)
    if filter_text:
        pattern = DATE_FILTER.fullmatch(filter_text)
        return _date(value, pattern[1]) if pattern and isinstance(value, str) else None
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def _date(value: str, pattern: str) -> str | None:
    try:
        moment = parse_utc(value)
    except ValueError:
        return None
    return MOMENT.sub(lambda found: _part(moment, found[0]), pattern)


def _part(moment: datetime, token: str) -> str:
    """One token of moment.js; English names, whatever this machine's language."""
    hour = moment.hour % 12 or 12
    parts = {
        "YYYY": f"{moment.year:04}",
        "YY": f"{moment.year % 100:02}",
        "MMMM": MONTHS[moment.month - 1],
        "MMM": MONTHS[moment.month - 1][:3],
        "MM": f"{moment.month:02}",
        "M": str(moment.month),
        "DD": f"{moment.day:02}",
        "Do": f"{moment.day}{_ordinal(moment.day)}",
        "D": str(moment.day),
        "dddd": DAYS[moment.weekday()],
        "ddd": DAYS[moment.weekday()][:3],
        "HH": f"{moment.hour:02}",
        "H": str(moment.hour),
        "hh": f"{hour:02}",
        "h": str(hour),
        "mm": f"{moment.minute:02}",
        "ss": f"{moment.second:02}",
        "A": "AM" if moment.hour < 12 else "PM",
        "a": "am" if moment.hour < 12 else "pm",
    }
    return parts[token]


def _ordinal(day: int) -> str:
    if 11 <= day <= 13:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
