"""Disconnecting: the account is as it was, and what waits is not lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine, Table, insert

from loyalty_desk.clock import utc_now
from loyalty_desk.connect.disconnect import Waiting
from loyalty_desk.connect.tokens import find_grant
from loyalty_desk.errors import StoreDisconnectedError
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.settings.stores_file import stores_file
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state
from loyalty_desk.staging.stores import open_store
from loyalty_desk.tasks.connect import close
from sandbox.running import Sandbox
from tests.factories import NOW, STORE
from tests.http.api_client import forget_settings, new_token
from tests.http.connect.account import Desk, Gorgias, card, set_store, shape
from tests.waiting import wait_until


def test_disconnect_leaves_the_account_as_it_was(
    desk: Desk, gorgias: Gorgias, staging: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    before = shape(gorgias.account())
    customer = gorgias.call("GET", "/api/customers?limit=1")["data"][0]["id"]
    path = f"/api/customers/{customer}"
    gorgias.call("PUT", f"{path}/data", {"data": {"loyalty": {"tier": "Gold"}, "crm": 1}})
    assert desk("connect") == 0
    field = gorgias.one(Kind.CUSTOM_FIELD, external_id="loyalty-desk-acme-status")["id"]
    gorgias.call("PUT", f"{path}/custom-fields", [{"id": field, "value": "member"}])
    card(staging, customer, "customer_data")
    card(staging, customer, "custom_fields")
    token = new_token()

    assert desk("disconnect", "--clear-cards") == 0

    assert shape(gorgias.account()) == before
    assert gorgias.call("GET", path)["data"] == {"crm": 1}
    assert gorgias.call("GET", f"{path}/custom-fields") == {"data": []}
    with reading(staging) as connection:
        assert find_grant(connection, token, utc_now()) is None
        assert connection.execute(schema.pushed_cards.select()).all() == []
    said = capsys.readouterr().out
    assert "archived" in said
    assert "webhooks at Rivo" in said
    assert "airflow dags pause -y loyalty_sync__acme" in said


def test_cards_that_were_not_asked_for_stay_with_their_fields(
    desk: Desk, gorgias: Gorgias, staging: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk("connect") == 0
    card(staging, 1, "custom_fields")

    assert desk("disconnect") == 0

    fields = [f for f in gorgias.all(Kind.CUSTOM_FIELD) if f["external_id"]]
    assert [field["deactivated_datetime"] for field in fields] == [None] * 3
    assert gorgias.all(Kind.WIDGET) == []
    assert "1 cards in Gorgias" in capsys.readouterr().out


def test_tags_stay_while_another_store_of_the_account_uses_them(
    desk: Desk,
    gorgias: Gorgias,
    staging: Engine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    both = {name: {"platform": "rivo", "budget": {"share": 1.0}} for name in (STORE, "other")}
    (tmp_path / "stores.yaml").write_text(yaml.safe_dump({"stores": both}))
    forget_settings()
    assert desk("connect") == 0
    with staging.begin() as connection:
        place = find_state(connection, STORE, StateKey.CARD_PLACE)
        keep_state(connection, "other", StateKey.CARD_PLACE, f"{place}-of-other", NOW)

    assert desk("disconnect") == 0

    assert gorgias.one(Kind.TAG, name="loyalty")
    assert "store other has them too" in capsys.readouterr().out


def test_clearing_goes_on_where_it_stopped(
    desk: Desk, gorgias: Gorgias, staging: Engine, sandbox: Sandbox
) -> None:
    ids = [row["id"] for row in gorgias.call("GET", "/api/customers?limit=20")["data"]]
    for customer_id in ids:
        path = f"/api/customers/{customer_id}/data"
        gorgias.call("PUT", path, {"data": {"loyalty": {"tier": "Gold"}}})
        card(staging, customer_id, "customer_data")
    rule = {"effect": "status", "status": 403, "method": "PUT", "skip": 7}
    sandbox.control("gorgias", "POST", "faults", rule)

    assert desk("disconnect", "--clear-cards") == 1
    sandbox.control("gorgias", "POST", "reset", {"faults": True, "counters": True})
    assert desk("disconnect", "--clear-cards") == 0

    shown = [gorgias.call("GET", f"/api/customers/{one}")["data"] for one in ids]
    assert not any("loyalty" in (data or {}) for data in shown)


def test_a_disconnected_store_does_not_run_until_it_is_connected_again(desk: Desk) -> None:
    assert desk("connect") == 0
    assert desk("disconnect") == 0

    with pytest.raises(StoreDisconnectedError, match="connect --store acme"):
        open_store(STORE)

    assert desk("connect") == 1, "its DAGs could not be unpaused, which is said"
    open_store(STORE)


def test_its_dags_pause_before_cards_are_cleared_which_may_take_days(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []
    assert desk("connect") == 0
    monkeypatch.setattr(
        "loyalty_desk.connect.pauses.set_paused",
        lambda store, *, paused: asked.append((store, paused)),
    )

    close(STORE, waiting=Waiting.PARK, by="ada")

    assert asked == [(STORE, True)]


def test_awards_that_wait_are_not_lost(
    desk: Desk, staging: Engine, gorgias: Gorgias, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk("connect") == 0
    before = gorgias.account()
    queue_an_award(staging)

    assert desk("disconnect") == 1
    assert "1 awards of store acme wait" in capsys.readouterr().err
    assert gorgias.account() == before
    open_store(STORE)

    assert desk("disconnect", "--waiting-awards", "park") == 0
    assert "1 awards stay in the queue" in capsys.readouterr().out


def queue_an_award(staging: Engine) -> None:
    from loyalty_desk.awards.queue import Door, queue_award
    from loyalty_desk.awards.requests import read_request

    store = stores_file().get(STORE)
    fields = {"member_id": "7", "amount": "50", "reason": "gesture", "agent": "ada"}
    request = read_request(fields, store.awards)
    with staging.begin() as connection:
        queue_award(connection, store, request, NOW, door=Door.FILE)


def hold(staging: Engine) -> None:
    with staging.begin() as connection:
        connection.execute(
            insert(schema.locks).values(
                store=STORE, run_id="r", expires_at_utc="2999-01-01T00:00:00.000000Z"
            )
        )


def test_a_store_that_is_being_synced_for_too_long_is_not_disconnected(
    desk: Desk, staging: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_store(tmp_path, turn_minutes=0.5)
    hold(staging)

    assert desk("disconnect") == 1

    assert "being synced" in capsys.readouterr().err


def test_a_disconnect_takes_its_turn_when_the_sync_ends(
    desk: Desk, staging: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hold(staging)
    with ThreadPoolExecutor(1) as pool:
        disconnect = pool.submit(desk, "disconnect")
        wait_until(lambda: rows(staging, schema.lock_turns))
        with staging.begin() as connection:
            connection.execute(schema.locks.delete())
        assert disconnect.result(30) == 0
    assert "is disconnected" in capsys.readouterr().out
    assert rows(staging, schema.lock_turns) == rows(staging, schema.locks) == []


def rows(staging: Engine, table: Table) -> list[object]:
    with reading(staging) as connection:
        return list(connection.execute(table.select()))
