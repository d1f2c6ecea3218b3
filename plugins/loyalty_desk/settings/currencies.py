"""How many digits the money of a currency has."""

from __future__ import annotations

from typing import Final

USUAL_DIGITS: Final = 2
_NONE: Final = (
    *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"),
    *("VUV", "XAF", "XOF", "XPF"),
)
_THREE: Final = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_DIGITS: Final = {**dict.fromkeys(_NONE, 0), **dict.fromkeys(_THREE, 3)}
"""The minor units of ISO 4217 where they are not two."""


def money_digits(currency: str | None) -> int:
    """The digits after the decimal sign; two where no currency is named."""
    return _DIGITS.get(currency or "", USUAL_DIGITS)
