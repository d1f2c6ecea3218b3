"""To whom `push.audience: recent` writes cards, and what is taken away from the others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from benchmarks.audience_shop import Helpdesk
from loyalty_desk.card.cards import NO_CARD
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import CardWriter, WantedCard, find_delivery
from loyalty_desk.lookup.answers import LookedUp
from loyalty_desk.lookup.place import ask_to_show
from loyalty_desk.lookup.staged import find_staged
from loyalty_desk.records import WITHDRAWN, ChangeState
from loyalty_desk.refresh import CardShower
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging import schema
from loyalty_desk.staging.audience import find_recent, note_asked_ticket
from loyalty_desk.staging.run_lock import Run, take_lock
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state
from loyalty_desk.sync.extract import extract_tickets
from loyalty_desk.sync.filling import fill_cards
from loyalty_desk.sync.plan import plan_changes
from loyalty_desk.sync.push import push_changes
from tests.factories import STORE, store_settings, ticket
from tests.sql.staged import Staged, plan, planned

RECENT: Any = {"push": {"audience": "recent", "recent_days": 60, "workers": 1}}
SOON_S = 1e9


def days_ago(days: float) -> str:
    return utc_text(utc_now() - timedelta(days=days))


def people(staged: Staged) -> None:
    """Customer 1 has an open ticket, 2 wrote lately, 3 once; each is matched, and 4 is nobody."""
    for number in (1, 2, 3):
        key = f"m{number}@shop.example"
        staged.member(f"m{number}", key, card='{"member": true, "status": "member"}')
        staged.customer(number, key)
        staged.match(number, f"m{number}")
    staged.customer(4)
    staged.unmatched(4, "not_a_member")
    staged.ticket(11, 1, "open")
    staged.ticket(12, 2, updated_at_utc=days_ago(1))


@pytest.fixture
def shop(staged: Staged) -> Staged:
    people(staged)
    return staged


# --- the plan ----------------------------------------------------------------------------------


def test_who_has_not_written_lately_gets_no_card_and_is_counted(shop: Staged) -> None:
    counts = plan(shop, full=True, **RECENT)

    assert planned(shop) == [
        (1, "new", "matched", "card of m1"),
        (2, "new", "matched", "card of m2"),
    ]
    assert (counts.cards_left_out, counts.cards_unchanged) == (1, 1)
    assert counts.writes_saved is None, "a full plan cannot tell"


def test_what_an_incremental_plan_left_out_is_what_it_saved(shop: Staged) -> None:
    for number in (1, 3):
        shop.to_plan(number)

    counts = plan(shop, full=False, **RECENT)

    assert (counts.planned, counts.planned_recent) == (1, 1)
    assert (counts.cards_left_out, counts.writes_saved) == (1, 1)


def test_a_card_that_is_right_stays_and_one_that_changed_is_taken_away(shop: Staged) -> None:
    shop.pushed(3, "card of m3")
    assert plan(shop, "run-1", **RECENT).planned == 2

    shop.update(schema.pushed_cards, {"customer_id": 3}, fingerprint="an older card")
    counts = plan(shop, "run-2", **RECENT)

    assert (3, "withdraw", WITHDRAWN, NO_CARD) in planned(shop)
    assert counts.planned_withdraw == 1
    assert counts.cards_left_out == 0
    facts = counts.brake_facts()
    assert (facts.planned, facts.planned_update, facts.planned_clear) == (3, 1, 0)


def test_a_card_that_was_taken_away_is_not_taken_away_twice(shop: Staged) -> None:
    shop.pushed(3, NO_CARD, is_member=False)

    assert plan(shop, **RECENT).planned == 2
    assert plan(shop, "run-3").planned == 2, "with everybody again it is for the background"


def test_who_is_no_member_any_more_is_cleared_as_ever(shop: Staged) -> None:
    shop.pushed(4, "the card of a member")

    counts = plan(shop, **RECENT)

    assert (counts.planned_clear, counts.planned_withdraw) == (1, 0)


# --- tickets -----------------------------------------------------------------------------------


def reading(engine: Engine, *tickets: Any, **settings: Any) -> tuple[Any, int]:
    """Read tickets; returns what is kept beside the recent ones, and how many pages it took."""
    desk: Any = Helpdesk()
    desk.tickets = {one.ticket_id: one for one in tickets}
    run = Run(store=store_settings(**settings), run_id="r", params=RunParams(), engine=engine)
    with engine.begin() as connection:
        take_lock(connection, run, utc_now())
    extract_tickets(run, desk)
    with engine.begin() as connection:
        kept = Staged(connection).rows(schema.further_tickets, "ticket_id", "status")
    return kept, desk.requests


def old(ticket_id: int, days: float, status: str = "closed") -> Any:
    return ticket(ticket_id, updated_at_utc=days_ago(days), status=status)


def test_the_first_read_reaches_as_far_back_as_tickets_count(staging: Engine) -> None:
    tickets = [old(number, number / 3) for number in range(1, 301)]

    assert reading(staging, *tickets) == ([], 1), "a page reaches past the window of 30 days"
    kept, pages = reading(staging, *tickets, **RECENT)

    assert (min(kept), max(kept), pages) == ((90, "closed"), (179, "closed"), 2)
    assert reading(staging, *tickets, **RECENT)[1] == 1, "and the next ones only to the watermark"
    assert reading(staging, *tickets)[0] == [], "with everybody nothing is kept"


def test_what_falls_out_of_the_window_counts_on_while_it_is_open_or_young(staging: Engine) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        keep_state(connection, STORE, StateKey.TICKETS_SINCE, days_ago(60), utc_now())
        for ticket_id, days, status in ((1, 40, "closed"), (2, 70, "closed"), (3, 70, "open")):
            staged.ticket(ticket_id, ticket_id, status, updated_at_utc=days_ago(days))

    assert reading(staging, **RECENT)[0] == [(1, "closed"), (3, "open")]
    with staging.connect() as connection:
        found = find_recent(connection, store_settings(**RECENT), [1, 2, 3], utc_now())
    assert found == {1, 3}

    closed = old(3, 1)
    assert reading(staging, closed, **RECENT)[0] == [(1, "closed")], "it is read again since"


# --- between the plan and its push, webhooks, lookups ------------------------------------------


class Account:
    """A store that leaves people out, and customer 3, whose card is that of before a change."""

    def __init__(self, engine: Engine, **settings: Any) -> None:
        self.engine, self.desk = engine, Helpdesk()
        store = store_settings(**{**RECENT, **settings})
        self.run = Run(store=store, run_id="r", params=RunParams(), engine=engine)
        self.desk.data = {3: {"loyalty": {"points_balance": 7}, "theirs": 1}}
        with engine.begin() as connection:
            staged = Staged(connection)
            people(staged)
            staged.pushed(3, "an older card")
            staged.update(schema.customers, {"customer_id": 3}, other_data='{"theirs": 1}')
            take_lock(connection, self.run, utc_now())

    def plan(self) -> None:
        with self.engine.begin() as connection:
            plan_changes(connection, self.run.store, "r", utc_now(), full=True)

    def push(self) -> None:
        push_changes(self.run, self.client)

    def shower(self) -> CardShower:
        return CardShower(self.run.store, self.engine, self.client, self.client)

    @property
    def client(self) -> Any:
        return self.desk

    def state_of(self, customer_id: int) -> str:
        with self.engine.connect() as connection:
            rows = Staged(connection).rows(schema.changes, "customer_id", "state")
        return str(dict(rows)[customer_id])

    def ledger(self, customer_id: int) -> str | None:
        with self.engine.connect() as connection:
            rows = Staged(connection).rows(schema.pushed_cards, "customer_id", "fingerprint")
        found: str | None = dict(rows).get(customer_id)
        return found


@pytest.fixture
def account(staging: Engine) -> Account:
    return Account(staging)


def test_a_card_is_taken_away_beside_what_other_tools_keep(account: Account) -> None:
    account.plan()
    account.push()

    assert account.desk.data[3] == {"theirs": 1}
    assert (account.state_of(3), account.ledger(3)) == (ChangeState.DONE, NO_CARD)
    wanted = WantedCard(3, "customer_data", WITHDRAWN, None)
    with account.engine.connect() as connection:
        delivery = find_delivery(connection, account.run.store, wanted, utc_now())
    assert delivery is not None
    assert CardWriter(account.client, account.engine, account.run.store).shows(delivery)


def test_who_writes_between_plan_and_push_keeps_the_card_that_the_lookup_brings(
    account: Account,
) -> None:
    account.plan()
    note_asked_ticket(account.engine, account.run.store, 13, 3, utc_now())
    account.shower().push("m3")

    account.push()

    assert account.desk.data[3]["loyalty"]["member"]
    assert (account.state_of(3), account.ledger(3)) == (ChangeState.PLANNED, "card of m3")


def test_a_webhook_takes_a_card_away_once_and_writes_none(account: Account) -> None:
    assert account.shower().push("m3") == 1
    assert account.desk.data[3] == {"theirs": 1}
    assert account.shower().push("m3") == 0

    assert account.shower().push("m1") == 1, "who has an open ticket is written to"
    assert account.shower().push("m3", to_everybody=True) == 1, "an award is looked at"


def test_a_lookup_makes_its_customer_recent_and_asks_for_the_card(account: Account) -> None:
    with account.engine.connect() as connection:
        found = find_staged(connection, account.run.store, "m3@shop.example")
    answer = LookedUp.of(found, "fresh", utc_now())

    ask_to_show(
        *(account.engine, account.run.store, 3, "m3@shop.example", answer, utc_now()), ticket_id=13
    )

    with account.engine.connect() as connection:
        staged = Staged(connection)
        assert staged.rows(schema.further_tickets, "ticket_id", "customer_id", "status") == [
            (13, 3, "asked")
        ]
        assert staged.rows(schema.cards_to_show, "member_id") == ["m3"]
        assert find_recent(connection, account.run.store, [3, 4], utc_now()) == {3}


def test_with_everybody_a_lookup_keeps_no_ticket(staging: Engine) -> None:
    note_asked_ticket(staging, store_settings(), 13, 3, utc_now())

    with staging.connect() as connection:
        assert Staged(connection).rows(schema.further_tickets, "ticket_id") == []


# --- everybody again ---------------------------------------------------------------------------


def test_cards_for_everybody_are_written_after_all_that_changed(account: Account) -> None:
    account.plan()
    account.push()
    run = account.run
    assert fill_cards(run, account.client, SOON_S) == {"filled": 0}

    everybody = Run(store=store_settings(), run_id="r", params=RunParams(), engine=run.engine)
    assert fill_cards(everybody, account.client, 0.0) == {"filled": 0}, "it was not the time"
    assert fill_cards(everybody, account.client, SOON_S) == {"filled": 1}
    assert account.ledger(3) == "card of m3"
    with run.engine.connect() as connection:
        assert find_state(connection, STORE, StateKey.AUDIENCE) is None
        writes = Staged(connection).rows(schema.card_writes, "customer_id", "cause", "cause_ref")
    assert writes[-1] == (3, "sync", "r")


def test_a_client_is_what_the_double_stands_for() -> None:
    for name in ("put_customer_data", "get_customer", "iter_ticket_pages"):
        assert hasattr(GorgiasClient, name)
