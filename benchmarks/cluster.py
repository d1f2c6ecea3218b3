"""The cluster: what a second machine brings, and how soon work goes on after a part was killed.

`cluster_scaling_ratio`: how many requests a second eight accounts get on two workers, against one
account alone; eight is all there is. `recovery_p95_s`: from the kill of a worker in mid-push or in
mid-award, of the scheduler, Redis or PostgreSQL, until everything that was under way had ended,
the rest of its work included. Airflow notices lost tasks after 12 seconds there (HASTY_VARIABLES in
tests/cluster/shops.py), where the default is 300.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from typing import Any

from scripts.services import SandboxSize
from tests.cluster.budget_use import measure_budget_use
from tests.cluster.losses import Tally, play, prepared, rounds
from tests.cluster.shops import running_shops

ACCOUNTS, SECONDS = 8, 60.0
SIZE = SandboxSize(members=500, customers=440, seed=3, speed=2.0)
CHANGED = 300
ROUNDS = int(os.environ.get("CLUSTER_ROUNDS", "20"))


def scaling(_only: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """Eight accounts at once against one."""
    with running_shops("scaling", ACCOUNTS, SIZE, concurrency=ACCOUNTS) as shops:
        together = measure_budget_use(shops, shops.names, SECONDS)
        shops.tick(shops.names[0], CHANGED, seed=1)
        alone = measure_budget_use(shops, shops.names[:1], SECONDS)
    ratio = together.per_s / alone.per_s
    yield {
        "name": "cluster_scaling_ratio",
        "value": round(ratio, 2),
        "goal": f"{ACCOUNTS} within 10 %",
        "ok": abs(ratio / ACCOUNTS - 1) <= 0.1 and together.refused == 0,
        "accounts": ACCOUNTS,
        "least_share": round(min(together.shares.values()), 3),
        "refused_429": together.refused,
    }


def recovery(_only: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """How long it takes from a kill to the end of all work, over seeded rounds."""
    tally = Tally()
    with prepared() as shops:
        for one in rounds(ROUNDS):
            play(shops, one, tally)
    middle, late, most = tally.recovered()
    yield {
        "name": "recovery_p95_s",
        "value": round(late, 1),
        "ok": not tally.wrong,
        "rounds": ROUNDS,
        "median_s": round(middle, 1),
        "most_s": round(most, 1),
        "wrong": len(tally.wrong),
    }
