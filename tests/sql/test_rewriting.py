"""Cards in an older form are written anew in the background, and only when `connect` asked."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.card.shown import FORM
from loyalty_desk.clock import utc_now
from loyalty_desk.errors import ApiUnavailableError, NotFoundError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import WantedCard, find_delivery
from loyalty_desk.refresh import CardShower
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.stores_file import StoresFile
from loyalty_desk.staging import schema, stores
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.staging.run_lock import Run, take_lock
from loyalty_desk.staging.store_state import StateKey, keep_state
from loyalty_desk.staging.stores import claim_card_place
from loyalty_desk.sync.plan import plan_changes
from loyalty_desk.sync.rewriting import rewrite_cards
from tests.factories import NOW, STORE, customer, member, store_settings
from tests.scripted import ScriptedTransport
from tests.sql.staged import Staged

SOON_S = 60.0


class Account:
    """Three members' cards that an older version wrote; customer 3 has a ticket."""

    def __init__(self, engine: Engine, **params: Any) -> None:
        self.engine, self.api = engine, ScriptedTransport()
        self.run = Run(
            store=store_settings(), run_id="r", params=RunParams(**params), engine=engine
        )

    def rewrite(self, *answers: Any, within_s: float = SOON_S) -> float:
        for answer in answers:
            self.api.will_answer(answer)
        client = GorgiasClient(self.api, card_key="loyalty", app_id=None)
        return rewrite_cards(self.run, client, time.monotonic() + within_s)["rewritten"]

    def written(self) -> list[int]:
        return [int(path.split("/")[3]) for _, path in self.api.calls]

    def planned(self) -> int:
        with self.engine.begin() as connection:
            counts = plan_changes(connection, self.run.store, "r", utc_now(), full=True, limit=None)
        return counts.planned


@pytest.fixture
def account(staging: Engine) -> Account:
    return account_of(staging)


def account_of(engine: Engine, **params: Any) -> Account:
    found = Account(engine, **params)
    with engine.begin() as connection:
        take_lock(connection, found.run, utc_now())
        people = [member(f"m{number}") for number in (1, 2, 3)]
        customers = [customer(number, data=None) for number in (1, 2, 3)]
        stage_members(connection, STORE, people, NOW, first_load=False)
        stage_customers(connection, STORE, customers, NOW, card_key="loyalty", first_load=False)
        staged = Staged(connection)
        for number in (1, 2, 3):
            staged.match(number, f"m{number}")
            query = schema.members.select().where(schema.members.c.member_id == f"m{number}")
            staged.pushed(number, connection.execute(query).one().card_fingerprint)
        staged.ticket(7, 3)
        keep_state(connection, STORE, StateKey.CARD_FORM, FORM, NOW)
    return found


def test_each_is_written_once_who_wrote_lately_first_and_no_plan_counts_them(
    account: Account,
) -> None:
    assert account.planned() == 0

    assert account.rewrite({}, {}, {}) == 3

    assert account.written() == [3, 1, 2]
    with account.engine.connect() as connection:
        causes = Staged(connection).rows(schema.card_writes, "cause", "cause_ref")
    assert causes == [("sync", account.run.run_id)] * 3
    assert "if_member" in account.api.bodies[0]["data"]["loyalty"]
    assert account.planned() == 0
    assert account.rewrite() == 0


def test_whom_somebody_asks_about_does_not_wait_for_it(account: Account) -> None:
    platform: Any = None  # it is not asked
    client = GorgiasClient(account.api, card_key="loyalty", app_id=None)
    shower = CardShower(account.run.store, account.engine, platform, client)
    account.api.will_answer({})

    assert shower.push("m2") == 1

    assert account.rewrite({}, {}) == 2
    assert account.written() == [2, 3, 1]


def test_a_card_in_an_older_form_is_not_taken_for_the_one_that_a_plan_wants(
    account: Account,
) -> None:
    wanted = WantedCard(1, "customer_data", "matched", "m1")
    with account.engine.connect() as connection:
        delivery = find_delivery(connection, account.run.store, wanted, utc_now())

    assert delivery is not None
    assert delivery.current_fingerprint == delivery.fingerprint
    assert not delivery.is_there


def test_an_upgrade_alone_rewrites_nothing(account: Account) -> None:
    with account.engine.begin() as connection:
        connection.execute(schema.store_state.delete())

    assert account.rewrite() == 0


def test_a_card_that_changed_is_left_to_the_plan_and_its_brake(account: Account) -> None:
    with account.engine.begin() as connection:
        news = member("m1", card={"points_balance": 7})
        stage_members(connection, STORE, [news], utc_now(), first_load=False)

    assert account.rewrite({}, {}) == 2

    assert account.written() == [3, 2]


@pytest.mark.parametrize("params", [{"dry_run": True}, {"limit": 10}])
def test_a_run_that_is_to_write_nothing_or_little_rewrites_nothing(
    staging: Engine, params: dict[str, Any]
) -> None:
    assert account_of(staging, **params).rewrite() == 0


def test_it_ends_with_the_time_box_and_goes_on_in_the_next_run(account: Account) -> None:
    assert account.rewrite(within_s=-1) == 0

    assert account.rewrite({}, {}, {}) == 3


def test_an_outage_ends_it_and_is_no_failure(account: Account) -> None:
    assert account.rewrite({}, ApiUnavailableError("Gorgias is down")) == 1

    assert account.rewrite({}, {}) == 2


def test_who_is_gone_holds_up_nobody(account: Account) -> None:
    gone = NotFoundError("Gorgias", "PUT", "/api/customers/3/data", 404)

    assert account.rewrite(gone, {}, {}) == 2


def test_another_currency_is_another_form_of_every_card(account: Account) -> None:
    assert account.rewrite({}, {}, {}) == 3
    account.run = replace(account.run, store=store_settings(currency="EUR"))

    assert account.rewrite({}, {}, {}) == 3
    assert account.rewrite() == 0


def test_a_store_that_has_movements_read_gets_the_sentence_on_every_card(account: Account) -> None:
    assert account.rewrite({}, {}, {}) == 3
    store = store_settings(currency=account.run.store.currency, lookup={"activity": True})
    account.run = replace(account.run, store=store)

    assert account.rewrite({}, {}, {}) == 3
    assert account.api.bodies[-1]["data"]["loyalty"]["movements_text"]
    assert account.rewrite() == 0


def test_cards_are_written_anew_where_they_stand_from_now_on(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "stores_file", lambda: StoresFile({}, {}))
    claim_card_place(account.engine, account.run.store, "shop.gorgias.com")
    assert account.rewrite({}, {}, {}) == 3
    claim_card_place(account.engine, account.run.store, "shop.gorgias.com")
    assert account.rewrite() == 0
    account.run = replace(account.run, store=store_settings(gorgias={"card_key": "points"}))

    claim_card_place(account.engine, account.run.store, "shop.gorgias.com")

    assert account.planned() == 0, "no brake counts them"
    assert account.rewrite({}, {}, {}) == 3
    assert "points" in account.api.bodies[-1]["data"]


def test_a_store_that_writes_no_customer_data_rewrites_none(account: Account) -> None:
    account.run = replace(account.run, store=store_settings(push_to=["custom_fields"]))

    assert account.rewrite() == 0
