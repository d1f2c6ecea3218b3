"""Workers, the scheduler, Redis and PostgreSQL are killed: nothing lost, nothing paid twice."""

from __future__ import annotations

import os

import pytest

from tests.cluster.losses import Tally, play, rounds, slow_bookings
from tests.cluster.shops import Shops

ROUNDS = int(os.environ.get("CLUSTER_ROUNDS", "20"))
FIRST_SEED = int(os.environ.get("CLUSTER_SEED", "1"))


def test_whatever_is_killed_everything_ends_well_by_itself(
    shops: Shops, record_property: pytest.RecordProperty
) -> None:
    tally = Tally()
    with slow_bookings(shops):
        for one in rounds(ROUNDS, FIRST_SEED):
            play(shops, one, tally)
            print(f"{one.victim}: {tally}", flush=True)
    record_property("tally", f"{ROUNDS} rounds; {tally}")
    assert tally.wrong == []
