"""What cannot work is named before the first write."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_desk.gorgias.objects import Kind
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.http.api_client import forget_settings
from tests.http.connect.account import Desk, Gorgias, set_store


def set_app(set_connection: SetConnection, sandbox: Sandbox) -> None:
    """Have the store call as the OAuth2 app."""
    keys = ("client_id", "client_secret", "refresh_token")
    extra = {key: sandbox.gorgias["oauth"][key] for key in keys}
    set_connection("gorgias_acme", host=sandbox.gorgias["url"], extra=extra)


def test_what_does_not_work_is_named_and_nothing_is_written(
    desk: Desk,
    gorgias: Gorgias,
    sandbox: Sandbox,
    set_connection: SetConnection,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = gorgias.account()
    set_connection("rivo_acme", host=sandbox.rivo_url, password="wrong")

    assert desk("connect") == 1

    said = capsys.readouterr()
    assert "nothing was changed; Rivo members" in said.err
    assert "does not work" in said.out
    assert "Gorgias widgets" in said.out
    assert gorgias.account() == before


def test_a_connection_that_cannot_work_is_a_row_of_the_table_beside_the_others(
    desk: Desk,
    sandbox: Sandbox,
    set_connection: SetConnection,
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_connection("gorgias_acme", host=sandbox.gorgias["url"], login="a@shop.example")

    assert desk("connect") == 1

    said = capsys.readouterr()
    assert "lacks password" in said.out
    assert "Rivo members" in said.out
    assert "nothing was changed; Gorgias: " in said.err


def test_an_app_needs_no_scope_that_the_store_does_not_use(
    desk: Desk,
    gorgias: Gorgias,
    sandbox: Sandbox,
    set_connection: SetConnection,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An OAuth2 app without those that read users and fields, for a store that writes no fields."""
    set_store(tmp_path, push_to=["customer_data"])
    set_app(set_connection, sandbox)
    areas = ("customers", "integrations", "macros", "tags")
    scopes = ["account:read", *(f"{area}:{deed}" for area in areas for deed in ("read", "write"))]
    sandbox.control("gorgias", "POST", "oauth", {"scopes": scopes})

    assert desk("connect") == 0

    assert "not told" in capsys.readouterr().out
    assert gorgias.one(Kind.INTEGRATION, name="Loyalty look-up (acme)")


def test_an_app_that_lacks_a_scope_is_told_which_before_the_first_write(
    desk: Desk,
    gorgias: Gorgias,
    sandbox: Sandbox,
    set_connection: SetConnection,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = gorgias.account()
    set_app(set_connection, sandbox)
    scopes = ["account:read", "customers:read", "integrations:read", "tags:read"]
    sandbox.control("gorgias", "POST", "oauth", {"scopes": scopes})

    assert desk("connect") == 1

    assert "Gorgias macros: " in capsys.readouterr().err
    assert gorgias.account() == before


def test_an_address_that_would_send_tokens_in_clear_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOYALTY_DESK_PUBLIC_URL", "http://desk.example")
    forget_settings()

    assert desk("connect") == 1

    assert "in clear" in capsys.readouterr().err
