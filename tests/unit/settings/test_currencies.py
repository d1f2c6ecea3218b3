"""Money has the digits of its currency."""

from __future__ import annotations

import pytest

from loyalty_desk.settings.currencies import check_currency, money_digits


@pytest.mark.parametrize(
    ("currency", "digits"), [(None, 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("XYZ", 2)]
)
def test_a_currency_has_its_own_digits(currency: str | None, digits: int) -> None:
    assert money_digits(currency) == digits


@pytest.mark.parametrize("code", ["XYZ", "eur", "€", ""])
def test_what_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="must be a code of ISO 4217"):
        check_currency(code)


def test_a_currency_may_be_named_or_not() -> None:
    assert [check_currency(code) for code in ("EUR", "JPY", None)] == ["EUR", "JPY", None]
