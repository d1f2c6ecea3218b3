"""Dates in the patterns of moment.js, as macros have them in `datetime_format("MMM Do YY")`."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

TOKEN = re.compile(
    r"\[[^\]]*\]|YYYY|YY|MMMM|MMM|MM|Mo|M|DDDD|DDD|Do|DD|D|dddd|ddd|HH|H|hh|h|mm|m|ss|s|SSS|A|a|"
    r"ZZ|Z|X|LLLL|LLL|LL|LTS|LT|L|Q"
)
LONG = {
    "L": "MM/DD/YYYY",
    "LL": "MMMM D, YYYY",
    "LLL": "MMMM D, YYYY h:mm A",
    "LLLL": "dddd, MMMM D, YYYY h:mm A",
    "LT": "h:mm A",
    "LTS": "h:mm:ss A",
}
WRITERS: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda at: f"{at.year:04d}",
    "YY": lambda at: f"{at.year % 100:02d}",
    "MMMM": lambda at: at.strftime("%B"),
    "MMM": lambda at: at.strftime("%b"),
    "MM": lambda at: f"{at.month:02d}",
    "Mo": lambda at: ordinal(at.month),
    "M": lambda at: str(at.month),
    "DDDD": lambda at: at.strftime("%j"),
    "DDD": lambda at: str(int(at.strftime("%j"))),
    "Do": lambda at: ordinal(at.day),
    "DD": lambda at: f"{at.day:02d}",
    "D": lambda at: str(at.day),
    "dddd": lambda at: at.strftime("%A"),
    "ddd": lambda at: at.strftime("%a"),
    "HH": lambda at: f"{at.hour:02d}",
    "H": lambda at: str(at.hour),
    "hh": lambda at: f"{at.hour % 12 or 12:02d}",
    "h": lambda at: str(at.hour % 12 or 12),
    "mm": lambda at: f"{at.minute:02d}",
    "m": lambda at: str(at.minute),
    "ss": lambda at: f"{at.second:02d}",
    "s": lambda at: str(at.second),
    "SSS": lambda at: f"{at.microsecond // 1000:03d}",
    "A": lambda at: "PM" if at.hour >= 12 else "AM",
    "a": lambda at: "pm" if at.hour >= 12 else "am",
    "Z": lambda at: f"{at.strftime('%z')[:3]}:{at.strftime('%z')[3:5]}",
    "ZZ": lambda at: at.strftime("%z"),
    "X": lambda at: str(int(at.timestamp())),
    "Q": lambda at: str((at.month + 2) // 3),
}


def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th."""
    special = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if 11 <= number % 100 <= 13 else special.get(number % 10, "th")
    return f"{number}{ending}"


def read_moment(value: object) -> datetime | None:
    """Return a stored date, or date and time, in UTC when it says no other; None for no date."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def write_moment(moment: datetime, pattern: str) -> str:
    """Return a moment in a pattern of moment.js; text in square brackets stands as it is."""

    def write(found: re.Match[str]) -> str:
        token = found[0]
        if token.startswith("["):
            return token[1:-1]
        if token in LONG:
            return write_moment(moment, LONG[token])
        return WRITERS[token](moment)

    return TOKEN.sub(write, pattern)
