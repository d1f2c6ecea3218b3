"""A German customer of the real sandbox is told in German by card, lookup and macro, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.card.cards import member_card
from loyalty_desk.card.keys import IF_MEMBER
from loyalty_desk.card.texts import without_texts
from loyalty_desk.clock import utc_now
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import CardWriter, WantedCard, find_delivery
from loyalty_desk.hooks.connections import gorgias_client
from loyalty_desk.lookup.answers import LookedUp
from loyalty_desk.lookup.staged import find_staged
from loyalty_desk.macros.preview import preview
from loyalty_desk.macros.templates import macros_of
from loyalty_desk.records import MemberStatus
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.staging.run_lock import Run, take_lock
from loyalty_desk.sync.plan import PlanCounts, plan_changes
from loyalty_desk.sync.push import count_changes, push_changes
from loyalty_desk.texts.of_store import texts_of
from loyalty_desk.web.desk import customers
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import STORE, member, store_settings
from tests.sql.staged import Staged

MACROS = Path(__file__).parents[2] / "include" / "macros"


class Account:
    """A customer whose language Gorgias knows, and who is a member."""

    def __init__(self, engine: Engine, client: GorgiasClient, customer_id: int) -> None:
        self.engine, self.client, self.customer_id = engine, client, customer_id

    def extract(self) -> None:
        """What a sync reads of the customer; the match is made the first time."""
        found = self.client.get_customer(self.customer_id)
        self.email = str(found.email)
        with self.engine.begin() as connection:
            stage_customers(
                connection, STORE, [found], utc_now(), card_key="loyalty", first_load=False
            )
            one = member("7", email=found.email, card={"points_balance": 1840})
            stage_members(connection, STORE, [one], utc_now(), first_load=False)
            if not Staged(connection).rows(schema.matches, "customer_id"):
                Staged(connection).match(self.customer_id, "7")

    def sync(self, store: StoreSettings, run_id: str) -> PlanCounts:
        run = Run(store=store, run_id=run_id, params=RunParams(), engine=self.engine)
        self.extract()
        with self.engine.begin() as connection:
            if run_id == "r1":
                take_lock(connection, run, utc_now())
            counts = plan_changes(connection, store, run_id, utc_now(), full=run_id == "r1")
        push_changes(run, self.client)
        assert count_changes(run).left == count_changes(run).failed == 0
        return counts

    def shown(self) -> Any:
        return (self.client.get_customer(self.customer_id).data or {})["loyalty"]


@pytest.fixture
def account(
    sandbox: Sandbox, staging: Engine, set_connection: SetConnection, at_speed: None
) -> Account:
    """An account with a German; the budget is the sandbox's own."""
    found = sandbox.gorgias
    set_connection(
        "gorgias_acme", host=found["url"], login=found["email"], password=found["api_key"]
    )
    rows = sandbox.control("gorgias", "GET", "customers?limit=50")["data"]
    german = next(row["id"] for row in rows if row["language"] == "de" and row["email"])
    client = gorgias_client(store_settings(), staging)
    client.put_customer_data(int(german), {}, None)
    return Account(staging, client, int(german))


def test_a_german_is_told_in_german_wherever_an_agent_looks(account: Account) -> None:
    store = store_settings(texts={"languages": ["de"]})

    assert account.sync(store, "r1").planned_new == 1
    assert account.shown()["balance_text"] == "Sie haben 1.840 Punkte."
    assert account.sync(store, "r2").planned == 0, "what was written is seen as ours"

    with reading(account.engine) as connection:
        found = find_staged(connection, store, account.email)
        wanted = WantedCard(account.customer_id, "customer_data", "matched", "7")
        delivery = find_delivery(connection, store, wanted, utc_now())
    answer = LookedUp.of(found, "staged", utc_now()).content()
    assert answer["balance_text"] == answer[IF_MEMBER]["balance_text"] == "Sie haben 1.840 Punkte."
    assert delivery is not None
    assert CardWriter(account.client, account.engine, store).shows(delivery)

    macros = macros_of(MACROS, store)
    said = {
        one.name: one for one in preview(store, account.engine, account.email, macros, html=False)
    }
    assert "Sie haben 1.840 Punkte." in said["Treueprogramm: Punktestand"].text
    assert not [one for preview_ in said.values() for one in preview_.problems]


def test_the_desk_takes_the_sentence_about_an_award_for_the_same_in_german() -> None:
    told = {"last_award_text": "We added 50 points on 2 March."}
    card = member_card("7", MemberStatus.MEMBER, told)
    german = texts_of(store_settings(texts={"languages": ["de"]})).of("de")

    wanted = customers._with_last_award(card, german)
    rows = customers._compare(wanted, without_texts(german.shown(card)))

    assert not [key for key, *_, differs in rows if differs]
    assert "Am 2. März haben wir Ihnen 50 Punkte gutgeschrieben." in str(rows)


def test_other_words_reach_a_card_that_says_the_same(account: Account, tmp_path: Path) -> None:
    before = store_settings()
    account.sync(before, "r1")
    assert account.shown()["balance_text"] == "You have 1,840 points."
    (tmp_path / "de.yaml").write_text("point: {one: Taler, other: Taler}\n")

    counts = account.sync(store_settings(texts={"language": "de", "folder": str(tmp_path)}), "r2")

    assert (counts.planned, counts.planned_texts) == (1, 1)
    assert account.shown()["balance_text"] == "Sie haben 1.840 Taler."
    assert account.sync(before, "r3").planned_texts == 1, "and back"
    assert account.sync(before, "r4").planned == 0
