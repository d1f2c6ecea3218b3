"""The hooks for DAGs of one's own, and Airflow's button Test, on each platform."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.errors import ApiError, SettingsError
from loyalty_desk.hooks.loyalty import LoyaltyHook
from loyalty_desk.platforms.registry import platform_class
from tests.platforms.account import Account
from tests.tried import Test, airflows_test, nobody, somebody_else

KEY = "key-that-nobody-may-see"
PATHS = {"trifft": "/member", "loyaltylion": "/v2/customers"}


@pytest.fixture
def tested(monkeypatch: pytest.MonkeyPatch, account: Account) -> Test:
    """Airflow's test of the account's connection, with other values where they are given."""
    test = airflows_test(monkeypatch)

    def of_account(**changes: Any) -> tuple[bool, str]:
        ready = account.ready
        fields = {"host": ready["url"], "password": ready["api_key"], "extra": account.options}
        return test(account.case.name, **{**fields, **changes})

    return of_account


def test_a_right_key_works(account: Account, tested: Test) -> None:
    title = platform_class(account.case.name).title
    assert tested() == (True, f"It works: {title} takes the API key and lets members be read.")


def test_a_wrong_key_is_refused(account: Account, tested: Test) -> None:
    works, told = tested(password=KEY)
    assert not works
    title = platform_class(account.case.name).title
    assert told.startswith(f"{title} refuses the API key at 127.0.0.1:")


def test_a_wrong_address_is_said(account: Account, tested: Test) -> None:
    title = platform_class(account.case.name).title
    with somebody_else() as host:
        said = f"{title} does not answer at {host}: correct the API address."
        assert tested(host=f"http://{host}") == (False, said)


def test_a_network_that_is_gone_is_said(tested: Test) -> None:
    host = nobody()
    works, told = tested(host=f"http://{host}")
    assert not works
    assert told == (
        f"From here nobody reaches {host} (the connection was refused): look at the network, the"
        " proxy and the firewall."
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": None}, "This connection lacks password."),
        ({"password": f"{KEY} {KEY}"}, "This connection: its password holds a space"),
        ({"host": "http://api.shop.example"}, "This connection uses http to api.shop.example"),
    ],
)
def test_what_is_missing_is_said_of_the_form(
    tested: Test, changes: dict[str, Any], said: str
) -> None:
    works, told = tested(**changes)
    assert not works
    assert told.startswith(said)
    assert KEY not in told


def test_open_facts_that_cannot_be_are_named(account: Account, tested: Test) -> None:
    if not platform_class(account.case.name).guesses:
        pytest.skip("nothing of it is open")
    works, told = tested(extra={"api": {"no.such": 1}})
    assert not works
    assert told.startswith("The extra of this connection: api.no.such is no key of this platform")


def test_the_type_of_a_connection_tells_the_platform(account: Account) -> None:
    account.connect(conn_type=account.case.name)
    hook = LoyaltyHook(f"{account.case.name}_acme")

    member = next(hook.iter_members()) if hook.platform().capabilities.lists_members else None

    assert hook.platform().name == account.case.name
    if member is not None:
        assert hook.find_member(member.member_id) == member


def test_a_connection_of_the_type_http_has_to_be_told(account: Account) -> None:
    account.connect()
    conn_id = f"{account.case.name}_acme"

    with pytest.raises(SettingsError, match="say which platform"):
        LoyaltyHook(conn_id).platform()
    assert LoyaltyHook(conn_id, platform=account.case.name).platform().name == account.case.name


def test_the_hook_sends_requests_of_ones_own(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    account.connect(conn_type=account.case.name)
    hook = LoyaltyHook(f"{account.case.name}_acme")

    path = account.case.overrides.get("path.members", PATHS.get(account.case.name, "/customers"))
    answer = hook.run(path or PATHS[account.case.name], {"limit": 1})
    with pytest.raises(ApiError, match="404"):
        hook.run("/nowhere/eve@shop.example")

    assert answer.status_code == 200
    assert not {"api", "webhook_secret"} & set(answer.request.headers)
    assert "eve@shop.example" not in caplog.text
    for secret in account.secrets():
        assert secret not in caplog.text
