"""Staging of customers, tickets and full scans."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Row, insert, select

from loyalty_desk.card import cards
from loyalty_desk.card.texts import with_texts
from loyalty_desk.clock import utc_text
from loyalty_desk.records import Customer, Outcome
from loyalty_desk.staging import full_scans, intake, schema
from loyalty_desk.staging.intake_batch import StagedCounts
from tests.factories import LATER, NOW, STORE, customer, member, ticket

OUR_CARD = with_texts(cards.absent_card(Outcome.NOT_A_MEMBER))
OUR_FINGERPRINT = cards.shown_fingerprint(OUR_CARD)
KEY = "m1@shop.example"


def put(
    staging: Engine, *customers: Customer, later: bool = False, first_load: bool = False
) -> StagedCounts:
    with staging.begin() as connection:
        return intake.stage_customers(
            connection,
            STORE,
            customers,
            LATER if later else NOW,
            card_key="loyalty",
            first_load=first_load,
        )


def staged(staging: Engine, customer_id: int = 1) -> Row[Any]:
    with staging.connect() as connection:
        return connection.execute(
            select(schema.customers).where(schema.customers.c.customer_id == customer_id)
        ).one()


def take_touched(staging: Engine) -> set[tuple[str, str]]:
    with staging.begin() as connection:
        found = connection.execute(schema.touched.select()).all()
        connection.execute(schema.touched.delete())
    return {(row.kind, row.value) for row in found}


def take_to_plan(staging: Engine) -> list[int]:
    with staging.begin() as connection:
        found = connection.execute(schema.to_plan.select()).all()
        connection.execute(schema.to_plan.delete())
    return [row.customer_id for row in found]


def push(staging: Engine, fingerprint: str) -> None:
    """As if Gorgias had accepted that card half an hour after NOW."""
    with staging.begin() as connection:
        connection.execute(
            insert(schema.pushed_cards).values(
                store=STORE,
                customer_id=1,
                destination="customer_data",
                fingerprint=fingerprint,
                is_member=False,
                version_utc=utc_text(NOW),
                pushed_at_utc=utc_text(NOW + timedelta(minutes=30)),
            )
        )


@pytest.mark.parametrize("first_load", [True, False])
def test_a_new_customer_is_staged_with_what_gorgias_shows(
    staging: Engine,
    first_load: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    data = {"loyalty": {**OUR_CARD, "synced_at": "2026-03-01"}, "shop": {"b": 1, "a": 2}}

    assert put(staging, customer(data=data), first_load=first_load) == StagedCounts(1, 1)

    row = staged(staging)
    assert (row.email_key, row.email_state, row.name) == (KEY, "valid", "Ada Example")
    assert json.loads(row.other_data) == {"shop": {"b": 1, "a": 2}}
    assert row.shown_fingerprint == OUR_FINGERPRINT
    assert (row.read_at_utc, row.channels_read_at_utc) == (utc_text(NOW), None)
    expected = set() if first_load else {("customer", "1"), ("email_key", KEY)}
    assert take_touched(staging) == expected
    assert take_to_plan(staging) == []


def test_empty_data_is_no_card_and_nothing_of_others(staging: Engine) -> None:
    put(staging, customer())

    assert (staged(staging).shown_fingerprint, staged(staging).other_data) == ("none", None)


def test_a_record_without_data_leaves_open_what_gorgias_shows(staging: Engine) -> None:
    put(staging, customer(data=None))

    assert (staged(staging).shown_fingerprint, staged(staging).other_data) == (None, None)


def test_a_record_without_data_keeps_what_was_read_and_when(staging: Engine) -> None:
    put(staging, customer(data={"loyalty": OUR_CARD, "shop": 1}))
    push(staging, "0" * 32)

    assert put(staging, customer(data=None), later=True).changed == 0
    assert put(staging, customer(data=None, name="B"), later=True).changed == 1

    row = staged(staging)
    assert (row.shown_fingerprint, row.other_data) == (OUR_FINGERPRINT, '{"shop":1}')
    assert row.read_at_utc == utc_text(NOW)
    assert take_to_plan(staging) == []


def test_data_of_other_tools_alone_is_no_card(staging: Engine) -> None:
    put(staging, customer(data={"shop": 1}))

    assert (staged(staging).shown_fingerprint, staged(staging).other_data) == ("none", '{"shop":1}')


def test_the_same_customer_again_changes_nothing(staging: Engine) -> None:
    put(staging, customer(data={"shop": {"b": 1, "a": 2}}))
    take_touched(staging)

    assert put(staging, customer(data={"shop": {"a": 2, "b": 1}}), later=True).changed == 0

    assert staged(staging).read_at_utc == utc_text(NOW)
    assert take_touched(staging) == set()


def test_another_email_touches_both_keys_and_the_customer(staging: Engine) -> None:
    put(staging, customer())
    take_touched(staging)

    put(staging, customer(email="new@shop.example"))

    assert take_touched(staging) == {
        ("customer", "1"),
        ("email_key", KEY),
        ("email_key", "new@shop.example"),
    }


def test_an_email_that_was_removed_in_gorgias_is_removed_here(staging: Engine) -> None:
    put(staging, customer())

    put(staging, customer(email=None))

    assert (staged(staging).email_key, staged(staging).email_state) == (None, "missing")


def test_another_name_is_written_and_touches_nobody(staging: Engine) -> None:
    put(staging, customer())
    take_touched(staging)

    assert put(staging, customer(name="Ada Lovelace")).changed == 1

    assert staged(staging).name == "Ada Lovelace"
    assert take_touched(staging) == set()


def test_an_older_row_does_not_overwrite_a_newer_one(staging: Engine) -> None:
    put(staging, customer(updated_at_utc=utc_text(NOW)))
    take_touched(staging)

    older = customer(updated_at_utc=utc_text(NOW - timedelta(days=9)), email="old@shop.example")
    assert put(staging, older, later=True) == StagedCounts(1, 0)

    assert staged(staging).email_key == KEY
    assert take_touched(staging) == set()


def test_the_last_of_two_rows_of_a_customer_counts(staging: Engine) -> None:
    assert put(staging, customer(name="A"), customer(name="B")) == StagedCounts(1, 1)

    assert staged(staging).name == "B"


def test_a_card_that_another_tool_changed_is_to_be_planned(staging: Engine) -> None:
    put(staging, customer(data={"loyalty": OUR_CARD}))
    push(staging, OUR_FINGERPRINT)
    take_touched(staging)

    put(staging, customer(data={"loyalty": {"points_balance": 1}}), later=True)

    assert take_touched(staging) == set()
    assert take_to_plan(staging) == [1]


def test_our_own_write_seen_again_is_nothing_to_plan(staging: Engine) -> None:
    put(staging, customer())
    push(staging, OUR_FINGERPRINT)

    put(staging, customer(data={"loyalty": OUR_CARD}), later=True)

    assert staged(staging).shown_fingerprint == OUR_FINGERPRINT
    assert staged(staging).read_at_utc == utc_text(LATER)
    assert take_to_plan(staging) == []


def test_a_write_of_ours_that_got_lost_is_to_be_planned(staging: Engine) -> None:
    put(staging, customer())
    push(staging, OUR_FINGERPRINT)

    assert put(staging, customer(), later=True).changed == 0

    assert staged(staging).read_at_utc == utc_text(LATER)
    assert take_to_plan(staging) == [1]


def test_what_cannot_be_a_card_of_ours_differs_from_every_card(staging: Engine) -> None:
    put(staging, customer(data={"loyalty": {"n": 2**70}, "shop": {"n": 2**70, "half": "\ud83d"}}))

    assert staged(staging).shown_fingerprint not in {"none", OUR_FINGERPRINT}
    assert json.loads(staged(staging).other_data) == {"shop": {"n": 2**70, "half": "\ud83d"}}


def channels(staging: Engine) -> set[tuple[int, str]]:
    with staging.connect() as connection:
        rows = connection.execute(schema.customer_channels.select()).all()
    return {(row.customer_id, row.email_key) for row in rows}


def test_channels_that_were_read_take_the_place_of_the_former_ones(staging: Engine) -> None:
    put(staging, customer(channels=("Old@shop.example", "m1@Shop.example", "nonsense")))
    assert channels(staging) == {(1, "old@shop.example")}
    take_touched(staging)

    put(staging, customer(channels=("new@shop.example",)), later=True)

    assert channels(staging) == {(1, "new@shop.example")}
    assert staged(staging).channels_read_at_utc == utc_text(LATER)
    assert take_touched(staging) == {
        ("customer", "1"),
        ("email_key", "old@shop.example"),
        ("email_key", "new@shop.example"),
    }


def test_a_row_without_channels_keeps_those_that_are_known(staging: Engine) -> None:
    put(staging, customer(channels=("old@shop.example",)))

    put(staging, customer(name="B"), later=True)

    assert channels(staging) == {(1, "old@shop.example")}
    assert staged(staging).channels_read_at_utc == utc_text(NOW)


def test_channels_are_kept_in_a_first_load_too(staging: Engine) -> None:
    put(staging, customer(channels=("old@shop.example",)), first_load=True)

    assert channels(staging) == {(1, "old@shop.example")}


def test_a_customer_who_is_gone_is_touched_once_and_comes_back_when_seen(staging: Engine) -> None:
    put(staging, customer(1), customer(2))
    take_touched(staging)
    with staging.begin() as connection:
        assert intake.mark_gone(connection, STORE, [1, 99], LATER) == 1
        assert intake.mark_gone(connection, STORE, [1], LATER) == 0

    assert staged(staging).gone_at_utc == utc_text(LATER)
    assert take_touched(staging) == {("customer", "1"), ("email_key", KEY)}

    assert put(staging, customer(1), later=True).changed == 1

    assert staged(staging).gone_at_utc is None
    assert take_touched(staging) == {("customer", "1"), ("email_key", KEY)}


def test_tickets_touch_the_customers_of_what_is_new_or_changed(staging: Engine) -> None:
    with staging.begin() as connection:
        first = [ticket(1), ticket(2, customer_id=2), ticket(2, customer_id=3)]
        assert intake.stage_tickets(connection, STORE, first, NOW) == StagedCounts(2, 2)
    assert take_touched(staging) == {("customer", "1"), ("customer", "3")}

    again = [
        ticket(1, status="closed", updated_at_utc=utc_text(NOW - timedelta(days=9))),
        ticket(2, customer_id=4),
    ]
    with staging.begin() as connection:
        assert intake.stage_tickets(connection, STORE, again, LATER) == StagedCounts(2, 1)

    assert take_touched(staging) == {("customer", "3"), ("customer", "4")}


def test_tickets_out_of_the_window_are_forgotten_and_touch_their_customers(
    staging: Engine,
) -> None:
    with staging.begin() as connection:
        old = ticket(2, customer_id=2, updated_at_utc=utc_text(NOW - timedelta(days=40)))
        intake.stage_tickets(connection, STORE, [ticket(1), old], NOW)
    take_touched(staging)

    with staging.begin() as connection:
        window_start = utc_text(NOW - timedelta(days=30))
        assert intake.prune_tickets(connection, STORE, window_start) == 1

    assert take_touched(staging) == {("customer", "2")}
    with staging.connect() as connection:
        assert [row.ticket_id for row in connection.execute(schema.tickets.select())] == [1]


@pytest.mark.parametrize("source", ["members", "customers"])
def test_what_a_full_scan_does_not_see_is_gone(staging: Engine, source: full_scans.Source) -> None:
    put(staging, customer(1), customer(2), customer(3, email=None))
    with staging.begin() as connection:
        people = [member("1", email=KEY), member("2"), member("3", email=None)]
        intake.stage_members(connection, STORE, people, NOW, first_load=True)
        intake.stage_members(connection, "other", people, NOW, first_load=True)
    take_touched(staging)
    with staging.begin() as connection:
        full_scans.begin_scan(connection, STORE, source, "run-1")
        full_scans.note_seen(connection, STORE, source, [1 if source == "customers" else "1", 3])
        # The scan was cut off; the next one begins anew.
        full_scans.begin_scan(connection, STORE, source, "run-2")
        full_scans.note_seen(connection, STORE, source, ["2", "2"])
        full_scans.note_seen(connection, STORE, source, ["2"])
        assert full_scans.count_unseen(connection, STORE, source) == 2

    with staging.begin() as connection:
        assert full_scans.finish_scan(connection, STORE, source, LATER) == 2

    kind = source[:-1]
    assert take_touched(staging) == {(kind, "1"), (kind, "3"), ("email_key", KEY)}
    table = schema.METADATA.tables[source]
    with staging.begin() as connection:
        rows = connection.execute(select(table).where(table.c.store == STORE)).all()
        assert [bool(row.gone_at_utc) for row in sorted(rows, key=lambda r: str(r[1]))] == [
            True,
            False,
            True,
        ]
        others = select(schema.members.c.gone_at_utc).where(schema.members.c.store == "other")
        assert set(connection.execute(others).scalars()) == {None}
        assert connection.execute(schema.scan_seen.select()).all() == []
        full_scans.begin_scan(connection, STORE, source, "run-3")
        full_scans.note_seen(connection, STORE, source, ["2"])
        assert full_scans.finish_scan(connection, STORE, source, LATER) == 0
