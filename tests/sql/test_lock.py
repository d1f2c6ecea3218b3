from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import RunAbandonedError, StoreBusyError
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging.run_lock import Run, release_lock, take_lock
from loyalty_desk.staging.run_record import start_run
from tests.factories import store_settings

NOW = utc_now()
LATER = NOW + timedelta(minutes=store_settings().lock_minutes + 1)


@pytest.fixture
def run(staging: Engine):
    def make(run_id: str, store: str = "acme") -> Run:
        settings = store_settings(name=store)
        return Run(store=settings, run_id=run_id, params=RunParams(), engine=staging)

    return make


def start(run: Run, now=NOW) -> None:
    """Begin a run as the first stage does: known and locked in one transaction."""
    with run.engine.begin() as connection:
        start_run(connection, run.store.name, run.run_id, run.params.model_dump(), now)
        take_lock(connection, run, now)


def go_on(run: Run, now=NOW) -> None:
    with run.engine.begin() as connection:
        take_lock(connection, run, now)


def release(run: Run) -> None:
    with run.engine.begin() as connection:
        release_lock(connection, run)


def test_a_second_run_is_told_who_holds_the_store_and_how_long(run) -> None:
    start(run("first"))

    with pytest.raises(StoreBusyError, match="run first; wait until it ends, or until its lock"):
        start(run("second"))


def test_the_holder_renews_its_lock(run) -> None:
    start(run("first"))
    go_on(run("first"), LATER)

    with pytest.raises(StoreBusyError):
        start(run("second"), LATER)


def test_a_released_store_is_free_at_once(run) -> None:
    start(run("first"))
    release(run("first"))

    start(run("second"))


def test_a_run_cannot_release_the_lock_of_another(run) -> None:
    start(run("first"))
    release(run("second"))

    with pytest.raises(StoreBusyError):
        start(run("second"))


def test_a_run_that_fell_silent_loses_the_store_and_cannot_come_back(run) -> None:
    start(run("first"))
    start(run("second"), LATER)
    release(run("second"))

    with pytest.raises(RunAbandonedError, match="another run took over"):
        go_on(run("first"), LATER)


def test_a_run_that_lost_the_store_may_be_started_again(run) -> None:
    start(run("first"))
    start(run("second"), LATER)
    release(run("second"))

    start(run("first"), LATER)
    go_on(run("first"), LATER)


def test_stores_do_not_lock_each_other(run, staging: Engine) -> None:
    start(run("first"))
    start(run("other", store="other"))

    with staging.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM locks")).scalar() == 2
