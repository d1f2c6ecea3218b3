"""A Gorgias account by whatever a person has at hand: its name, its host, a page of it."""

from __future__ import annotations

import pytest

from loyalty_desk.hooks.addresses import account_address


@pytest.mark.parametrize(
    "told",
    [
        *("my-shop", " My-Shop ", "my-shop.gorgias.com", "My-shop.Gorgias.com/"),
        *("https://my-shop.gorgias.com", "https://my-shop.gorgias.com/app/tickets?view=7"),
        "https://my-shop.gorgias.com/api",
    ],
)
def test_an_account_is_found_by_any_of_its_names(told: str) -> None:
    assert account_address(told) == "https://my-shop.gorgias.com"


@pytest.mark.parametrize(
    "told",
    [
        *(None, "", "localhost", "127.0.0.1:81", "http://127.0.0.1:81", "gorgias.com"),
        *("http://my-shop.gorgias.com", "https://eve:hidden@my-shop.gorgias.com"),
        *("https://my-shop.gorgias.com:81", "https://proxy.shop.example/gorgias", "my shop"),
        *("https://[", "my-shop.gorgias.com.evil.example"),
    ],
)
def test_any_other_address_stays_as_it_is(told: str | None) -> None:
    assert account_address(told) == told
