"""Services, the API apart and the public address on IPv6, each asked for real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import Engine

from loyalty_desk.connect.urls import public_url
from loyalty_desk.hooks.connections import gorgias_client, loyalty_platform
from loyalty_desk.hooks.trying import try_gorgias
from loyalty_desk.http.deadline import Deadline
from sandbox.running import Sandbox, running_sandbox
from scripts.served_api import running_api
from tests.conftest import SetConnection
from tests.factories import store_settings
from tests.http.apart import fill
from tests.http.api_client import forget_settings


@pytest.fixture(scope="module")
def on_ipv6() -> Iterator[Sandbox]:
    with running_sandbox(members=10, customers=10, host="::1", speed=100) as sandbox:
        yield sandbox


def as_uri(gorgias: dict[str, Any]) -> str:
    login, key = gorgias["email"].replace("@", "%40"), gorgias["api_key"]
    return f"{{}}://{login}:{key}@{urlsplit(gorgias['url']).netloc}/http"


@pytest.mark.parametrize("kind", ["http", "gorgias"])
def test_a_uri_with_an_ipv6_address_is_asked(
    kind: str, on_ipv6: Sandbox, one_staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert on_ipv6.gorgias_url.startswith("http://[::1]:")
    monkeypatch.setenv("AIRFLOW_CONN_GORGIAS_ACME", as_uri(on_ipv6.gorgias).format(kind))
    client = gorgias_client(store_settings(), one_staging)

    assert client.get_account().domain == "lakeside-tea"
    with client.transport.until(Deadline.after(20)):
        assert client.get_account().domain == "lakeside-tea"
    assert try_gorgias("gorgias_acme").works


@pytest.mark.parametrize("host", ["::1", "[::1]", "[::1]:{port}", "http://[::1]:{port}"])
def test_the_host_field_may_hold_an_ipv6_address(
    host: str, on_ipv6: Sandbox, one_staging: Engine, set_connection: SetConnection
) -> None:
    gorgias = on_ipv6.gorgias
    port = urlsplit(gorgias["url"]).port
    fields = {"host": host.format(port=port), "schema": "http"}
    if "{port}" not in host:
        fields["port"] = str(port)
    set_connection(
        "gorgias_acme",
        conn_type="gorgias",
        login=gorgias["email"],
        password=gorgias["api_key"],
        **fields,
    )
    assert gorgias_client(store_settings(), one_staging).get_account().domain == "lakeside-tea"


def test_a_platform_on_ipv6_is_asked(on_ipv6: Sandbox, set_connection: SetConnection) -> None:
    set_connection("rivo_acme", host=on_ipv6.rivo_url, password=on_ipv6.rivo["api_key"])
    pages = loyalty_platform(store_settings()).iter_member_pages()
    assert sum(len(page.members) for page in pages) == 10


@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_the_api_apart_listens_on_ipv6(host: str, tmp_path: Path) -> None:
    place = fill(tmp_path)
    with running_api(place.environment, tmp_path / "log", "--host", host) as api:
        assert requests.get(f"http://[::1]:{api.port}/health", timeout=10).status_code == 200


@pytest.mark.parametrize("address", ["https://[2001:db8::1]:8443", "http://[::1]:8090"])
def test_the_public_address_may_be_ipv6(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOYALTY_DESK_PUBLIC_URL", f"{address}/")
    forget_settings()
    assert public_url() == address
    forget_settings()
