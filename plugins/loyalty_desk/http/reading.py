"""Reading fields of a JSON row that somebody else wrote.

A field of the wrong type raises BadFieldError, which a client turns into a `Rejected` row; null
and empty are unknown and read as None. No value is ever part of a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.plain_text import drop_unsafe

LARGEST_ID = 2**63 - 1
"""Ids and balances are kept in 64-bit columns."""
MOST_DIGITS: Final = 18
"""Of a number, before its decimal point and after it."""
_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:E[+-]?[0-9]{1,4})?", re.IGNORECASE | re.ASCII
).fullmatch
_EXACT: Final = Context(prec=2 * MOST_DIGITS + 4, rounding=ROUND_HALF_UP)


class BadFieldError(ValueError):
    """A field holds something that cannot be used. Holds the field's name and the reason only."""

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(f"{field}: {reason}")


def clean(text: str) -> str | None:
    """Trim, and drop what no database stores and no page should show; None when nothing is left."""
    return drop_unsafe(text).strip() or None


def read_text(row: Mapping[str, Any], field: str) -> str | None:
    value = row.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadFieldError(field, f"is {kind(value)} instead of text")
    return clean(value)


def read_text_or_number(row: Mapping[str, Any], field: str) -> str | None:
    """Read a foreign id, which some tools write as a number."""
    value = row.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return read_text(row, field)


def read_id(row: Mapping[str, Any], field: str = "id") -> int:
    value = row.get(field)
    if value is None:
        raise BadFieldError(field, "is missing")
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadFieldError(field, f"is {kind(value)} instead of a whole number")
    if not 0 < value <= LARGEST_ID:
        raise BadFieldError(field, "is not a positive 64-bit number")
    return value


def read_utc(row: Mapping[str, Any], field: str) -> str:
    """Read a time as `clock.utc_text` writes it; a time without an offset is UTC."""
    text = read_text(row, field)
    if text is None:
        raise BadFieldError(field, "is missing")
    try:
        return utc_text(parse_utc(text))
    except (ValueError, OverflowError):
        raise BadFieldError(field, "is not an ISO 8601 time") from None


def read_points(row: Mapping[str, Any], field: str) -> int | None:
    """Read a whole number; text and a float that hold one are accepted."""
    value = read_decimal(row, field)
    if value is None:
        return None
    if value != value.to_integral_value():
        raise BadFieldError(field, "is not a whole number")
    if abs(value) > LARGEST_ID:
        raise BadFieldError(field, "does not fit 64 bits")
    return int(value)


def read_decimal(row: Mapping[str, Any], field: str) -> Decimal | None:
    value = row.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadFieldError(field, f"is {kind(value)} instead of a number")
    text = str(value).strip()
    if _NUMBER(text) is None:  # such as `1_000`, which Python takes for a thousand
        raise BadFieldError(field, "is not a number")
    number = Decimal(text)
    if number.adjusted() > MOST_DIGITS:
        raise BadFieldError(field, "is not a number of a sensible size")
    exponent = number.as_tuple().exponent
    is_too_fine = isinstance(exponent, int) and exponent < -MOST_DIGITS
    return _round(number, MOST_DIGITS) if is_too_fine else number


def read_money(row: Mapping[str, Any], field: str, digits: int) -> str | None:
    """Read an amount as text, rounded to so many decimals: it may have been counted in floats."""
    number = read_decimal(row, field)
    return None if number is None else money_text(number, digits)


def _round(number: Decimal, digits: int) -> Decimal:
    return _EXACT.quantize(number, Decimal(1).scaleb(-digits))


def money_text(amount: Decimal, digits: int = 2) -> str:
    return decimal_text(_round(amount, digits))


def decimal_text(number: Decimal) -> str:
    """The one spelling of a decimal: `12.50` and `12.5` must not look like a change."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"", "-0"} else text


def kind(value: object) -> str:
    """The JSON name of a value's type, for messages."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list"}
    return names.get(type(value), "an object" if isinstance(value, Mapping) else "null")
