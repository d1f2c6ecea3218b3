"""The last stage: what a run's end says when something is wrong with the run itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, text

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import QualityError
from loyalty_desk.mismatches.history import count_open
from loyalty_desk.records import RunState
from loyalty_desk.settings import stores_file as settings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_record import add_counters, load_run_record, start_run
from loyalty_desk.tasks import sync as sync_tasks
from tests.forget import forget_engine
from tests.sql.award_rows import applied, put
from tests.sql.staged import Staged


@pytest.fixture
def run_id(
    staging: Engine, staging_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A run of the shipped store that has just started."""
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path))
    settings.installation.cache_clear()
    forget_engine()
    with staging.begin() as connection:
        start_run(connection, "demo", "r1", {"dry_run": False}, utc_now())
    yield "r1"
    forget_engine()
    settings.installation.cache_clear()


def state_of(staging: Engine, run_id: str) -> RunState:
    with staging.begin() as connection:
        return load_run_record(connection, "demo", run_id).state


def test_the_open_mismatches_are_those_of_the_newest_match_at_any_moment(
    staging: Engine, run_id: str
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection, store="demo")
        staged.customer(1, "ada@example.test")
        staged.customer(2, "grace@example.test")
        staged.member("m2", "grace@example.test")
        for customer_id in (1, 2):
            staged.ticket(customer_id, customer_id)

    sync_tasks.match("demo", run_id)

    with reading(staging) as connection:
        record = load_run_record(connection, "demo", run_id)
        assert record.customers_customer_not_found == 1
        assert count_open(connection, "demo", utc_now()) == 1


def test_a_match_keeps_what_the_members_hold_and_what_awards_were_for(
    staging: Engine, run_id: str
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection, store="demo")
        staged.member("m2", "grace@example.test", card='{"tier":"Gold"}', points_balance=70)
        staged.customer(2, "grace@example.test")
    now = utc_text(utc_now() - timedelta(minutes=1))
    put(staging, applied("a1", store="demo", member_id="m2", settled_at_utc=now))

    sync_tasks.match("demo", run_id)

    with reading(staging) as connection:
        day = connection.execute(text("SELECT store, tier, points FROM liability_days")).one()
        award = connection.execute(text("SELECT member_tier FROM awards")).one()
    assert (tuple(day), tuple(award)) == (("demo", "Gold", 70), ("Gold",))


def test_whoever_reads_sees_one_moment_whatever_is_written_meanwhile(
    staging: Engine, run_id: str
) -> None:
    with reading(staging) as connection:
        before = load_run_record(connection, "demo", run_id)
        with staging.begin() as other:
            add_counters(other, "demo", run_id, {"members_fetched": 3})
        assert load_run_record(connection, "demo", run_id) == before
    with reading(staging) as connection:
        assert load_run_record(connection, "demo", run_id).members_fetched == 3


def test_counts_that_do_not_add_up_fail_a_run_that_ended_well(staging: Engine, run_id: str) -> None:
    with staging.begin() as connection:
        add_counters(connection, "demo", run_id, {"members_fetched": 3, "members_staged": 2})

    with pytest.raises(QualityError, match=r"do not add up: .*members_fetched"):
        sync_tasks.report("demo", run_id, reached_the_end=True)

    assert state_of(staging, run_id) == RunState.FAILED


def test_a_run_that_did_not_reach_its_end_has_failed(staging: Engine, run_id: str) -> None:
    put(staging, applied("a1", store="demo", settled_at_utc=utc_text(utc_now())))
    result = sync_tasks.report("demo", run_id, reached_the_end=False)

    book = load_workbook(Path(result["report"]).with_name("mismatches.xlsx"))
    assert book.sheetnames == ["Overview", "Goodwill"]
    assert state_of(staging, run_id) == RunState.FAILED
    assert Path(result["report"]).exists()


def test_an_abandoned_run_stays_abandoned(staging: Engine, run_id: str) -> None:
    with staging.begin() as connection:
        connection.execute(text("UPDATE runs SET state = 'abandoned'"))

    sync_tasks.report("demo", run_id, reached_the_end=False)

    assert state_of(staging, run_id) == RunState.ABANDONED
