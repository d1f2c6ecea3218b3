"""Erasures and syncs under real Airflow wait for each other, holding no place, in turn."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import open_engine
from tests.flow.world import STORE
from tests.waiting import wait_until

pytestmark = pytest.mark.flow


def test_an_erasure_waits_for_the_sync_and_is_green(world: Any, sync: Any) -> None:
    engine = open_engine(world.staging_url)
    lock = {"store": STORE, "run_id": "scheduled__1", "expires_at_utc": "2999"}
    with engine.begin() as connection:
        connection.execute(schema.locks.insert(), lock)

    def end_the_sync() -> None:
        wait_until(lambda: world.rows("SELECT * FROM lock_turns"))
        with engine.begin() as connection:
            connection.execute(schema.locks.delete())

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(end_the_sync)
        erasure = sync.run_dag(f"erase_person__{STORE}", email="nobody@nowhere.example")
        ended.result()

    assert erasure.state == "success"
    assert world.rows("SELECT * FROM locks") == world.rows("SELECT * FROM lock_turns") == []
    assert len(world.rows("SELECT * FROM erased_people")) == 1
    engine.dispose()


def test_a_sync_waits_for_who_holds_the_store_without_spending_a_try(world: Any, sync: Any) -> None:
    from airflow.models.taskreschedule import TaskReschedule
    from airflow.utils.session import create_session

    def waits() -> int:
        with create_session() as session:
            return session.query(TaskReschedule).count()

    def end_the_disconnect() -> None:
        wait_until(lambda: waits() > before)
        with engine.begin() as connection:
            connection.execute(schema.locks.delete())

    engine, before = open_engine(world.staging_url), waits()
    lock = {"store": STORE, "run_id": "disconnect__1", "expires_at_utc": "2999"}
    with engine.begin() as connection:
        connection.execute(schema.locks.insert(), lock)

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(end_the_disconnect)
        run = sync.run_dag(f"loyalty_sync__{STORE}")
        ended.result()

    start = run.get_task_instance("start")
    assert (start.state, start.try_number) == ("success", 1)
    engine.dispose()
