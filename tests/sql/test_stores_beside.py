"""Two stores in one Gorgias account: neither writes over what the other one wrote just now."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyalty_desk.errors import SettingsError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import CardWriter, WantedCard, find_delivery
from loyalty_desk.settings.stores_file import StoresFile
from loyalty_desk.staging import schema, stores
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.staging.store_state import StateKey, keep_state
from loyalty_desk.staging.stores import claim_card_place, find_stores_beside
from tests.factories import NOW, STORE, customer, member, store_settings
from tests.scripted import ScriptedTransport
from tests.sql.staged import Staged

ACCOUNT, OTHER = "shop.gorgias.com", "other"


@pytest.fixture(autouse=True)
def _both_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    both = {name: store_settings(name=name) for name in (STORE, OTHER)}
    monkeypatch.setattr(stores, "stores_file", lambda: StoresFile(both, {}))


def claim(engine: Engine, name: str, account: str = ACCOUNT, **gorgias: str) -> None:
    claim_card_place(engine, store_settings(name=name, gorgias=gorgias), account)


def beside(engine: Engine) -> tuple[list[str], list[str]]:
    """Who is in the account, and who is at the same place in it."""
    return (
        find_stores_beside(engine, STORE, at_place=False),
        find_stores_beside(engine, STORE, at_place=True),
    )


def test_a_store_with_a_key_of_its_own_is_beside(staging: Engine) -> None:
    assert beside(staging) == ([], [])
    claim(staging, STORE)
    assert beside(staging) == ([], [])
    claim(staging, OTHER, card_key="club")
    assert beside(staging) == ([OTHER], [OTHER])


def test_who_came_first_keeps_a_place_and_is_not_stopped_by_who_wants_it(staging: Engine) -> None:
    claim(staging, STORE)

    with pytest.raises(SettingsError, match="store other and store acme write their cards"):
        claim(staging, OTHER)

    claim(staging, STORE)
    claim(staging, OTHER, card_key="club")


def test_an_app_of_its_own_is_another_place_and_another_account_is_no_neighbour(
    staging: Engine,
) -> None:
    claim(staging, STORE)
    claim(staging, OTHER, app_id="a1")
    assert beside(staging) == ([OTHER], [])
    claim(staging, OTHER, account="tea.gorgias.com", card_key="club")
    assert beside(staging) == ([], [])


def test_who_is_disconnected_or_not_in_the_file_any_more_does_not_count(
    staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim(staging, STORE)
    claim(staging, OTHER, card_key="club")
    with staging.begin() as connection:
        keep_state(connection, OTHER, StateKey.DISCONNECTED, "{}", NOW)
    assert beside(staging) == ([], [])
    with staging.begin() as connection:
        Staged(connection).delete(schema.store_state)
    claim(staging, STORE)
    claim(staging, OTHER, card_key="club")
    monkeypatch.setattr(stores, "stores_file", lambda: StoresFile({}, {}))
    assert beside(staging) == ([], [])


@pytest.mark.parametrize("is_shared", [False, True])
def test_what_the_other_store_wrote_just_now_is_read_before_a_write(
    staging: Engine, *, is_shared: bool
) -> None:
    claim(staging, STORE)
    if is_shared:
        claim(staging, OTHER, card_key="club")
    with staging.begin() as connection:
        stage_members(connection, STORE, [member("m1")], NOW, first_load=False)
        stage_customers(connection, STORE, [customer(1)], NOW, card_key="loyalty", first_load=False)
        Staged(connection).match(1, "m1")
        wanted = WantedCard(1, "customer_data", "matched", "m1")
        delivery = find_delivery(connection, store_settings(), wanted, NOW)
    assert delivery is not None
    api = ScriptedTransport()
    theirs = {"club": {"member": True}}
    if is_shared:
        row = {"id": 1, "email": "m1@shop.example", "updated_datetime": "2026-03-02T00:00:00"}
        api.will_answer({**row, "data": theirs, "channels": []})
    api.will_answer({})

    client = GorgiasClient(api, card_key="loyalty", app_id=None)
    CardWriter(client, staging, store_settings()).deliver(delivery)

    assert [method for method, _ in api.calls] == ["GET"] * is_shared + ["PUT"]
    kept = {key: value for key, value in api.bodies[-1]["data"].items() if key != "loyalty"}
    assert kept == (theirs if is_shared else {})
