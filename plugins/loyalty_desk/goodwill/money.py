"""Money in hundredths of the currency, made of points by whole numbers. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_MILLIONTHS_IN_A_HUNDREDTH: Final = 10_000


def worth(points: int, credit: int, point_value_millionths: int | None) -> int | None:
    """What so many points and hundredths of credit come to; None where a point has no value.

    Rounded once, halves away from zero.
    """
    if point_value_millionths is None:
        return None
    exact = points * point_value_millionths
    rounded = (abs(exact) + _MILLIONTHS_IN_A_HUNDREDTH // 2) // _MILLIONTHS_IN_A_HUNDREDTH
    return (rounded if exact >= 0 else -rounded) + credit


def as_decimal(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)


def hundredths_of(amount: float) -> int:
    """An amount of the settings, which are read as floats."""
    return round(amount * 100)
