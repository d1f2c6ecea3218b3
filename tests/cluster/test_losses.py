"""Workers, the scheduler, Redis and PostgreSQL are killed: nothing lost, nothing paid twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scripts.services import SandboxSize
from tests.cluster.losses import Tally, play, rounds
from tests.cluster.shops import Shops, running_shops

ROUNDS = int(os.environ.get("CLUSTER_ROUNDS", "20"))
FIRST_SEED = int(os.environ.get("CLUSTER_SEED", "1"))
SHOPS = 2
SIZE = SandboxSize(members=320, customers=280, seed=11, speed=10.0)


@contextmanager
def prepared() -> Iterator[Shops]:
    """Shops after a first sync, on a platform that takes its time to book."""
    settings = {"awards": {"schedule": "* * * * *"}}
    with running_shops("losses", SHOPS, SIZE, settings=settings) as found:
        states = found.wait_for_syncs({name: found.start_sync(name) for name in found.names})
        assert set(states.values()) == {"success"}
        for sandbox in found.sandboxes.values():
            slow = {"effect": "delay", "delay_ms": 12_000, "method": "POST", "route": "*points*"}
            sandbox.control("rivo", "POST", "faults", slow)
        yield found


@pytest.fixture(scope="module")
def shops() -> Iterator[Shops]:
    with prepared() as found:
        yield found


def test_whatever_is_killed_everything_ends_well_by_itself(
    shops: Shops, record_property: pytest.RecordProperty
) -> None:
    tally = Tally()
    for one in rounds(ROUNDS, FIRST_SEED):
        play(shops, one, tally)
        print(f"{one.victim}: {tally}", flush=True)
    record_property("tally", f"{ROUNDS} rounds; {tally}")
    assert tally.wrong == []
