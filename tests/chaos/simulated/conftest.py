"""The staging database of simulated time: everybody goes by the clock of the world at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, event

from loyalty_desk.awards import clock_jumps, queue
from loyalty_desk.clock import utc_text
from loyalty_desk.http import deadline, pacing, transport
from loyalty_desk.staging import engine as engine_module
from tests.chaos.simulated.world import World
from tests.clocks import function_that_tells


class SeededRandom:
    """The chance in our waits, by the seed of the world at hand."""

    def uniform(self, least: float, most: float) -> float:
        return World.current.random.uniform(least, most)


class SeededIds:
    """Ids of awards, in whose order those are taken that were queued at the same moment."""

    def uuid4(self) -> UUID:
        return UUID(int=World.current.random.getrandbits(128), version=4)


@pytest.fixture
def simulated(staging: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A staging database whose clock, and a product whose wire, are those of the world at hand."""
    monkeypatch.setattr(engine_module, "utc_now", _of_the_world("utc"))
    for module in (clock_jumps, deadline):
        monkeypatch.setattr(module, "steady_s", _of_the_world("steady_s"))
    monkeypatch.setattr(transport, "exchange", _of_the_world("exchange"))
    monkeypatch.setattr(pacing, "_RANDOM", SeededRandom())
    monkeypatch.setattr(queue, "uuid", SeededIds())
    if staging.dialect.name == "sqlite":
        yield staging
        return
    with function_that_tells(staging, "current_setting('loyalty_desk.now_utc')"):
        event.listen(staging, "begin", _tell_the_time)
        yield staging
        event.remove(staging, "begin", _tell_the_time)


def _of_the_world(name: str) -> Callable[..., Any]:
    """What the world that is at hand when it is called has under that name."""

    def call(*args: Any) -> Any:
        return getattr(World.current, name)(*args)

    return call


def _tell_the_time(connection: Connection) -> None:
    now: Any = utc_text(World.current.utc())
    connection.exec_driver_sql("SELECT set_config('loyalty_desk.now_utc', %s, true)", (now,))
