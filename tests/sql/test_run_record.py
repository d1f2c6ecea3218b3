"""The run record in staging, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.records import RunState
from loyalty_desk.staging.run_record import (
    add_counters,
    finish_run,
    increase_counters,
    load_recent_records,
    load_run_record,
    start_run,
)
from tests.factories import LATER, NOW, STORE

RUN = "manual__2026-03-02T09:30:00+00:00"


def start(engine: Engine, run_id: str = RUN, **params: bool) -> None:
    with engine.begin() as connection:
        start_run(connection, STORE, run_id, params, NOW)


def test_a_new_run_is_running_and_every_counter_is_zero(staging: Engine) -> None:
    start(staging, dry_run=True)

    with staging.connect() as connection:
        record = load_run_record(connection, STORE, RUN)

    assert (record.state, record.dry_run, record.started_at_utc) == (RunState.RUNNING, True, NOW)
    assert record.ended_at_utc is None
    assert set(record.counters().values()) == {0}


def test_setting_counters_again_changes_nothing(staging: Engine) -> None:
    start(staging)
    for _ in range(2):
        with staging.begin() as connection:
            add_counters(connection, STORE, RUN, {"pushed": 7, "seconds_push": 1.5})

    with staging.connect() as connection:
        record = load_run_record(connection, STORE, RUN)
    assert (record.pushed, record.seconds_push) == (7, 1.5)


def test_increasing_adds_up_over_attempts(staging: Engine) -> None:
    start(staging)
    for _ in range(2):
        with staging.begin() as connection:
            increase_counters(connection, STORE, RUN, {"gorgias_requests": 40, "seconds_push": 2.5})

    with staging.connect() as connection:
        record = load_run_record(connection, STORE, RUN)
    assert (record.gorgias_requests, record.seconds_push) == (80, 5.0)


def test_only_what_is_spent_anew_may_be_increased(staging: Engine) -> None:
    with staging.begin() as connection, pytest.raises(ValueError, match="'pushed' must be set"):
        increase_counters(connection, STORE, RUN, {"pushed": 1})


@pytest.mark.parametrize("write", [add_counters, increase_counters])
def test_an_unknown_counter_is_refused(staging: Engine, write) -> None:
    with (
        staging.begin() as connection,
        pytest.raises(ValueError, match="no such counter: seconds_lunch"),
    ):
        write(connection, STORE, RUN, {"seconds_lunch": 1})


def test_a_finished_run_knows_how_long_it_took(staging: Engine) -> None:
    start(staging)
    with staging.begin() as connection:
        finish_run(connection, STORE, RUN, RunState.FAILED, "push: no answer", LATER)
        record = load_run_record(connection, STORE, RUN)

    assert (record.state, record.failure) == (RunState.FAILED, "push: no answer")
    assert (record.ended_at_utc, record.seconds_total) == (LATER, 3600)


def test_a_run_that_is_started_again_keeps_its_start_and_forgets_its_end(staging: Engine) -> None:
    start(staging)
    with staging.begin() as connection:
        finish_run(connection, STORE, RUN, RunState.FAILED, "push: no answer", LATER)
        start_run(connection, STORE, RUN, {}, LATER)
        record = load_run_record(connection, STORE, RUN)

    assert (record.state, record.failure, record.ended_at_utc) == (RunState.RUNNING, None, None)
    assert record.started_at_utc == NOW


def test_a_run_that_is_not_there_is_an_error(staging: Engine) -> None:
    with staging.begin() as connection:
        with pytest.raises(LookupError, match=f"store {STORE} has no run"):
            load_run_record(connection, STORE, RUN)
        with pytest.raises(LookupError, match=f"store {STORE} has no run"):
            finish_run(connection, STORE, RUN, RunState.SUCCEEDED, None, NOW)


def test_a_counter_of_another_version_is_passed_over(staging: Engine) -> None:
    start(staging)
    with staging.begin() as connection:
        connection.execute(
            text("INSERT INTO run_counters VALUES (:store, :run_id, 'new_one', 3)"),
            {"store": STORE, "run_id": RUN},
        )
        load_run_record(connection, STORE, RUN)


def test_recent_records_are_this_run_and_those_before_it(staging: Engine) -> None:
    with staging.begin() as connection:
        for number in range(5):
            start_run(connection, STORE, f"run-{number}", {}, NOW + timedelta(hours=number))
        start_run(connection, "other", "run-2", {}, NOW)

        found = load_recent_records(connection, STORE, "run-3", 3)

    assert [(record.store, record.run_id) for record in found] == [
        (STORE, "run-3"),
        (STORE, "run-2"),
        (STORE, "run-1"),
    ]
