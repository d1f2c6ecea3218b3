"""Money has the digits of its currency."""

from __future__ import annotations

import pytest

from loyalty_desk.settings.currencies import money_digits


@pytest.mark.parametrize(
    ("currency", "digits"), [(None, 2), ("EUR", 2), ("JPY", 0), ("KWD", 3), ("XYZ", 2)]
)
def test_a_currency_has_its_own_digits(currency: str | None, digits: int) -> None:
    assert money_digits(currency) == digits
