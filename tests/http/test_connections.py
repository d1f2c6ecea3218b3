"""Airflow connections that work, and those that cannot: each error names what to do."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.errors import BadConnectionError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.hooks.addresses import base_url_of
from loyalty_desk.hooks.connections import gorgias_client, loyalty_platform
from loyalty_desk.platforms.base import Platform
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import store_settings

KEY = "key-that-nobody-may-see"
GORGIAS = {"host": "https://shop.gorgias.com", "login": "agent@shop.example", "password": KEY}


def url(host: str | None, schema: str | None = None, port: int | None = None) -> str:
    return base_url_of(
        "gorgias_acme",
        schema=schema,
        host=host,
        port=port,
        default_url=None,
        remedy="airflow connections add",
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("https://shop.gorgias.com",), "https://shop.gorgias.com"),
        (("https://Shop.Gorgias.com/",), "https://shop.gorgias.com"),
        (("shop.gorgias.com",), "https://shop.gorgias.com"),
        (("shop.gorgias.com", "https", 443), "https://shop.gorgias.com:443"),
        (("127.0.0.1", "http", 8080), "http://127.0.0.1:8080"),
        (("http://localhost:81", "http", 8080), "http://localhost:81"),
        (("http://[::1]:81",), "http://[::1]:81"),
        (("::1", "http", 8000), "http://[::1]:8000"),
        (("::1", "http"), "http://[::1]"),
        (("[::1]", "http", 8000), "http://[::1]:8000"),
        (("[::1]:8000", "http"), "http://[::1]:8000"),
        (("2001:DB8::1", None, 8443), "https://[2001:db8::1]:8443"),
        (("https://[2001:db8::1]/merchant_api/v1",), "https://[2001:db8::1]/merchant_api/v1"),
        (("https://x.test/merchant_api/v1/",), "https://x.test/merchant_api/v1"),
    ],
)
def test_an_address_is_read(parts: tuple[Any, ...], expected: str) -> None:
    assert url(*parts) == expected


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ((None,), "no host"),
        ((" ",), "no host"),
        (("shop.gorgias.com", "http"), "in clear"),
        (("http://shop.gorgias.com",), "in clear"),
        (("http://127.0.0.1.evil.example",), "in clear"),
        (("http://10.0.0.1",), "in clear"),
        (("2001:db8::1", "http", 80), "in clear"),
        (("::1::2",), "no address"),
        (("http://[::1",), "no address"),
        (("shop.gorgias.com", "ftp"), "must be https"),
        (("shop.gorgias.com", None, 99999), "bad port"),
        (("https://shop.gorgias.com:99999",), "no address"),
        (("https://user:hidden@shop.gorgias.com",), "no address"),
        (("https://shop.gorgias.com?key=hidden",), "no address"),
        (("https://",), "no address"),
        (("shop gorgias",), "no address"),
    ],
)
def test_an_address_that_cannot_work_is_refused(parts: tuple[Any, ...], told: str) -> None:
    with pytest.raises(BadConnectionError, match=told) as caught:
        url(*parts)
    assert "gorgias_acme" in str(caught.value)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"host": ""}, "has no host"),
        ({"login": ""}, "lacks login"),
        ({"password": ""}, "lacks password"),
        ({"password": KEY + "\n"}, "its password holds a space, a line break"),
        ({"password": KEY + "é"}, "letters that no key has"),
        ({"extra": {"client_id": "a"}}, "lacks client_secret, refresh_token"),
        ({"extra": ["a"]}, "not a JSON object"),
        ({"extra": "{broken"}, "not a JSON object"),
    ],
)
def test_a_gorgias_connection_that_cannot_work_says_what_is_missing(
    set_connection: SetConnection, one_staging: Engine, fields: dict[str, Any], told: str
) -> None:
    set_connection("gorgias_acme", **{**GORGIAS, **fields})

    with pytest.raises(BadConnectionError, match=told) as caught:
        gorgias_client(store_settings(), one_staging)
    assert "'gorgias_acme'" in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_missing_connection_says_how_to_add_it(
    set_connection: SetConnection, one_staging: Engine
) -> None:
    set_connection("something_else")

    with pytest.raises(BadConnectionError, match="airflow connections add gorgias_acme --conn-ty"):
        gorgias_client(store_settings(), one_staging)
    with pytest.raises(BadConnectionError, match="airflow connections add rivo_acme --conn-type"):
        loyalty_platform(store_settings())


def test_rivo_needs_no_host(set_connection: SetConnection) -> None:
    set_connection("rivo_acme", password=KEY)

    platform = loyalty_platform(store_settings())

    assert platform.name == "rivo"
    assert platform.counts.requests == 0


def test_secrets_of_the_extra_do_not_become_headers(
    set_connection: SetConnection, one_staging: Engine
) -> None:
    extra = {"client_id": "a", "client_secret": KEY, "refresh_token": KEY, "note": "x"}
    set_connection("gorgias_acme", host=GORGIAS["host"], extra=extra)

    client = gorgias_client(store_settings(), one_staging)

    headers = client.transport._session.headers
    assert KEY not in str(headers)
    assert not {"client_id", "client_secret", "refresh_token", "note"} & set(headers)


def test_the_right_credentials_are_accepted(client: GorgiasClient, platform: Platform) -> None:
    assert client.get_account().domain == "lakeside-tea"
    platform.check()


@pytest.mark.parametrize(("currency", "digits"), [(None, 2), ("JPY", 0)])
def test_the_platform_rounds_money_to_the_stores_currency(
    sandbox: Sandbox, set_connection: SetConnection, currency: str | None, digits: int
) -> None:
    set_connection("rivo_acme", host=sandbox.rivo_url, password=KEY)

    assert loyalty_platform(store_settings(currency=currency))._money_digits == digits


def test_wrong_credentials_name_the_connection(
    sandbox: Sandbox, set_connection: SetConnection, one_staging: Engine, at_speed: None
) -> None:
    set_connection(
        "gorgias_acme", host=sandbox.gorgias_url, login="agent@shop.example", password=KEY
    )
    set_connection("rivo_acme", host=sandbox.rivo_url, password=KEY)

    with pytest.raises(BadConnectionError, match=r"401.*'gorgias_acme'"):
        gorgias_client(store_settings(), one_staging).get_account()
    with pytest.raises(BadConnectionError, match=r"401.*'rivo_acme'"):
        loyalty_platform(store_settings()).check()
