"""What is kept of each write of a card: what it said, what it was for, and how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, and_, delete, text

from loyalty_desk.card.cards import fingerprint
from loyalty_desk.clock import utc_text
from loyalty_desk.gorgias.destinations import Delivery, WantedCard, find_delivery
from loyalty_desk.gorgias.ledger import keep_pushed
from loyalty_desk.mismatches.links import confirm_link, remove_link
from loyalty_desk.privacy.person import Person
from loyalty_desk.privacy.tables import rows_about
from loyalty_desk.records import WITHDRAWN, Cause, CauseKind
from loyalty_desk.refresh import (
    ask_for_cards,
    ask_for_customer,
    cause_of,
    list_cards_to_show,
    list_customers_to_show,
)
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import migrate, open_engine, reading
from loyalty_desk.staging.intake import stage_members
from loyalty_desk.staging.statements import statement
from loyalty_desk.web.desk.card_history import Write, load_history
from tests.factories import NOW, STORE, member, store_settings
from tests.sql.staged import EARLIER, Staged, match

SYNC = Cause(kind=CauseKind.SYNC, ref="run-1")
AWARD = Cause(kind=CauseKind.AWARD, ref="a 1")
DAY = timedelta(days=1)
NOBODY = Person(
    email_keys=frozenset(),
    customer_ids=frozenset(),
    member_ids=frozenset(),
    texts=frozenset(),
    award_ids=(),
    waiting_awards=(),
    ticket_ids=frozenset(),
)


def stage(engine: Engine, points: int, at: datetime = NOW, **card: Any) -> None:
    one = member("m1", card={"points_balance": points, **card})
    with engine.begin() as connection:
        stage_members(connection, STORE, [one], at, first_load=False)


@pytest.fixture
def shop(staging: Engine) -> Engine:
    """Customer 1 is member m1, who has 100 points."""
    with staging.begin() as connection:
        Staged(connection).customer(1, "m1@shop.example")
    stage(staging, 100)
    with staging.begin() as connection:
        match(Staged(connection))
    return staging


def deliver(
    engine: Engine,
    cause: Cause | None = None,
    at: datetime = NOW,
    *,
    destination: str = "customer_data",
    outcome: str = "matched",
    was_there: bool = False,
    **changed: Any,
) -> Delivery:
    """Have Gorgias accept the card as it is staged."""
    member_id = "m1" if outcome == "matched" else None
    wanted = WantedCard(1, destination, outcome, member_id)
    with engine.begin() as connection:
        found = find_delivery(connection, store_settings(), wanted, at)
        assert found is not None
        delivery = replace(found, **changed)
        keep_pushed(connection, STORE, delivery, utc_text(at), was_there=was_there, cause=cause)
    return delivery


def history(engine: Engine, before: str = "") -> list[Write]:
    with reading(engine) as connection:
        return load_history(connection, STORE, 1, before).writes


def told(write: Write) -> tuple[str, str, list[tuple[str, str, str]]]:
    return write.what, write.why, [(one.label, one.old, one.new) for one in write.differences]


def test_each_write_says_what_changed_from_what_to_what_and_what_it_was_for(shop: Engine) -> None:
    deliver(shop, SYNC)
    stage(shop, 1150, tier="Gold")
    deliver(shop, AWARD, NOW + DAY)
    deliver(shop, SYNC, NOW + 2 * DAY, outcome="ambiguous")

    last, second, first = history(shop)

    assert told(second) == (
        "Changed",
        "An award",
        [("Points", "100", "1,150"), ("VIP tier", "—", "Gold")],
    )
    assert (second.whose, second.link) == ("member m1", "/awards/a%201")
    assert (first.what, first.why, first.link) == (
        "First write that is kept",
        "A sync",
        "/runs/run-1/changes",
    )
    assert ("Points", "—", "100") in told(first)[2]
    assert last.what == "No member's card any more"
    assert ("Points", "1,150", "—") in told(last)[2]
    assert ("Is a member", "yes", "no") in told(last)[2]
    assert last.at_utc == utc_text(NOW + 2 * DAY)


def test_a_card_that_is_taken_away_and_comes_back_says_so(shop: Engine) -> None:
    deliver(shop, SYNC)
    deliver(shop, SYNC, NOW + DAY, outcome=WITHDRAWN)
    deliver(shop, Cause(kind=CauseKind.LOOKUP, ref="70"), NOW + 2 * DAY)

    back, away, _ = history(shop)

    assert (away.what, away.whose) == ("Taken away", "nobody's")
    assert (back.what, back.why) == ("First card", "A lookup for ticket 70")


def test_a_write_that_a_later_one_overtook_is_not_kept(shop: Engine) -> None:
    deliver(shop, SYNC, NOW + DAY)
    deliver(shop, AWARD, version_utc=utc_text(NOW))

    assert [write.why for write in history(shop)] == ["A sync"]


def test_nothing_is_kept_of_whom_was_erased_while_it_was_written(shop: Engine) -> None:
    wanted = WantedCard(1, "customer_data", "matched", "m1")
    with shop.begin() as connection:
        delivery = find_delivery(connection, store_settings(), wanted, NOW)
        assert delivery is not None
        Staged(connection).delete(schema.customers, customer_id=1)
        keep_pushed(connection, STORE, delivery, utc_text(NOW), cause=SYNC)

    assert history(shop) == []


def test_of_a_card_that_stood_there_a_row_is_kept_where_the_ledger_did_not_know(
    shop: Engine,
) -> None:
    deliver(shop, SYNC, was_there=True)
    deliver(shop, SYNC, NOW + DAY, was_there=True)

    [write] = history(shop)
    assert (write.what, write.why) == ("It stood there already", "A sync found it")


def test_of_customer_fields_what_they_hold_is_kept_and_no_write_that_changed_none(
    shop: Engine,
) -> None:
    fields: dict[str, Any] = {
        "destination": "custom_fields",
        "written_keys": frozenset({"points_balance"}),
    }
    deliver(shop, SYNC, **fields, written_values={7: 100})
    stage(shop, 100, referral_code="ada")
    deliver(shop, SYNC, NOW + DAY, **fields, written_values={7: 100})
    stage(shop, 150, referral_code="ada")
    deliver(shop, SYNC, NOW + 2 * DAY, **fields, written_values={7: 150})

    second, first = history(shop)
    assert told(second)[2] == [("Points", "100", "150")]
    assert told(first)[2] == [("Points", "—", "100")]
    assert first.place == "customer fields"


def test_the_history_goes_on_page_by_page(shop: Engine) -> None:
    for day in range(12):
        stage(shop, day, NOW + day * DAY)
        deliver(shop, SYNC, NOW + day * DAY)

    with reading(shop) as connection:
        page = load_history(connection, STORE, 1)
        rest = load_history(connection, STORE, 1, page.older)
    points = [write.differences[-1].new for write in (*page.writes, *rest.writes)]
    assert points == [str(day) for day in reversed(range(12))]
    assert rest.older == ""


def test_whoever_asks_for_a_card_says_why_and_the_last_one_counts(shop: Engine) -> None:
    webhook = Cause(kind=CauseKind.WEBHOOK)
    lookup = Cause(kind=CauseKind.LOOKUP, ref="70")
    with shop.begin() as connection:
        ask_for_cards(connection, STORE, ["m1"], NOW, lookup)
        ask_for_cards(connection, STORE, ["m1"], NOW, webhook)
        ask_for_customer(connection, STORE, 1, NOW, lookup)
        ask_for_customer(connection, STORE, 2, NOW)

        cards = list_cards_to_show(connection, STORE, most=5)
        customers = list_customers_to_show(connection, STORE, most=5)

    assert [cause_of(one) for one in cards] == [webhook]
    assert [cause_of(one) for one in customers] == [lookup, None]


def test_a_persons_decision_is_what_a_card_is_written_for(shop: Engine) -> None:
    with shop.begin() as connection:
        confirm_link(connection, STORE, 1, "m1", confirmed_by="ada", now=NOW)
        [asked] = list_customers_to_show(connection, STORE, most=5)
        assert cause_of(asked) == Cause(kind=CauseKind.DECISION)
        connection.execute(schema.customers_to_show.delete())
        remove_link(connection, STORE, 1, NOW)
        [asked] = list_customers_to_show(connection, STORE, most=5)
    assert cause_of(asked) == Cause(kind=CauseKind.DECISION)


def test_old_writes_go_but_for_the_newest_of_a_card_that_gorgias_has(shop: Engine) -> None:
    for day in range(3):
        stage(shop, day, NOW + day * DAY)
        deliver(shop, SYNC, NOW + day * DAY)
    forget = {"store": STORE, "before_utc": utc_text(NOW + 30 * DAY)}

    with shop.begin() as connection:
        edge = {**forget, "before_utc": utc_text(NOW + DAY)}
        kept = connection.execute(statement("push/history/delete_old_writes"), edge)
        assert kept.rowcount == 1, "what was written at the edge stays"
        connection.execute(statement("push/history/delete_old_writes"), forget)
    [write] = history(shop)
    assert write.at_utc == utc_text(NOW + 2 * DAY)

    with shop.begin() as connection:
        Staged(connection).delete(schema.pushed_cards, customer_id=1)
        connection.execute(statement("push/history/delete_old_writes"), forget)
    assert history(shop) == []


def test_what_is_kept_has_the_content_that_the_ledger_has_the_fingerprint_of(
    shop: Engine,
) -> None:
    delivery = deliver(shop, SYNC)

    assert fingerprint(delivery.said()) == delivery.fingerprint


def test_an_upgrade_takes_over_what_cards_say_that_are_as_the_member_is(empty_url: str) -> None:
    engine = open_engine(empty_url)
    migrate(engine, "0034")
    card = '{"points_balance":5}'
    with engine.begin() as connection:
        staged = Staged(connection)
        staged.member("m1", card=card)
        for customer_id, said in ((1, "card of m1"), (2, "an older card"), (3, "none")):
            staged.match(customer_id, "m1")
            staged.pushed(customer_id, said)

    migrate(engine)

    columns = ("customer_id", "member_id", "card", "written_at_utc", "version_utc")
    with engine.connect() as connection:
        rows = Staged(connection).rows(schema.card_writes, *columns)
    assert rows == [(1, "m1", card, EARLIER, EARLIER)]
    engine.dispose()


@pytest.mark.parametrize("index", ["card_writes_by_time", "card_writes_by_member"])
def test_what_is_to_be_forgotten_is_found_by_an_index(shop: Engine, index: str) -> None:
    """With every card of 90 days a look at all of them reads gigabytes."""
    with shop.begin() as connection:
        rows = [
            {
                "store": STORE,
                "customer_id": number,
                "destination": "customer_data",
                "version_utc": "v",
                "written_at_utc": f"{2000 + number}",
                "outcome": "matched",
                "member_id": f"m{number}",
                "card": "{}",
            }
            for number in range(2, 500)
        ]
        connection.execute(schema.card_writes.insert(), rows)
        if shop.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE card_writes")
    person = replace(NOBODY, customer_ids=frozenset({7}), member_ids=frozenset({"m8"}))
    of_person = and_(schema.card_writes.c.store == STORE, rows_about(schema.card_writes, person))
    asked = {
        "card_writes_by_time": statement("push/history/delete_old_writes").bindparams(
            store=STORE, before_utc="2003"
        ),
        "card_writes_by_member": delete(schema.card_writes).where(of_person),
    }[index]
    query = str(asked.compile(shop, compile_kwargs={"literal_binds": True}))
    with reading(shop) as connection:
        explain = "EXPLAIN QUERY PLAN" if shop.dialect.name == "sqlite" else "EXPLAIN"
        plan = connection.execute(text(f"{explain} {query}")).all()
    assert index in str(plan)
