"""What was read of a member's movements: it counts while the card is the one of then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.gorgias.destinations import Delivery, WantedCard, find_delivery
from loyalty_desk.gorgias.ledger import keep_pushed
from loyalty_desk.lookup.staged import find_staged_member
from loyalty_desk.records import Outcome
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.intake import mark_member_gone, stage_members
from loyalty_desk.staging.statements import statement
from tests.factories import LATER, NOW, STORE, member, store_settings
from tests.sql.staged import Staged, match

SAID = "Last: +120 for order 1042 on 3 Nov 2026"
WANTED = WantedCard(1, "customer_data", Outcome.MATCHED.value, "m1")


def fill(engine: Engine) -> None:
    with engine.begin() as connection:
        staged = Staged(connection)
        staged.customer(1, "m1@shop.example")
        stage_members(connection, STORE, [member("m1")], NOW, first_load=False)
        match(staged)


def keep(engine: Engine, said: str = SAID, fingerprint: str | None = None) -> None:
    with engine.begin() as connection:
        key = {"store": STORE, "member_id": "m1"}
        row = connection.execute(statement("lookup/activity/select_activity"), key).first()
        of = fingerprint or (row.card_fingerprint if row else "none")
        binds = {**key, "card_fingerprint": of, "words": said, "now_utc": utc_text(NOW)}
        connection.execute(statement("lookup/activity/upsert_activity"), binds)


def kept(engine: Engine) -> list[Any]:
    with engine.begin() as connection:
        return Staged(connection).rows(schema.activities, "said")


def delivery(engine: Engine, destination: str = "customer_data") -> Delivery:
    wanted = WANTED._replace(destination=destination)
    with reading(engine) as connection:
        found = find_delivery(connection, store_settings(), wanted, LATER)
    assert found is not None
    return found


def accept(engine: Engine, destination: str = "customer_data") -> None:
    found = delivery(engine, destination)
    with engine.begin() as connection:
        keep_pushed(connection, STORE, found, utc_text(LATER))


def test_it_is_written_once_and_is_no_change_of_the_card(staging: Engine) -> None:
    fill(staging)
    accept(staging)
    before = delivery(staging)
    assert before.is_accepted

    keep(staging)

    now = delivery(staging)
    assert (now.activity, now.is_accepted) == (SAID, False)
    assert now.fingerprint == before.fingerprint
    accept(staging)
    assert delivery(staging).is_accepted
    keep(staging, "Last: -5 on 4 Nov 2026")
    assert not delivery(staging).is_accepted


def test_with_another_card_nothing_is_said_until_it_is_read_anew(staging: Engine) -> None:
    fill(staging)
    keep(staging)
    accept(staging)

    with staging.begin() as connection:
        other = member("m1", card={"points_balance": 7})
        stage_members(connection, STORE, [other], LATER, first_load=False)

    now = delivery(staging)
    assert now.activity is None
    assert not now.is_accepted
    with reading(staging) as connection:
        assert find_staged_member(connection, store_settings(), "m1").activity is None
    keep(staging)
    with reading(staging) as connection:
        assert find_staged_member(connection, store_settings(), "m1").activity == SAID


def test_that_there_are_no_movements_takes_the_line_away(staging: Engine) -> None:
    fill(staging)
    keep(staging)
    accept(staging)

    keep(staging, "")

    assert not delivery(staging).is_accepted
    accept(staging)
    assert delivery(staging).is_accepted


def test_customer_fields_have_no_line(staging: Engine) -> None:
    fill(staging)
    keep(staging)

    accept(staging, "custom_fields")

    assert delivery(staging, "custom_fields").is_accepted


def test_who_changed_or_left_meanwhile_has_nothing_kept(staging: Engine) -> None:
    fill(staging)
    keep(staging, fingerprint="of another card")
    assert kept(staging) == []
    with staging.begin() as connection:
        mark_member_gone(connection, STORE, "m1", LATER + timedelta(seconds=1))
    keep(staging)
    assert kept(staging) == []


def test_it_is_forgotten_after_a_while(staging: Engine) -> None:
    fill(staging)
    keep(staging)
    for before, left in ((NOW, [SAID]), (LATER, [])):
        with staging.begin() as connection:
            binds = {"store": STORE, "before_utc": utc_text(before)}
            connection.execute(statement("lookup/activity/delete_old_activities"), binds)
        assert kept(staging) == left
