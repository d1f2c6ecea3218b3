"""`GorgiasHook` for DAGs of one's own, and Airflow's button Test of a Gorgias connection."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine

from loyalty_desk.errors import ApiError, BadConnectionError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.hooks.connections import gorgias_client
from loyalty_desk.hooks.gorgias import GorgiasHook
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import store_settings
from tests.forget import forget_engine
from tests.http.api_client import forget_settings
from tests.tried import Test, airflows_test, nobody, somebody_else

KEY = "key-that-nobody-may-see"
OAUTH = ("client_id", "client_secret", "refresh_token")


@pytest.fixture
def tested(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, at_speed: None) -> Test:
    """Airflow's test of the sandbox's account, with other values where they are given."""
    test, gorgias = airflows_test(monkeypatch), sandbox.gorgias

    def of_account(**changes: Any) -> tuple[bool, str]:
        fields = {
            "host": gorgias["url"],
            "login": gorgias["email"],
            "password": gorgias["api_key"],
            "extra": dict.fromkeys(OAUTH),  # as Airflow's form saves fields that are empty
        }
        return test("gorgias", **{**fields, **changes})

    return of_account


@pytest.fixture
def installed(
    one_staging: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_speed: None
) -> None:
    """The staging database is that of the tests, and one store has the account."""
    stores = tmp_path / "stores.yaml"
    stores.write_text(yaml.safe_dump({"stores": {"acme": {"platform": "rivo"}}}), encoding="utf-8")
    url = one_staging.url.render_as_string(hide_password=False)
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    forget_settings()
    forget_engine()


def test_a_right_key_works(tested: Test) -> None:
    assert tested() == (
        True,
        "It works: Gorgias lets this user in to the account lakeside-tea.",
    )


def test_a_wrong_key_is_refused(tested: Test) -> None:
    works, told = tested(password=KEY)
    assert not works
    assert told.startswith("Gorgias refuses the e-mail or the API key at 127.0.0.1:")


@pytest.mark.parametrize("status", [200, 302, 404])
def test_a_wrong_account_is_said(tested: Test, status: int) -> None:
    with somebody_else(status) as host:
        assert tested(host=f"http://{host}") == (
            False,
            f"There is no Gorgias account at {host}: correct the account's name.",
        )


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"gorgias.com"}, "There is no Gorgias account at no-such-shop.gorgias.com: correct"),
        (set(), "From here nobody reaches no-such-shop.gorgias.com (the host name cannot be"),
    ],
)
def test_a_mistyped_account_is_told_from_a_network_that_is_gone(
    tested: Test, monkeypatch: pytest.MonkeyPatch, known: set[str], said: str
) -> None:
    def resolve(host: str, *asked: Any, **how: Any) -> Any:
        if host not in known:
            raise socket.gaierror(socket.EAI_NONAME, "no")
        return []

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)

    works, told = tested(host="no-such-shop")

    assert not works
    assert told.startswith(said)


def test_a_service_that_is_gone_is_said(tested: Test) -> None:
    host = nobody()
    works, told = tested(host=f"http://{host}")
    assert not works
    assert told.startswith(f"From here nobody reaches {host} (the connection was refused)")


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        ({"effect": "status", "status": 403}, "Gorgias knows the e-mail or the API key and forb"),
        ({"effect": "status", "status": 503}, "Gorgias answers with an error of its own (503)"),
        ({"effect": "status", "status": 429}, "Gorgias has no request left for now"),
    ],
)
def test_each_refusal_has_its_sentence(
    tested: Test, sandbox: Sandbox, effect: dict[str, Any], said: str
) -> None:
    sandbox.control("gorgias", "POST", "faults", {"count": 1, "route": "/api/account", **effect})
    works, told = tested()
    assert not works
    assert told.startswith(said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"host": ""}, "This connection has no host."),
        ({"login": ""}, "This connection lacks login."),
        ({"extra": {"client_id": "a"}}, "This connection lacks client_secret, refresh_token."),
    ],
)
def test_what_is_missing_is_said_of_the_form(
    tested: Test, installed: None, changes: dict[str, Any], said: str
) -> None:
    assert tested(**changes) == (False, said)


def test_an_app_is_tried_with_the_tokens_that_it_has_now(
    tested: Test,
    sandbox: Sandbox,
    installed: None,
    one_staging: Engine,
    set_connection: SetConnection,
) -> None:
    extra = {key: sandbox.gorgias["oauth"][key] for key in OAUTH}
    set_connection("gorgias_acme", conn_type="gorgias", host=sandbox.gorgias_url, extra=extra)
    fields = {"extra": extra, "login": None, "password": None}

    works, told = tested(**fields)
    after = gorgias_client(store_settings(), one_staging).get_account()
    again = tested(**fields)

    assert (works, told) == again
    assert told == "It works: Gorgias lets this app in to the account lakeside-tea."
    assert after.active
    other = {**fields, "extra": {**extra, "refresh_token": KEY}}
    for host in (sandbox.gorgias_url, f"http://{nobody()}"):
        works, told = tested(**other, host=host)
        assert not works
        assert told.startswith(("Gorgias does not renew the access of this", "Gorgias gave no us"))
        assert KEY not in told


def test_the_account_name_alone_is_an_address(
    set_connection: SetConnection, installed: None
) -> None:
    set_connection("gorgias_acme", conn_type="gorgias", host="my-shop", login="a", password=KEY)
    hook = GorgiasHook("gorgias_acme")

    assert hook.url_from_endpoint("/api/tickets") == "https://my-shop.gorgias.com/api/tickets"


def test_a_type_that_is_another_services_is_refused(
    set_connection: SetConnection, installed: None
) -> None:
    set_connection("gorgias_acme", conn_type="smile", host="my-shop", login="a", password=KEY)

    with pytest.raises(BadConnectionError, match="is of the type smile, and gorgias is needed"):
        GorgiasHook("gorgias_acme").get_conn()


@pytest.mark.parametrize("conn_type", ["gorgias", "http"])
def test_the_hook_reads_the_account(
    sandbox: Sandbox,
    set_connection: SetConnection,
    installed: None,
    conn_type: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gorgias, conn_id = sandbox.gorgias, f"gorgias_beside_{conn_type}"
    set_connection(
        conn_id,
        conn_type=conn_type,
        host=gorgias["url"],
        login=gorgias["email"],
        password=gorgias["api_key"],
        extra=json.dumps({"client_id": None, "verify": True}),
    )
    hook = GorgiasHook(conn_id)

    ran = hook.run("/api/customers", {"limit": 1})
    with pytest.raises(ApiError, match="404"):
        hook.run("/api/nowhere/eve@shop.example")

    assert len(ran.json()["data"]) == 1
    assert hook.get_json("/api/account")["domain"] == "lakeside-tea"
    assert isinstance(hook.client(), GorgiasClient)
    assert "client_id" not in ran.request.headers
    assert gorgias["api_key"] not in caplog.text
    assert "eve@shop.example" not in caplog.text
