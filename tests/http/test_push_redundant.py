"""A push that a lookup or a webhook has made needless, or overtaken, against the real sandbox."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.hooks.connections import gorgias_client
from loyalty_desk.refresh import CardShower
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.sections import BudgetSettings
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.staging.run_lock import Run, take_lock
from loyalty_desk.sync.plan import plan_changes
from loyalty_desk.sync.push import count_changes, push_changes
from loyalty_desk.web.desk.card_history import load_history
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import STORE, customer, member, store_settings
from tests.sql.staged import Staged

RUN, EMAIL = "r1", "7@shop.example"


@pytest.fixture
def gorgias(
    sandbox: Sandbox, staging: Engine, set_connection: SetConnection, at_speed: None
) -> GorgiasClient:
    found = sandbox.gorgias
    set_connection(
        "gorgias_acme", host=found["url"], login=found["email"], password=found["api_key"]
    )
    return gorgias_client(store_settings(budget=BudgetSettings(share=1.0)), staging)


class Account:
    """One customer in Gorgias whose member's balance moves on the platform."""

    def __init__(self, engine: Engine, client: GorgiasClient, sandbox: Sandbox) -> None:
        self.engine, self.client, self.sandbox = engine, client, sandbox
        rows = sandbox.control("gorgias", "GET", "customers?limit=1")["data"]
        self.customer_id = int(rows[0]["id"])
        self.run = Run(store=store_settings(), run_id=RUN, params=RunParams(), engine=engine)

    def read(self, points: int) -> None:
        """What a fresh read does: stage the member as the platform has it now."""
        one = member("7", card={"points_balance": points})
        with self.engine.begin() as connection:
            stage_members(connection, STORE, [one], utc_now(), first_load=False)

    def plan(self) -> None:
        with self.engine.begin() as connection:
            plan_changes(connection, self.run.store, RUN, utc_now(), full=True, limit=None)

    def push(self) -> int:
        """Push; returns how many cards were written."""
        self.sandbox.control("gorgias", "POST", "reset", {"counters": True})
        push_changes(self.run, self.client)
        assert count_changes(self.run).left == 0
        rows = self.sandbox.control("gorgias", "GET", "counters")["requests"]
        return sum(row["count"] for row in rows if row["method"] == "PUT")

    def show(self) -> int:
        """Show the member at once; returns how many cards were written."""
        platform: Any = None  # it is not asked
        return CardShower(self.run.store, self.engine, platform, self.client).push("7")

    def points(self) -> Any:
        return (self.client.get_customer(self.customer_id).data or {})["loyalty"]["points_balance"]

    def history(self) -> list[tuple[str, str]]:
        """What was written to the card and what for, the oldest first."""
        with reading(self.engine) as connection:
            found = load_history(connection, STORE, self.customer_id)
        return [(write.what, write.why) for write in reversed(found.writes)]

    def state(self) -> str:
        with reading(self.engine) as connection:
            return str(connection.execute(schema.changes.select()).one().state)


@pytest.fixture
def account(staging: Engine, gorgias: GorgiasClient, sandbox: Sandbox) -> Account:
    """Gorgias shows 100 points; the platform has said 150 since, and a sync has planned that."""
    found = Account(staging, gorgias, sandbox)
    found.read(100)
    with staging.begin() as connection:
        take_lock(connection, found.run, utc_now())
        one = customer(
            found.customer_id, email=EMAIL, data=None, updated_at_utc=utc_text(utc_now())
        )
        stage_customers(connection, STORE, [one], utc_now(), card_key="loyalty", first_load=False)
        Staged(connection).match(found.customer_id, "7")
    found.plan()
    assert found.push() == 1
    with staging.begin() as connection:
        connection.execute(schema.changes.delete())
    found.read(150)
    found.plan()
    assert found.state() == "planned"
    return found


def test_what_is_planned_is_written_once(account: Account) -> None:
    assert account.push() == 1
    assert (account.points(), account.state()) == (150, "done")
    assert account.history() == [("First write that is kept", "A sync"), ("Changed", "A sync")]


def test_a_fresh_read_that_undoes_the_change_cancels_the_write(account: Account) -> None:
    account.read(100)

    assert account.push() == 0
    assert (account.points(), account.state()) == (100, "done")


def test_a_newer_card_is_written_in_place_of_the_planned_one(account: Account) -> None:
    account.read(170)

    assert account.push() == 1
    assert (account.points(), account.state()) == (170, "done")


def test_what_another_tool_overwrote_is_written_although_we_pushed_it_before(
    account: Account,
) -> None:
    account.push()
    with account.engine.begin() as connection:
        connection.execute(schema.changes.delete())
        shown = customer(
            account.customer_id,
            email=EMAIL,
            data={"loyalty": {"points_balance": 1}},
            updated_at_utc=utc_text(utc_now()),
        )
        stage_customers(connection, STORE, [shown], utc_now(), card_key="loyalty", first_load=False)
    account.plan()

    assert account.push() == 1
    assert account.points() == 150


def test_a_card_that_is_there_already_is_not_even_read(account: Account) -> None:
    account.read(100)
    with account.engine.begin() as connection:
        connection.execute(schema.members.update().values(card="not read"))

    assert (account.push(), account.show()) == (0, 0)
    assert account.state() == "done"


def test_a_change_for_whom_staging_does_not_know_any_more_holds_up_nothing(
    account: Account,
) -> None:
    with account.engine.begin() as connection:
        connection.execute(schema.customers.delete())

    assert (account.push(), account.show()) == (0, 0)
    assert account.state() == "gone"


def test_a_card_shown_at_once_is_written_once(account: Account) -> None:
    assert (account.show(), account.show()) == (1, 0)
    assert account.points() == 150

    assert account.push() == 0, "the plan knew of no such write"


def test_what_a_killed_try_was_sending_is_sent_by_the_next(account: Account) -> None:
    with account.engine.begin() as connection:
        connection.execute(schema.changes.update().values(state="sending"))

    assert account.push() == 1
    assert (account.points(), account.state()) == (150, "done")


def test_a_dry_run_writes_nothing_and_leaves_what_it_planned(account: Account) -> None:
    account.run = replace(account.run, params=RunParams(dry_run=True))
    push_changes(account.run, account.client)

    assert (account.points(), account.state()) == (100, "planned")


def put_data(account: Account, **keys: Any) -> None:
    """Have another tool write keys of its own beside the card."""
    data = account.client.get_customer(account.customer_id).data or {}
    account.client.put_customer_data(account.customer_id, {**data, **keys}, None)


def stage_as_gorgias_has_it(account: Account) -> None:
    found = account.client.get_customer(account.customer_id)
    with account.engine.begin() as connection:
        one = replace(found, email=EMAIL, updated_at_utc=utc_text(utc_now()))
        stage_customers(connection, STORE, [one], utc_now(), card_key="loyalty", first_load=False)


def test_what_other_tools_keep_beside_the_card_stays(account: Account) -> None:
    put_data(account, shipping={"carrier": "DHL"})
    stage_as_gorgias_has_it(account)
    account.plan()

    assert account.push() == 1
    found = account.client.get_customer(account.customer_id).data or {}
    assert found["shipping"] == {"carrier": "DHL"}
    assert found["loyalty"]["points_balance"] == 150
    assert found["loyalty"]["synced_at"] <= utc_text(utc_now())


def test_a_key_that_came_since_the_read_stays_where_the_store_protects_them(
    account: Account,
) -> None:
    put_data(account, shipping={"carrier": "DHL"})
    store = store_settings(push={"protect_other_keys": "always"})
    account.run = replace(account.run, store=store)

    assert account.push() == 1
    assert (account.client.get_customer(account.customer_id).data or {})["shipping"]


def test_who_took_a_merged_customers_place_is_staged_at_once(account: Account) -> None:
    rows = account.sandbox.control("gorgias", "GET", "customers?limit=2")["data"]
    survivor = int(rows[1]["id"])
    with account.engine.begin() as connection:
        connection.execute(schema.customers.update().values(email=rows[0]["email"]))
    merge = f"customers/{account.customer_id}/merge"
    account.sandbox.control("gorgias", "POST", merge, {"into": survivor})
    try:
        account.push()
    finally:
        account.sandbox.control("gorgias", "POST", "reset", {"data": True})

    assert account.state() == "gone"
    with reading(account.engine) as connection:
        staged = connection.execute(schema.customers.select()).all()
    assert {row.customer_id: row.gone_at_utc is None for row in staged} == {
        account.customer_id: False,
        survivor: True,
    }
