"""How a day is written: which patterns can be used, and what they print. No I/O."""

from __future__ import annotations

from datetime import date
from typing import Final

from babel import Locale
from babel.dates import format_date, tokenize_pattern

from loyalty_desk.texts.sentences import FAULTS

_LETTERS: Final = frozenset("dML")
"""Of the day and the month; a card knows no more of when an award was booked."""
_LEAP_YEAR: Final = 2024
"""Has each day that there is. No pattern prints it."""


def day_text(month: int, day: int, pattern: str, locale: Locale) -> str:
    """A day without its year, in a pattern that `try_pattern` has nothing against."""
    return format_date(date(_LEAP_YEAR, month, day), pattern, locale)


def try_pattern(pattern: str, locale: Locale) -> str | None:
    """Why a pattern cannot be used; None when it can."""
    try:
        is_blank = not day_text(2, 1, pattern, locale)
    except FAULTS:
        return "is no pattern of a date, such as `d MMMM`"
    asked = {part[0] for kind, part in tokenize_pattern(pattern) if kind == "field"}
    if other := sorted(asked - _LETTERS):
        return (
            f"may ask for the day (d) and the month (M, L) alone, not for {', '.join(other)};"
            " put words in single quotes"
        )
    return "prints nothing" if is_blank else None
