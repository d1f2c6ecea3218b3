"""One date in the future moves no watermark, outranks nothing, and costs nobody else a thing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.clock import parse_utc, utc_now, utc_text
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_lock import Run
from loyalty_desk.staging.run_record import start_run
from loyalty_desk.staging.watermarks import find_watermark, resume_at
from loyalty_desk.sync.extract import extract_customers, extract_tickets
from loyalty_desk.sync.members import extract_members
from loyalty_desk.sync.reads import full_scan_is_due
from tests.factories import NOW, STORE, store_settings
from tests.sql.reads import Gorgias, Programme, ago, keep, since, staged

AHEAD = "2099-01-01T00:00:00.000000Z"
OVERLAP = timedelta(minutes=store_settings().extract.overlap_minutes)


@pytest.fixture
def run(staging: Engine) -> Run:
    run = Run(store=store_settings(), run_id="r", params=RunParams(), engine=staging)
    with staging.begin() as connection:
        start_run(connection, STORE, "r", {}, utc_now())
    return run


def test_a_watermark_is_the_newest_update_and_never_later_than_a_little_ago() -> None:
    assert resume_at(AHEAD, NOW, OVERLAP) == utc_text(NOW - OVERLAP)
    assert resume_at(utc_text(NOW), NOW, OVERLAP) == utc_text(NOW - OVERLAP)
    earlier = utc_text(NOW - timedelta(hours=1))
    assert resume_at(earlier, NOW, OVERLAP) == earlier


@pytest.mark.parametrize("was_read_before", [False, True])
def test_one_customer_dated_ahead_hides_no_other_change(run: Run, *, was_read_before: bool) -> None:
    gorgias = Gorgias()
    gorgias.customers = {number: ago(days=2) for number in range(1, 301)} | {7: AHEAD}
    if was_read_before:
        keep(run, "customers", ago(hours=2))
    extract_customers(run, gorgias)  # type: ignore[arg-type] # as far as it is asked
    assert since(run, "customers") <= ago(minutes=OVERLAP.seconds / 60 - 1)

    gorgias.customers |= {number: ago(seconds=1) for number in range(100, 290)}
    counts = extract_customers(run, gorgias)  # type: ignore[arg-type]

    assert counts.fetched >= 191
    assert counts.changed == 190 if not was_read_before else counts.changed >= 190


def test_one_ticket_dated_ahead_hides_no_other(run: Run) -> None:
    gorgias = Gorgias()
    gorgias.tickets = {number: ago(days=2) for number in range(1, 301)} | {7: AHEAD}
    extract_tickets(run, gorgias)  # type: ignore[arg-type]
    assert since(run, "tickets") <= ago(minutes=OVERLAP.seconds / 60 - 1)

    gorgias.tickets |= {1000 + number: ago(seconds=1) for number in range(190)}
    extract_tickets(run, gorgias)  # type: ignore[arg-type]

    assert len(staged(run, schema.tickets, schema.tickets.c.ticket_id)) == 490


def test_what_was_overlooked_behind_a_watermark_ahead_is_read_again(run: Run) -> None:
    gorgias = Gorgias()
    gorgias.customers = {number: ago(days=2) for number in range(1, 301)}
    gorgias.tickets = dict(gorgias.customers)
    keep(run, "customers", AHEAD)
    keep(run, "tickets", AHEAD)
    with run.engine.begin() as connection:
        assert full_scan_is_due(run, find_watermark(connection, STORE, "customers"))

    extract_customers(run, gorgias)  # type: ignore[arg-type]
    extract_tickets(run, gorgias)  # type: ignore[arg-type]

    assert len(staged(run, schema.customers, schema.customers.c.customer_id)) == 300
    assert len(staged(run, schema.tickets, schema.tickets.c.ticket_id)) == 300
    assert since(run, "customers") < ago()


def test_a_platform_is_never_asked_for_changes_since_a_time_to_come(run: Run) -> None:
    programme = Programme()
    extract_members(run, programme, None)  # type: ignore[arg-type]
    assert parse_utc(since(run, "members")) <= utc_now() - OVERLAP

    extract_members(run, programme, None)  # type: ignore[arg-type]
    keep(run, "members", AHEAD)
    extract_members(run, programme, None)  # type: ignore[arg-type]

    full, changes, after_ahead = programme.asked
    assert (full, after_ahead) == (None, None)
    assert changes is not None
    assert changes <= utc_now() - OVERLAP


def test_a_row_that_was_dated_ahead_is_replaced_by_one_that_is_not(run: Run) -> None:
    gorgias = Gorgias()
    gorgias.customers, gorgias.tickets = {7: AHEAD}, {7: AHEAD}
    extract_customers(run, gorgias)  # type: ignore[arg-type]
    extract_tickets(run, gorgias)  # type: ignore[arg-type]

    gorgias.customers = gorgias.tickets = {7: (now := ago(seconds=1))}
    extract_customers(run, gorgias)  # type: ignore[arg-type]
    extract_tickets(run, gorgias)  # type: ignore[arg-type]

    for table in (schema.customers, schema.tickets):
        with run.engine.connect() as connection:
            assert connection.execute(select(table.c.updated_at_utc)).scalar() == now
