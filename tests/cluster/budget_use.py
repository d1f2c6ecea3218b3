"""How much of each Gorgias account's budget the syncs of several shops use at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.cluster.shops import Shops

BUCKET, WINDOW_S = 40, 20.0
"""Gorgias' bucket for an API key."""
UNTIL_FULL_S = 25.0
"""Seconds (of the accounts) after which a bucket that a push began with is surely full."""
PUSH_LIMIT_S = 240.0


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """What a few shops did with their budgets while all of them pushed.

    `shares` are of what Gorgias allows each in the long run; `per_s` is all together.
    """

    shares: dict[str, float]
    refused: int
    per_s: float


def measure_budget_use(shops: Shops, stores: Sequence[str], seconds: float) -> BudgetUse:
    """Sync these shops, all at once, and look for `seconds` (of the accounts) how they push.

    Each must have more cards to push than fit into that time. Returns when all syncs are done.
    """
    speed = shops.cluster.place.speed
    before = {store: shops.traffic(store) for store in stores}
    runs = {store: shops.start_sync(store) for store in stores}

    def all_push() -> bool:
        return all(shops.changes(store, run_id).get("done") for store, run_id in runs.items())

    shops.wait(all_push, "the push of every shop", PUSH_LIMIT_S)
    time.sleep(UNTIL_FULL_S / speed)  # a bucket that was empty gives more than its rate
    begin = {store: (time.monotonic(), shops.traffic(store)) for store in stores}
    time.sleep(seconds / speed)  # the rate over this time is what is measured
    end = {store: (time.monotonic(), shops.traffic(store)) for store in stores}
    for store, run_id in runs.items():
        if not shops.changes(store, run_id).get("planned"):
            raise AssertionError(f"{store} had too few cards to push for {seconds:g} s")
    shops.wait_for_syncs(runs)
    rates = {
        store: (end[store][1].accepted - begin[store][1].accepted)
        / ((end[store][0] - begin[store][0]) * speed)
        for store in stores
    }
    refused = sum(shops.traffic(store).refused - before[store].refused for store in stores)
    return BudgetUse(
        shares={store: rate * WINDOW_S / BUCKET for store, rate in rates.items()},
        refused=refused,
        per_s=sum(rates.values()),
    )
