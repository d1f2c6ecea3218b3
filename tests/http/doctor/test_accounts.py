"""Each thing that may be wrong with a store's connections and the place of its cards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from loyalty_desk.doctor.finding import Severity
from loyalty_desk.doctor.scope import Scope
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.http.doctor.conftest import STORE, Installed
from tests.tried import nobody, somebody_else

KEY = "key-that-nobody-may-see"
EMAIL = "ada@shop.example"


def gorgias_of(sandbox: Sandbox, **changed: str) -> dict[str, str]:
    """The connection to the sandbox's Gorgias, but for what is changed."""
    known = sandbox.gorgias
    fields = {"host": known["url"], "login": known["email"], "password": known["api_key"]}
    return {"conn_type": "gorgias", **fields, **changed}


def test_connections_that_work_are_fine(connected: Installed) -> None:
    gorgias, rivo = connected.look("connections")

    assert {gorgias.severity, rivo.severity} == {Severity.FINE}
    assert gorgias.what.startswith("gorgias_acme: It works: Gorgias lets this user in")
    assert rivo.what.startswith("rivo_acme: It works: Rivo takes the API key")


def test_a_missing_connection_comes_with_the_command_that_adds_it(
    installed: Installed, set_connection: SetConnection
) -> None:
    set_connection("something_else")

    gorgias, rivo = installed.look("connections")

    assert {gorgias.severity, rivo.severity} == {Severity.ERROR}
    assert gorgias.what == "there is no usable Airflow connection 'gorgias_acme'"
    [command] = gorgias.commands
    assert command.startswith("airflow connections add gorgias_acme --conn-type gorgias")
    assert gorgias.in_compose == (f"scripts/compose {command}",)
    assert rivo.commands[0].startswith("airflow connections add rivo_acme --conn-type rivo")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"password": KEY}, "Gorgias refuses the e-mail or the API key"),
        ({"login": EMAIL}, "Gorgias refuses the e-mail or the API key"),
    ],
)
def test_a_wrong_key_is_named_and_not_shown(
    connected: Installed,
    sandbox: Sandbox,
    set_connection: SetConnection,
    changed: dict[str, str],
    told: str,
) -> None:
    set_connection("gorgias_acme", **gorgias_of(sandbox, **changed))
    set_connection("rivo_acme", conn_type="rivo", host=sandbox.rivo_url, password=KEY)

    gorgias, rivo = connected.look("connections")

    assert {gorgias.severity, rivo.severity} == {Severity.ERROR}
    assert told in gorgias.what
    assert "Rivo refuses the API key" in rivo.what
    assert KEY not in f"{gorgias}{rivo}"
    assert EMAIL not in f"{gorgias}{rivo}"


def test_a_mistyped_account_is_named(
    connected: Installed, sandbox: Sandbox, set_connection: SetConnection
) -> None:
    with somebody_else() as place:
        set_connection("gorgias_acme", **gorgias_of(sandbox, host=f"http://{place}"))
        gorgias, _ = connected.look("connections")

    assert gorgias.severity is Severity.ERROR
    assert f"There is no Gorgias account at {place}: correct the account's name" in gorgias.what


def test_a_service_that_nobody_reaches_is_named(
    connected: Installed, sandbox: Sandbox, set_connection: SetConnection
) -> None:
    set_connection("gorgias_acme", **gorgias_of(sandbox, host=f"http://{nobody()}"))

    gorgias, _ = connected.look("connections")

    assert gorgias.severity is Severity.ERROR
    assert "From here nobody reaches 127.0.0.1" in gorgias.what


def test_stores_that_share_a_connection_have_it_tried_once(
    connected: Installed, sandbox: Sandbox
) -> None:
    shared = {"gorgias_conn_id": "gorgias_acme", "platform_conn_id": "rivo_acme"}
    connected.set_stores(acme={}, other=shared)

    found = connected.look("connections")

    assert [one.store for one in found] == ["acme", "acme", "other", "other"]
    counted = sandbox.control("gorgias", "GET", "counters")["requests"]
    assert sum(call["count"] for call in counted) == 1


def test_two_stores_that_write_to_one_place_are_both_named(connected: Installed) -> None:
    connected.set_stores(
        acme={},
        other={"gorgias_conn_id": "gorgias_acme"},
        apart={"gorgias_conn_id": "gorgias_acme", "gorgias": {"card_key": "apart"}},
    )

    acme, other, apart = connected.look("place of cards")

    assert (acme.severity, other.severity) == (Severity.ERROR, Severity.ERROR)
    assert acme.what == (
        "store acme and store other write their cards to the same Gorgias account under 'loyalty'"
    )
    assert acme.remedy.startswith("Give each its own gorgias.card_key")
    assert (apart.severity, apart.store) == (Severity.FINE, "apart")


def test_a_place_is_known_from_stores_that_are_not_looked_at(connected: Installed) -> None:
    connected.set_stores(acme={}, other={"gorgias_conn_id": "gorgias_acme"})

    found = connected.look_once("place of cards", store="other")

    assert (found.store, found.severity) == ("other", Severity.ERROR)


def test_whose_account_is_not_known_is_not_said_to_be_fine(
    installed: Installed, set_connection: SetConnection
) -> None:
    set_connection("something_else")

    assert installed.look_once("place of cards").severity is Severity.NOT_CHECKED


def test_one_store_alone_is_looked_at_when_it_is_named(connected: Installed) -> None:
    connected.set_stores(acme={}, other={})

    assert {one.store for one in connected.look("connections", store=STORE)} == {STORE}


@pytest.mark.parametrize("check", ["connections", "place of cards", "clock", "public address"])
def test_a_check_that_fails_by_itself_says_so_and_nothing_more(
    connected: Installed, one_staging: Engine, monkeypatch: pytest.MonkeyPatch, check: str
) -> None:
    def broken(*_: object) -> Callable[[], None]:
        raise RuntimeError(f"{EMAIL} has the key {KEY}")

    monkeypatch.setattr(Scope, "stores", property(broken))
    monkeypatch.setattr("loyalty_desk.doctor.public_address.configured_address", broken)

    found = connected.look(check)[-1]

    assert found.severity is Severity.NOT_CHECKED
    assert found.what == "the check itself failed (RuntimeError)"
