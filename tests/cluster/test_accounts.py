"""Eight Gorgias accounts at once: each has its budget to itself, on however many workers."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from scripts.services import SandboxSize
from tests.cluster.budget_use import BUCKET, WINDOW_S, BudgetUse, measure_budget_use
from tests.cluster.shops import Shops, running_shops

ACCOUNTS = 8
SECONDS = float(os.environ.get("CLUSTER_SECONDS", "60"))
"""How long each measurement looks, in seconds of the accounts."""
SPEED = 2.0
# More cards than two requests a second write in the time that is looked at.
CUSTOMERS, CHANGED = 200 + int(4 * SECONDS), 140 + int(2.7 * SECONDS)
SIZE = SandboxSize(members=CUSTOMERS + 60, customers=CUSTOMERS, seed=3, speed=SPEED)


@pytest.fixture(scope="module")
def shops() -> Iterator[Shops]:
    with running_shops("accounts", ACCOUNTS, SIZE, concurrency=ACCOUNTS) as found:
        yield found


def is_used_up(use: BudgetUse) -> bool:
    # A look that begins just before an answer and ends just after one sees two requests more.
    two_requests = 2 / (BUCKET / WINDOW_S * SECONDS)
    return min(use.shares.values()) >= 0.95 and max(use.shares.values()) <= 1 + two_requests


def test_each_account_is_used_up_and_none_is_overrun(
    shops: Shops, record_property: pytest.RecordProperty
) -> None:
    two = measure_budget_use(shops, shops.names, SECONDS)
    assert is_used_up(two), two
    assert two.refused == 0
    assert [shops.wrong_cards(store) for store in shops.names] == [[]] * ACCOUNTS

    one_account = shops.names[0]
    shops.tick(one_account, CHANGED, seed=1)
    alone = measure_budget_use(shops, [one_account], SECONDS)
    assert is_used_up(alone), alone
    assert alone.refused == 0
    assert two.per_s == pytest.approx(ACCOUNTS * alone.per_s, rel=0.1)

    for store in shops.names:
        shops.tick(store, CHANGED, seed=2)
    shops.supervisor.stop("worker-2", grace_s=20)
    one = measure_budget_use(shops, shops.names, SECONDS)
    shops.supervisor.resume("worker-2")
    assert one.refused == 0
    assert [shops.wrong_cards(store) for store in shops.names] == [[]] * ACCOUNTS
    record_property(
        "tally",
        f"{ACCOUNTS} accounts, share of the budget used: two workers"
        f" {min(two.shares.values()):.3f} to {max(two.shares.values()):.3f}, one worker"
        f" {min(one.shares.values()):.3f} to {max(one.shares.values()):.3f}, one account alone"
        f" {alone.shares[one_account]:.3f}; no 429; {two.per_s / alone.per_s:.2f} times the rate"
        f" of one",
    )
