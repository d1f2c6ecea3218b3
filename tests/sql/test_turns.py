"""Erasing and disconnecting wait for a sync and are not overtaken; on both databases."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import NoTurnError, StoreBusyError
from loyalty_desk.settings import stores_file
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging import schema, turns
from loyalty_desk.staging.run_lock import Run, release_lock, take_lock
from loyalty_desk.staging.run_record import start_run
from loyalty_desk.staging.turns import WAITED_FOR, hold_store
from tests.factories import STORE, store_settings
from tests.waiting import wait_until

SPEED = 50.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LOYALTY_DESK_SPEED", str(SPEED))
    stores_file.installation.cache_clear()
    yield
    stores_file.installation.cache_clear()


def sync(engine: Engine, run_id: str = "scheduled__1") -> Run:
    """A sync that begins now; raises StoreBusyError when it may not."""
    run = Run(store=store_settings(), run_id=run_id, params=RunParams(), engine=engine)
    with engine.begin() as connection:
        start_run(connection, STORE, run_id, {}, utc_now())
        take_lock(connection, run, utc_now())
    return run


def end(run: Run) -> None:
    with run.engine.begin() as connection:
        release_lock(connection, run)


def held(engine: Engine, **options: Any) -> Any:
    settings = store_settings(turn_minutes=options.pop("turn_minutes", 30))
    return hold_store(engine, settings, options.pop("work", "erase"), **{"waits": True} | options)


def waiting(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [row.run_id for row in connection.execute(schema.lock_turns.select())]


def test_it_waits_for_the_sync_says_so_and_no_other_sync_begins_before(
    staging: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = sync(staging)

    def erase() -> str:
        with held(staging):
            with pytest.raises(StoreBusyError, match=r"is held while a person is erased \(erase__"):
                sync(staging, "scheduled__2")
            return "erased"

    with ThreadPoolExecutor(1) as pool:
        erasure = pool.submit(erase)
        wait_until(lambda: "waiting for its turn" in caplog.text)
        end(first)
        assert erasure.result(10) == "erased"
    assert "is being synced by run scheduled__1" in caplog.text
    assert waiting(staging) == []
    end(sync(staging, "scheduled__2"))


def test_under_steady_syncs_who_waits_goes_first(staging: Engine) -> None:
    first = sync(staging)
    with pytest.raises(StoreBusyError), held(staging, holder="manual__1", waits=False):
        pass
    end(first)

    goes_first = r"is waited for: a person is erased \(erase__manual__1\) first"
    with pytest.raises(StoreBusyError, match=goes_first):
        sync(staging, "scheduled__2")
    with (
        pytest.raises(StoreBusyError, match=goes_first),
        held(staging, work="disconnect", holder="manual__2", waits=False),
    ):
        pass
    with held(staging, holder="manual__1", waits=False):
        pass
    with held(staging, work="disconnect", holder="manual__2", waits=False):
        pass
    end(sync(staging, "scheduled__2"))


def test_who_neither_waits_nor_comes_again_is_refused_and_holds_nobody_up(staging: Engine) -> None:
    end_of = sync(staging)
    with (
        pytest.raises(StoreBusyError, match="is being synced by run scheduled__1"),
        held(staging, waits=False),
    ):
        pass
    assert waiting(staging) == []
    end(end_of)
    end(sync(staging, "scheduled__2"))


def test_a_sync_that_works_goes_on_while_somebody_waits(staging: Engine) -> None:
    first = sync(staging)
    with pytest.raises(StoreBusyError), held(staging, holder="manual__1", waits=False):
        pass
    with staging.begin() as connection:
        take_lock(connection, first, utc_now())


def test_it_gives_up_after_a_time_with_what_held_it_up_and_holds_nobody_up(
    staging: Engine,
) -> None:
    sync(staging)

    with (
        pytest.raises(
            NoTurnError, match=r"by run scheduled__1.*waited for 0\.02 minutes, and noth"
        ),
        held(staging, turn_minutes=1),
    ):
        pass
    assert waiting(staging) == []


def test_who_comes_again_and_again_gives_up_after_a_time_too(staging: Engine) -> None:
    sync(staging)
    long_ago = utc_text(utc_now() - timedelta(minutes=2))
    turn = {"store": STORE, "run_id": "erase__manual__1", "since_utc": long_ago}
    with staging.begin() as connection:
        until = utc_text(utc_now() + WAITED_FOR)
        connection.execute(schema.lock_turns.insert(), {**turn, "expires_at_utc": until})

    with pytest.raises(NoTurnError), held(staging, holder="manual__1", waits=False):
        pass
    assert waiting(staging) == []


def test_one_that_was_killed_holds_the_store_for_a_minute_and_is_named_for_what_it_is(
    staging: Engine,
) -> None:
    now = utc_now()
    dead = Run(store=store_settings(), run_id="erase__1", params=RunParams(), engine=staging)
    with staging.begin() as connection:
        take_lock(connection, dead, now, lease=turns.LEASE)

    with pytest.raises(StoreBusyError, match="held while a person is erased"):
        sync(staging)
    assert timedelta(minutes=1) >= turns.LEASE
    with staging.begin() as connection:
        after = now + turns.LEASE + timedelta(seconds=1)
        run = Run(store=store_settings(), run_id="r", params=RunParams(), engine=staging)
        take_lock(connection, run, after)


def test_one_that_was_killed_while_it_waited_is_waited_for_no_more(staging: Engine) -> None:
    long_ago = utc_text(utc_now() - timedelta(minutes=9))
    turn = {"store": STORE, "run_id": "erase__1", "since_utc": long_ago, "expires_at_utc": long_ago}
    with staging.begin() as connection:
        connection.execute(schema.lock_turns.insert(), turn)

    end(sync(staging))
    with held(staging, work="disconnect"):
        assert waiting(staging) == []


def test_a_long_erasure_keeps_its_short_lease(
    staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "RENEWED_EVERY_S", 0.02)

    def lease() -> str:
        with staging.connect() as connection:
            return str(connection.execute(schema.locks.select()).one().expires_at_utc)

    with held(staging):
        first = lease()
        wait_until(lambda: lease() > first)
    with staging.connect() as connection:
        assert connection.execute(schema.locks.select()).all() == []
