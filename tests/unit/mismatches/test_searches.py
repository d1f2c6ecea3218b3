"""What people type into a search is read as an address by the one key."""

from __future__ import annotations

import pytest

from loyalty_desk.mismatches.searches import find_email_key


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("Ada@Shop.example", "ada@shop.example"),
        ("ada+news@shop.example", "ada+news@shop.example"),
        ("ada news@shop.example", "ada+news@shop.example"),
        ('"ada"@my_shop.example', "ada@my_shop.example"),
        ("ada lovelace", None),
        ("@", None),
    ],
)
def test_an_address_is_found_also_where_its_plus_came_as_a_blank(
    words: str, key: str | None
) -> None:
    assert find_email_key(words) == key
