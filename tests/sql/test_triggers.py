"""The triggers that watch the queues: each thing that begins to wait is told of once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.clock import utc_now
from loyalty_desk.orchestration import triggers
from loyalty_desk.orchestration.triggers import AwardQueueTrigger, CardsToShowTrigger, QueueTrigger
from loyalty_desk.refresh import ask_for_cards
from tests.factories import STORE
from tests.http.api_client import forget_settings
from tests.sql.test_awards import queue, request
from tests.waiting import wait_until

PATIENCE_S = 30.0
LOOKS: list[None] = []
"""One for each look at a queue that is over."""


@pytest.fixture(autouse=True)
def installed(staging_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setattr(triggers, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(triggers, "LOOK_AGAIN_AFTER_TROUBLE_S", 0.01)
    look = triggers._find_waiting

    def count(queue_name: str) -> triggers.Waiting:
        found = look(queue_name)
        LOOKS.append(None)
        return found

    monkeypatch.setattr(triggers, "_find_waiting", count)
    forget_settings()
    yield
    forget_settings()


Step = Callable[[], object]


def told(trigger: QueueTrigger, *steps: Step) -> list[int]:
    """How many things the trigger tells of after each step, 0 where it keeps quiet."""

    async def watch() -> list[int]:
        events = aiter(trigger.run())
        return [await follow(events, step) for step in steps]

    pending: list[asyncio.Task[Any]] = []

    async def follow(events: AsyncIterator[Any], step: Step) -> int:
        if not pending:
            pending.append(asyncio.ensure_future(anext(events)))
        await asyncio.to_thread(step)
        # The first look to end may have begun before the step, and the second is told of before the
        # third begins.
        enough = len(LOOKS) + 3
        while not pending[0].done():
            if len(LOOKS) >= enough:
                return 0
            await asyncio.wait(pending, timeout=0.01)
        payload = pending.pop().result().payload
        assert payload["store"] == trigger.store
        return int(payload["waiting"])

    return asyncio.run(asyncio.wait_for(watch(), PATIENCE_S))


def change(staging: Engine, sql: str) -> Step:
    def run() -> None:
        with staging.begin() as connection:
            connection.execute(text(sql))

    return run


def award(staging: Engine, key: str, **awards: Any) -> Step:
    return lambda: queue(staging, request(idempotency_key=key), utc_now(), **awards)


def wait_until_it_is_minded(caplog: pytest.LogCaptureFixture) -> None:
    wait_until(lambda: "cannot look at the queue of awards" in caplog.text, PATIENCE_S)


def nothing() -> None:
    """Leave everything as it is."""


def test_each_award_that_begins_to_wait_is_told_of_once(staging: Engine) -> None:
    steps = (nothing, award(staging, "one"), nothing, award(staging, "two"), nothing)

    assert told(AwardQueueTrigger(STORE), *steps) == [0, 1, 0, 1, 0]


def test_what_waited_before_is_told_of_at_the_start(staging: Engine) -> None:
    award(staging, "one")()
    award(staging, "two")()

    assert told(AwardQueueTrigger(STORE), nothing) == [2]


def test_who_begins_to_listen_later_hears_of_what_waited_before(
    staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triggers, "SAY_AGAIN_AFTER_S", 0.05)
    award(staging, "one")()

    async def listen() -> int:
        shared = AwardQueueTrigger.open_shared_stream({})
        await anext(shared)  # before the DAG is switched on again
        event = await anext(aiter(AwardQueueTrigger(STORE).filter_shared_stream(shared)))
        return int(event.payload["waiting"])

    assert asyncio.run(asyncio.wait_for(listen(), PATIENCE_S)) == 1


def test_another_store_s_awards_are_not_its_business(staging: Engine) -> None:
    assert told(AwardQueueTrigger("other"), award(staging, "one")) == [0]


def test_a_worker_s_lost_lease_is_told_of(staging: Engine) -> None:
    steps = (
        award(staging, "one"),
        change(staging, "UPDATE awards SET state = 'applying', lease_until_utc = '9999'"),
        change(staging, "UPDATE awards SET lease_until_utc = '2020'"),
    )

    assert told(AwardQueueTrigger(STORE), *steps) == [1, 0, 1]


def test_what_a_run_put_back_is_told_of_when_the_platform_had_a_while(staging: Engine) -> None:
    steps = (
        award(staging, "one"),
        change(staging, "UPDATE awards SET state = 'applying', lease_until_utc = '9999'"),
        change(staging, "UPDATE awards SET state = 'queued'"),
        change(staging, "UPDATE awards SET lease_until_utc = '2020'"),
    )

    assert told(AwardQueueTrigger(STORE), *steps) == [1, 0, 0, 1]


def test_an_award_to_ask_about_is_told_of_until_a_run_asks_and_again_when_it_is_overdue(
    staging: Engine,
) -> None:
    steps = (
        award(staging, "one", approval_above_points=1),
        change(staging, "UPDATE awards SET asked_run_id = 'run'"),
        change(staging, "UPDATE awards SET approve_by_utc = '2020'"),
        change(staging, "UPDATE awards SET state = 'approved'"),
    )

    assert told(AwardQueueTrigger(STORE), *steps) == [1, 0, 1, 1]


def test_a_card_asked_for_is_told_of_and_again_when_it_is_asked_for_again(
    staging: Engine,
) -> None:
    def ask() -> None:
        with staging.begin() as connection:
            ask_for_cards(connection, STORE, ["7"], utc_now())

    steps = (nothing, ask, nothing, ask)
    assert told(CardsToShowTrigger(STORE), *steps) == [0, 1, 0, 1]


def test_a_queue_that_cannot_be_read_is_waited_for_and_not_told_of_again(
    staging: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    def take_away_for_a_while() -> None:
        change(staging, "ALTER TABLE awards RENAME TO mislaid")()
        wait_until_it_is_minded(caplog)
        change(staging, "ALTER TABLE mislaid RENAME TO awards")()

    steps = (award(staging, "one"), nothing, take_away_for_a_while, award(staging, "two"))

    assert told(AwardQueueTrigger(STORE), *steps) == [1, 0, 0, 1]


def test_a_database_that_is_away_at_the_start_is_waited_for(
    staging: Engine,
    staging_url: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def come_back() -> None:
        wait_until_it_is_minded(caplog)
        monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
        forget_settings()

    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", f"sqlite:///{tmp_path / 'no_tables.db'}")
    forget_settings()
    award(staging, "one")()

    assert told(AwardQueueTrigger(STORE), come_back) == [1]


@pytest.mark.parametrize("kind", [AwardQueueTrigger, CardsToShowTrigger])
def test_airflow_can_make_a_trigger_anew_and_shares_one_look_a_queue(
    kind: type[QueueTrigger],
) -> None:
    path, values = kind("one").serialize()

    assert path == f"loyalty_desk.orchestration.triggers.{kind.__name__}"
    assert kind(**values).store == "one"
    assert kind("one").shared_stream_key() == kind("two").shared_stream_key()
    keys = {one("a").shared_stream_key() for one in (AwardQueueTrigger, CardsToShowTrigger)}
    assert len(keys) == 2
