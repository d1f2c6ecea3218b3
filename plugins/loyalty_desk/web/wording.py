"""How pages of the desk say times, spans of time and what the program calls things, for people.

Times go by the store's zone, which stands beside each of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from loyalty_desk.clock import in_zone, parse_utc
from loyalty_desk.records import AwardState, Outcome

UTC_ZONE: Final = "UTC"
"""Where no store is known, and so no zone."""
_SPANS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60))
_CODED: Final = re.compile(r"`([^`]+)`|\b[A-Za-z][\w.]*_[\w.]*\w")
STARTS: Final[Mapping[str, str]] = {
    "scheduled": "by schedule",
    "manual": "by hand",
    "asset_triggered": "after another DAG",
    "backfill": "to catch up",
    "operator_triggered": "by another DAG",
    "command": "by a command",
}
"""How a run began, by what Airflow has its id begin with."""
DOORS: Final[Mapping[str, str]] = {
    "airflow_form": "by a form in Airflow",
    "file": "by a file",
    "http": "by a button or another program",
    "command": "by a command",
    "desk": "on the desk",
    "batch": "in a batch on the desk",
}
"""How an award came in."""


def as_of(now: datetime, zone: str) -> str:
    """The moment that a whole page is of: `14:05 Europe/Oslo`."""
    return f"{now.astimezone(ZoneInfo(zone)):%H:%M} {zone}"


def span(seconds: float) -> str:
    """How long something takes or is ago, in the one or two units that matter."""
    rest, parts = round(seconds), []
    for unit, size in _SPANS:
        number, rest = divmod(rest, size)
        if number:
            parts.append(f"{number} {unit}" if number == 1 else f"{number:,} {unit}s")
        elif parts:  # 2 days and 5 minutes are 2 days
            break
    return " ".join(parts[:2]) or "less than a minute"


def grouped(value: float | Decimal | str | None) -> str:
    """A number with its thousands marked, whole or not; anything else as it is."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int | float | Decimal) else str(value)


def plain(text: str) -> Markup:
    """A text of the program for people: its own words for classes, states and keys of the card
    become those of people; any other name, and what is to be typed (`so`), is marked as such.
    """
    found, at = Markup(), 0
    for word in _CODED.finditer(text):
        found += escape(text[at : word.start()])
        is_own = word[0] in _own_words()
        found += words(word[0]) if is_own else Markup("<code>{}</code>").format(word[1] or word[0])
        at = word.end()
    return found + escape(text[at:])


def words(code: str) -> str:
    """The words that a name of the program is made of."""
    return " ".join(code.replace("_", " ").split())


def door(code: str) -> str:
    """How an award came in."""
    return DOORS.get(code, words(code))


def started(run_id: str) -> str:
    """How a run began, as far as its id tells."""
    return STARTS.get(run_id.partition("__")[0], "")


def key_label(name: str) -> str:
    """What people read beside a value of the card."""
    from loyalty_desk.card.keys import KEYS  # noqa: PLC0415 - for the pages of people only

    return KEYS[name].label if name in KEYS else words(name).capitalize()


def detail(code: str) -> Markup:
    """Why an award was refused, or what else there is to say of its state."""
    from loyalty_desk.report.award_texts import REFUSED_TEXTS  # noqa: PLC0415 - for awards only

    return escape(REFUSED_TEXTS[code].title) if code in REFUSED_TEXTS else plain(code)


def _read(value: datetime | str) -> datetime:
    return parse_utc(value) if isinstance(value, str) else value


@cache
def _own_words() -> frozenset[str]:
    from loyalty_desk.card.keys import KEYS  # noqa: PLC0415 - for texts of failures only

    return frozenset({*KEYS, *Outcome, *AwardState})


@pass_context
def _moment(context: Context, value: datetime | str) -> str:
    return in_zone(_read(value), _zone(context))


@pass_context
def _day(context: Context, value: datetime | str) -> str:
    return f"{_read(value).astimezone(ZoneInfo(_zone(context))):%-d %b %Y}"


@pass_context
def _as_of(context: Context, value: datetime) -> str:
    return as_of(value, _zone(context))


def _zone(context: Context) -> str:
    """The zone of the page's store; a part that is imported without its page has none."""
    zone: str = context.get("zone", UTC_ZONE)
    return zone


FILTERS: Final[Mapping[str, Any]] = {
    "utc": _moment,
    "moment": _moment,
    "day": _day,
    "as_of": _as_of,
    "duration": span,
    "grouped": grouped,
    "plain": plain,
    "words": words,
    "door": door,
    "started": started,
    "key_label": key_label,
    "detail": detail,
}
"""As Jinja names them."""
