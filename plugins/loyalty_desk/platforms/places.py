"""Reads rows by the places that a table of guesses names, in place of fixed field names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from loyalty_desk.card.cards import known
from loyalty_desk.card.dates import find_date
from loyalty_desk.http.reading import (
    clean,
    money_text,
    read_decimal,
    read_points,
    read_text,
    read_text_or_number,
)
from loyalty_desk.platforms.guesses import pick
from loyalty_desk.platforms.reading import as_object, cleared


class Places:
    """Reads a row by the places of the table. A place that is null tells nothing."""

    def __init__(self, row: Any, answers: Mapping[str, Any]) -> None:
        self._row, self._answers = as_object(row), answers

    def value(self, key: str) -> Any:
        return pick(self._row, self._answers[key])

    def text(self, key: str) -> str | None:
        place = self._answers[key]
        return None if place is None else read_text({place: self.value(key)}, place)

    def text_or_number(self, key: str) -> str | None:
        place = self._answers[key]
        return None if place is None else read_text_or_number({place: self.value(key)}, place)

    def cleared(
        self, keys: Mapping[str, Collection[str]], values: Mapping[str, Any]
    ) -> frozenset[str]:
        """Which of a member's fields the row tells to be empty, by the table's keys of each."""
        told_at = {
            name: [place for key in keys[name] if (place := self._answers[key]) is not None]
            for name, value in values.items()
            if value is None and name in keys
        }
        return cleared(self._row, told_at, values)

    def points(self, key: str) -> int | None:
        place = self._answers[key]
        return None if place is None else read_points({place: self.value(key)}, place)

    def names(self, key: str, name_key: str) -> list[str] | None:
        """Texts of a list of texts, or of objects with a name; others are left out."""
        rows = self.value(key)
        if not isinstance(rows, list):
            return None
        found = [
            pick(row, self._answers[name_key]) if isinstance(row, Mapping) else row for row in rows
        ]
        return [name for text in found if isinstance(text, str) and (name := clean(text))]

    def coupons(self) -> list[dict[str, Any]] | None:
        """The coupons that have a name, with what else is known of each."""
        rows = self.value("member.coupons")
        if not isinstance(rows, list):
            return None
        coupons = [
            read_coupon(Places(row, self._answers)) for row in rows if isinstance(row, Mapping)
        ]
        return [coupon for coupon in coupons if "name" in coupon]


def read_coupon(at: Places) -> dict[str, Any]:
    usable = at.value("coupon.usable")
    return known(
        {
            "name": at.text("coupon.name"),
            "value": _coupon_value(at),
            "usable": usable if isinstance(usable, bool) else None,
            "code": at.text_or_number("coupon.code"),
            "expires_on": find_date(at.text("coupon.expires_on")),
        }
    )


def _coupon_value(at: Places) -> str | None:
    cents, percent = (
        read_decimal({key: at.value(key)}, key) for key in ("coupon.value", "coupon.percent")
    )
    if percent is not None:
        return f"{money_text(percent)} %"
    return None if cents is None else money_text(cents / Decimal(100))
