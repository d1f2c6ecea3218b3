"""Who may be one person: a name in Airflow, an address in Gorgias."""

from __future__ import annotations

import pytest

from loyalty_desk.awards.approval import is_same_person


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("eve", "eve", True),
        ("eve", " Eve ", True),
        ("eve", "eve@shop.example", True),
        ("EVE", "Eve@Shop.Example", True),
        ("eve@shop.example", "eve@shop.example", True),
        ("eve@shop.example", "eve@other.example", False),
        ("eve", "eve+gorgias@shop.example", True),
        ("eve@shop.example", "Eve+Gorgias@Shop.Example", True),
        ("eve+gorgias@shop.example", "eve@other.example", False),
        ("+1 555", "+2 555", False),
        ("eve", "eva", False),
        ("eve", "eve adams", False),
        ("eve@shop.example", "shop.example", False),
        ("\uff45\uff56\uff45", "eve", True),
    ],
)
def test_a_name_and_an_address_of_that_name_are_one_person(
    one: str, other: str, *, same: bool
) -> None:
    assert is_same_person(one, other) is same
    assert is_same_person(other, one) is same
