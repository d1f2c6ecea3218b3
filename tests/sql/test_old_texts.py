"""Cards in other words than the store has by now: written anew bit by bit, and no brake counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.card.cards import fingerprint, member_card, shown_fingerprint
from loyalty_desk.card.shown import shown_card
from loyalty_desk.clock import utc_text
from loyalty_desk.gorgias.destinations import WantedCard, find_delivery
from loyalty_desk.gorgias.ledger import keep_pushed
from loyalty_desk.lookup.staged import find_staged
from loyalty_desk.records import Member, MemberStatus
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import schema
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, find_state
from loyalty_desk.sync import old_texts
from loyalty_desk.sync.brake import check_brake
from loyalty_desk.sync.plan import PlanCounts, plan_changes
from loyalty_desk.texts.of_store import texts_of
from tests.factories import LATER, NOW, STORE, customer, store_settings
from tests.sql.staged import Staged, match, order, planned

GERMAN = {"languages": ["de"]}
CARD = member_card("m1", MemberStatus.MEMBER, {"points_balance": 1840})
PEOPLE = range(1, 4)
AT_NIGHT, MIDNIGHT = LATER.replace(hour=23), LATER.replace(hour=23, minute=59)


def plan(staged: Staged, *, full: bool, run_id: str = "r", **texts: Any) -> PlanCounts:
    return plan_changes(staged.connection, store_settings(texts=texts), run_id, NOW, full=full)


def kinds(staged: Staged) -> dict[int, str]:
    return dict(staged.rows(schema.changes, "customer_id", "kind"))


@pytest.fixture
def people(staged: Staged) -> Staged:
    """Members whose cards an earlier version of the desk wrote; the second is German."""
    for number in PEOPLE:
        staged.member(f"m{number}")
        staged.customer(number, language="de" if number == 2 else "en")
        staged.match(number, f"m{number}")
        staged.pushed(number, f"card of m{number}")
    return staged


@pytest.mark.parametrize("full", [False, True])
def test_an_upgrade_writes_no_card_anew(people: Staged, *, full: bool) -> None:
    assert plan(people, full=full).planned == 0
    assert find_state(people.connection, STORE, StateKey.TEXTS_SETTLED)


@pytest.mark.parametrize("full", [False, True])
def test_another_language_is_for_those_who_have_it(people: Staged, *, full: bool) -> None:
    counts = plan(people, full=full, **GERMAN)

    assert kinds(people) == {2: "texts"}
    assert (counts.planned, counts.planned_texts, counts.planned_update) == (1, 1, 0)
    assert planned(people) == [(2, "texts", "matched", "card of m2")]


@pytest.mark.parametrize("full", [False, True])
def test_a_changed_sentence_is_for_everybody_and_comes_after_what_changed(
    people: Staged, tmp_path: Path, *, full: bool
) -> None:
    (tmp_path / "en.yaml").write_text("tier: {unknown: No tier yet.}\n")
    people.ticket(9, 3, "open")
    people.update(schema.members, {"member_id": "m1"}, card_fingerprint="another", tier_rank=0)
    people.to_plan(1)

    counts = plan(people, full=full, folder=str(tmp_path))

    assert kinds(people) == {1: "update", 2: "texts", 3: "texts"}
    assert order(people) == [1, 3, 2]
    assert (counts.planned, counts.planned_texts) == (3, 2)


def test_the_brake_does_not_count_them(people: Staged) -> None:
    limits = store_settings(brake={"max_changes": 0, "min_cards": 0}).brake

    counts = plan(people, full=True, language="de")

    assert counts.planned == counts.planned_texts == len(PEOPLE)
    check_brake(limits, counts.brake_facts())


def test_what_is_left_comes_back_in_the_next_plans(
    people: Staged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_texts, "AT_ONCE", 2)
    written: list[int] = []
    for number in range(1, 4):
        plan(people, full=False, run_id=f"r{number}", language="de")
        found = people.rows(schema.changes, "customer_id", "state")
        now = [customer_id for customer_id, state in found if state == "planned"]
        version = texts_of(store_settings(texts={"language": "de"})).default.version
        for customer_id in now:
            key = {"customer_id": customer_id}
            people.update(schema.pushed_cards, key, texts_version=version)
            people.update(schema.changes, key, state="done")
        written += now
        if number == 1:
            assert find_state(people.connection, STORE, StateKey.TEXTS_SETTLED) is None

    assert sorted(written) == list(PEOPLE)
    assert find_state(people.connection, STORE, StateKey.TEXTS_SETTLED) is not None


@pytest.mark.parametrize("full", [False, True])
def test_who_has_a_ticket_is_among_the_first(
    people: Staged, monkeypatch: pytest.MonkeyPatch, *, full: bool
) -> None:
    monkeypatch.setattr(old_texts, "AT_ONCE", 1)
    people.ticket(9, 3)

    plan(people, full=full, language="de")

    assert kinds(people) == {3: "texts"}


@pytest.mark.parametrize("check", ["fail_change_already_pushed", "fail_change_drifted"])
def test_the_checks_of_the_plan_find_nothing_wrong_with_them(people: Staged, check: str) -> None:
    seen = {"shown_fingerprint": "in other words", "read_at_utc": utc_text(LATER)}
    people.update(schema.customers, {"customer_id": 1}, **seen)
    people.update(schema.pushed_cards, {"customer_id": 1}, shown_fingerprint="in other words")

    assert plan(people, full=True, language="de").planned_texts == len(PEOPLE)

    binds = {"store": STORE, "run_id": "r"}
    assert people.connection.execute(statement(f"checks/plan/{check}"), binds).all() == []


def test_what_was_not_sent_is_planned_again(people: Staged) -> None:
    plan(people, full=False, run_id="first", **GERMAN)
    assert plan(people, full=False, run_id="second", **GERMAN).planned_texts == 1
    assert people.rows(schema.changes, "run_id", "customer_id") == [("second", 2)]


def test_fields_are_left_alone_unless_they_hold_a_sentence(people: Staged) -> None:
    fields = {"push_to": ["custom_fields"], "texts": {"language": "de"}}
    people.connection.execute(schema.pushed_cards.update().values(destination="custom_fields"))

    def count(**gorgias: Any) -> int:
        store = store_settings(**fields, gorgias=gorgias)
        return plan_changes(people.connection, store, "r", NOW, full=True).planned

    assert count() == 0
    assert count(custom_fields=["tier", "tier_text"]) == len(PEOPLE)


# --- what is sent, and what is seen afterwards ---------------------------------------------------


@pytest.fixture
def store() -> StoreSettings:
    return store_settings(texts=GERMAN)


@pytest.fixture
def ada(staging: Engine) -> WantedCard:
    """A German member who is a customer."""
    told = {"points_balance": 1840}
    found = Member(member_id="m1", email="m1@shop.example", status=MemberStatus.MEMBER, card=told)
    with staging.begin() as connection:
        stage_members(connection, STORE, [found], NOW, first_load=False)
        see(connection, {}, NOW)
        match(Staged(connection))
    return WantedCard(1, "customer_data", "matched", "m1")


def see(connection: Any, data: dict[str, Any], at: Any, language: str = "de") -> None:
    row = customer(data=data, language=language, updated_at_utc=utc_text(at))
    stage_customers(connection, STORE, [row], at, card_key="loyalty", first_load=False)


def sync(engine: Engine, store: StoreSettings, run_id: str, *, full: bool = False) -> PlanCounts:
    with engine.begin() as connection:
        return plan_changes(connection, store, run_id, LATER, full=full)


def send(
    engine: Engine, store: StoreSettings, wanted: WantedCard, at: datetime = LATER
) -> dict[str, Any]:
    """Note that a card was written; returns it as it is shown."""
    with engine.begin() as connection:
        delivery = find_delivery(connection, store, wanted, at)
        assert delivery
        assert not delivery.is_there
        keep_pushed(connection, store.name, delivery, utc_text(at))
        again = find_delivery(connection, store, wanted, at)
        assert again
        assert again.is_there
    shown = shown_card(delivery.shown(), delivery.as_of_utc, "EUR")
    return {**shown, "synced_at": "2026-03-02T09:30:00.000000Z"}


def test_a_card_in_another_language_is_written_once_and_seen_as_ours(
    staging: Engine, store: StoreSettings, ada: WantedCard
) -> None:
    assert sync(staging, store, "first", full=True).planned == 1
    shown = send(staging, store, ada)
    assert shown["balance_text"] == "Sie haben 1.840 Punkte."

    with staging.begin() as connection:
        see(connection, {"loyalty": shown}, AT_NIGHT)
        delivery = find_delivery(connection, store, ada, MIDNIGHT)
    assert delivery is not None
    assert delivery.is_there
    assert sync(staging, store, "second").planned == 0
    assert sync(staging, store, "third", full=True).planned == 0

    with staging.begin() as connection:
        shown["balance_text"] = "x"
        see(connection, {"loyalty": shown}, AT_NIGHT + timedelta(minutes=1))
    assert sync(staging, store, "fourth").planned_update == 1


def test_a_card_in_old_words_is_no_drift(
    staging: Engine, store: StoreSettings, ada: WantedCard, tmp_path: Path
) -> None:
    shown = send(staging, store, ada)
    (tmp_path / "de.yaml").write_text("balance: {points: 'Ihr Stand: {{ points }}.'}\n")
    reworded = store_settings(texts={**GERMAN, "folder": str(tmp_path)})
    with staging.begin() as connection:
        see(connection, {"loyalty": shown}, AT_NIGHT)

    counts = sync(staging, reworded, "r", full=True)

    assert (counts.planned, counts.planned_texts) == (1, 1)
    assert send(staging, reworded, ada, MIDNIGHT)["balance_text"] == "Ihr Stand: 1.840 Punkte."


def test_who_changes_the_language_gets_the_card_in_it(
    staging: Engine, store: StoreSettings, ada: WantedCard
) -> None:
    shown = send(staging, store, ada)
    sync(staging, store, "first")
    with staging.begin() as connection:
        see(connection, {"loyalty": shown}, AT_NIGHT, language="en")

    assert sync(staging, store, "second").planned_texts == 1
    assert send(staging, store, ada, MIDNIGHT)["balance_text"] == "You have 1,840 points."


def test_a_lookup_speaks_the_customers_language(
    staging: Engine, store: StoreSettings, ada: WantedCard
) -> None:
    with staging.connect() as connection:
        found = find_staged(connection, store, "m1@shop.example")
        stranger = find_staged(connection, store, "nobody@shop.example")

    assert found.wording.shown(found.card)["balance_text"] == "Sie haben 1.840 Punkte."
    assert stranger.wording.texts.language == "en"


def test_the_ledger_has_what_a_read_of_the_card_will_be_known_by(
    staging: Engine, store: StoreSettings, ada: WantedCard
) -> None:
    shown = send(staging, store, ada)
    with staging.connect() as connection:
        row = connection.execute(schema.pushed_cards.select()).one()
    assert row.fingerprint == fingerprint(CARD)
    assert row.shown_fingerprint == shown_fingerprint(shown) != row.fingerprint
    assert row.texts_version == texts_of(store).of("de").version


def test_a_card_that_was_there_and_is_not_the_one_accepted_last_is_kept_as_it_is_seen(
    staging: Engine, ada: WantedCard
) -> None:
    store = store_settings()
    shown = send(staging, store, ada)
    with staging.begin() as connection:
        Staged(connection).update(
            schema.pushed_cards, {}, fingerprint="another", shown_fingerprint="another, as seen"
        )
        see(connection, {"loyalty": shown}, AT_NIGHT, language="en")
        delivery = find_delivery(connection, store, ada, MIDNIGHT)
        assert delivery
        assert delivery.is_there

        keep_pushed(connection, STORE, delivery, utc_text(MIDNIGHT), was_there=True)

        row = connection.execute(schema.pushed_cards.select()).one()
    assert row.shown_fingerprint == shown_fingerprint(shown)
