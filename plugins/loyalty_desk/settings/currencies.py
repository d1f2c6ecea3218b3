"""Which currencies there are, and how many digits their money has."""

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


def check_currency(code: str | None) -> str | None:
    """A currency that has a code in ISO 4217, as Unicode's CLDR lists them; raises ValueError."""
    from babel.numbers import list_currencies  # noqa: PLC0415 - only where one is named

    if code is not None and code not in list_currencies():
        raise ValueError("must be a code of ISO 4217, such as EUR")
    return code


def money_digits(currency: str | None) -> int:
    """The digits after the decimal sign; two where no currency is named."""
    return _DIGITS.get(currency or "", USUAL_DIGITS)
