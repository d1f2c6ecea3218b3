"""What is left of an address where it is not to be seen."""

from __future__ import annotations

import pytest

from loyalty_desk.card.emails import masked_within, short_name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Call back at 5", "Call back at 5"),
        ("tell ada@shop.example, too", "tell a…@shop.example, too"),
        ("a@x.example\nb@y.example", "a…@x.example\nb…@y.example"),
        ("https://admin.example/members/ada%40shop.example", "h…@shop.example"),
        ("https://shop.example/?friend=ada@shop.example", "h…@shop.example"),
        ("3 @ 5 points, as @ada says", "3 @ 5 points, as @ada says"),
        ("", ""),
        (None, ""),
    ],
)
def test_in_a_text_each_address_is_masked_and_nothing_else(text: str | None, shown: str) -> None:
    assert masked_within(text) == shown


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        ("eve", "eve"),
        ("eve@shop.example", "eve"),
        ("Eve <eve@shop.example>", "Eve <eve"),
        ("@", "@"),
    ],
)
def test_of_an_agents_address_the_name_is_left(who: str, shown: str) -> None:
    assert short_name(who) == shown
