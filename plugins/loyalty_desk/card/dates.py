"""Dates as platforms and people write them, and as a card has them. Pure.

A time is the date that is written in it, whatever its zone: it stands for a day. An agent can do
without a date, so a new spelling of one must not cost a member's card.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
)
LEAP_YEAR: Final = 2024
"""Has each day that there is, for one without a year."""
NO_YEAR: Final = frozenset({0, 1, 1004, 1604})
"""What programs write for a year that nobody told; Smile's is 1004."""
_TIME: Final = r"(?:[T ]\d{1,2}:.*)?"
_ISO: Final = re.compile(rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){_TIME}").fullmatch
_DISPLAY: Final = re.compile(r"([A-Za-z]{3})[a-z]*\.? (\d{1,2}),? (\d{4})").fullmatch
_GERMAN: Final = re.compile(rf"(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}}){_TIME}").fullmatch
_SLASHED: Final = re.compile(rf"(\d{{1,2}})[/-](\d{{1,2}})[/-](\d{{4}}){_TIME}").fullmatch
_MONTH_DAY: Final = re.compile(r"(?:--)?(\d{1,2})-(\d{1,2})").fullmatch


def find_date(text: str | None) -> str | None:
    """The ISO date that a text is, such as "2026-03-05T00:00:00Z", "March 05, 2026" or
    "05.03.2026"; None for one that does not exist, and for what may be another one.
    """
    if not text:
        return None
    if found := _ISO(text):
        return _iso(found[1], found[2], found[3])
    if found := _DISPLAY(text):
        name = found[1].lower()
        return _iso(found[3], MONTHS.index(name) + 1, found[2]) if name in MONTHS else None
    if found := _GERMAN(text):
        return _iso(found[3], found[2], found[1])
    if found := _SLASHED(text):
        either = {_iso(found[3], found[1], found[2]), _iso(found[3], found[2], found[1])} - {None}
        return either.pop() if len(either) == 1 else None
    return None


def read_date(text: str | None) -> str | None:
    """The same, but what people may take for a date stays as it was told."""
    return find_date(text) or (None if not text or _cannot_be(text) else text)


def read_birthday(text: str | None) -> str | None:
    """A birthday as `1990-03-19`, or `03-19` where nobody told the year; as it was told where it
    is written in another way, and None for a day that does not exist.

    Without a year the month comes first, as in Rivo's documentation and in ISO 8601's `--03-19`;
    `19-03` can be one day only.
    """
    if text and (found := _MONTH_DAY(text)):
        return _day(found[1], found[2]) or _day(found[2], found[1])
    if text and (found := _ISO(text)) and int(found[1]) in NO_YEAR:
        return _day(found[2], found[3])
    return read_date(text)


def _cannot_be(text: str) -> bool:
    """Whether a text has a date's form, and there is no such day."""
    if (found := _SLASHED(text)) and (
        _iso(found[3], found[1], found[2]) or _iso(found[3], found[2], found[1])
    ):
        return False
    if (found := _DISPLAY(text)) and found[1].lower() not in MONTHS:  # another language's
        return False
    return any(form(text) for form in (_ISO, _DISPLAY, _GERMAN, _SLASHED))


def _day(month: str, day: str) -> str | None:
    found = _iso(LEAP_YEAR, month, day)
    return None if found is None else found[5:]


def _iso(year: str | int, month: str | int, day: str | int) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
