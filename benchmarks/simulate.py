"""How fresh cards are, and what it takes, for stores x customers x change rate x account class.

A model, not the product: it plays the syncs of a store over days, with the request budget of its
Gorgias account and the costs that were measured on the real system (COSTS), and follows each change
of a card until it is written. `python -m benchmarks.simulate` prints the table of docs/sizing.md;
`make bench ONLY=sizing` holds the model against the real system.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]
DAY_S = 86_400.0
PAGE = 100
"""Customers and tickets on a page of Gorgias."""
RANDOM_SEED = 7


@dataclass(frozen=True, slots=True)
class AccountClass:
    """What Gorgias allows an account: `bucket` requests at once, refilled in `window_s`."""

    name: str
    bucket: int
    window_s: float

    @property
    def per_s(self) -> float:
        return self.bucket / self.window_s


API_KEY = AccountClass("API key", 40, 20.0)
OAUTH = AccountClass("OAuth2", 80, 20.0)
ENTERPRISE = AccountClass("OAuth2, Enterprise", 80, 10.0)


@dataclass(frozen=True, slots=True)
class Costs:
    """What the real system was measured to take on one core of the machine of docs/sizing.md."""

    tasks: int = 14
    tasks_before_push: int = 10
    task_s: float = 0.85
    """Of a place in a worker, for a task with little to do."""
    task_gap_s: float = 0.5
    """Between the end of a task and the start of the next: the scheduler and the queue."""
    task_cpu_s: float = 1.0
    """Of a core, for a task with little to do and all that Airflow does for it."""
    write_cpu_s: float = 0.018
    """Of a core, for one card: the request, and the rows that keep track of it."""
    rows_a_write: float = 9.4
    """Rows that one card writes, the request's turn in the budget included."""
    member_us: float = 45.0
    """Microseconds of a place for each member that is read, changed or not."""


COSTS = Costs()


@dataclass(frozen=True, slots=True)
class Shop:
    """One store, as it lives: how many cards it has and how often they change."""

    customers: int
    changed_a_day: float
    """Share of the cards that change in a day."""
    account: AccountClass = API_KEY
    share: float = 0.6
    """Part of the account's budget that is ours."""
    interval_s: float = 1_800.0
    time_box_s: float = 2_700.0
    tickets_a_day: float = 0.01
    """Share of the customers who write in a day."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """So many shops of a kind on so many workers, with `places` tasks at once in each."""

    shops: int
    shop: Shop
    places: int = 4
    busy: float = 0.7
    """How busy workers may be, so that a herd of syncs is through before the next."""


@dataclass(frozen=True, slots=True)
class Played:
    """What one shop did. `ages_s` has how old each change was when it was written."""

    ages_s: Seconds
    requests_a_day: float
    writes_a_day: float
    place_s_a_day: float
    """Seconds of a place in a worker."""
    left: int
    """Changes that no push had got to at the end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the model says of a fleet."""

    fleet: Fleet
    p50_s: float
    p95_s: float
    requests_a_day: float
    """Of one shop, to Gorgias."""
    writes_per_s: float
    """Cards, over all shops."""
    rows_per_s: float
    """Rows written in staging, over all shops."""
    staged_rows: int
    tasks_per_s: float
    places_needed: float
    workers: int
    cores: float
    """Of all machines together, for Airflow and the tasks, at most as busy as workers may be."""
    keeps_up: bool
    """Whether the budget suffices for the changes."""


def simulate(
    shop: Shop,
    costs: Costs = COSTS,
    *,
    days: float = 3.0,
    delay_s: float = 0.0,
    seed: int = RANDOM_SEED,
) -> Played:
    """Play one shop for some days, after a day to settle in.

    `delay_s` is how long after its minute a sync starts at most.
    """
    chance = np.random.default_rng(seed)
    horizon_s = DAY_S + days * DAY_S
    expected = shop.customers * shop.changed_a_day / DAY_S * horizon_s
    count = int(chance.poisson(expected))
    changed_at = np.sort(chance.uniform(0, horizon_s, count))
    who = chance.integers(0, shop.customers, count)
    written_at = np.full(count, np.inf)
    rate = shop.account.per_s * shop.share
    waiting: NDArray[np.intp] = np.array([], dtype=np.intp)
    seen = 0
    due_s, free_s = 0.0, 0.0
    requests = writes = place_s = 0.0
    while due_s < horizon_s:
        start_s = max(due_s + chance.uniform(0, 1) * delay_s, free_s)
        pages = 3 + shop.customers * shop.tickets_a_day * shop.interval_s / DAY_S * 2 / PAGE
        read_s = max(pages / rate, shop.customers * costs.member_us / 1e6)
        task_s = costs.task_s + costs.task_gap_s
        looked_at_s = start_s + task_s + read_s / 2
        push_at_s = start_s + task_s * (costs.tasks_before_push - 2) + read_s
        now_seen = int(np.searchsorted(changed_at, looked_at_s))
        waiting = np.concatenate([waiting, np.arange(seen, now_seen)])
        seen = now_seen
        cards, card_of = np.unique(who[waiting], return_inverse=True)
        turn = chance.permutation(len(cards))
        burst = shop.account.bucket * shop.share
        sent_at = push_at_s + np.maximum(0.0, (turn + 1 - burst) / rate)
        in_time = sent_at <= push_at_s + shop.time_box_s
        done = in_time[card_of] if len(cards) else np.array([], dtype=bool)
        written_at[waiting[done]] = sent_at[card_of][done]
        waiting = waiting[~done]
        pushed = int(in_time.sum())
        push_s = max(0.0, (pushed - burst) / rate)
        free_s = push_at_s + push_s + task_s * (costs.tasks - costs.tasks_before_push + 1)
        if start_s >= DAY_S:
            requests += pages + pushed
            writes += pushed
            place_s += costs.tasks * costs.task_s + 2 * read_s + push_s
        due_s = max(due_s + shop.interval_s, free_s - delay_s)
    counted = (changed_at >= DAY_S) & np.isfinite(written_at)
    return Played(
        ages_s=written_at[counted] - changed_at[counted],
        requests_a_day=requests / days,
        writes_a_day=writes / days,
        place_s_a_day=place_s / days,
        left=len(waiting),
    )


def size(fleet: Fleet, costs: Costs = COSTS, *, days: float = 3.0) -> Outcome:
    """Say what a fleet needs, and how fresh its cards are with it."""
    shop = fleet.shop
    places_needed = fleet.shops * simulate(shop, costs, days=days).place_s_a_day / DAY_S
    workers = max(1, math.ceil(places_needed / fleet.places / fleet.busy))
    # All syncs are due in the same minute. What does not find a place waits for its turn.
    delay_s = shop.interval_s * min(1.0, places_needed / (workers * fleet.places))
    delay_s = delay_s if fleet.shops > workers * fleet.places else 0.0
    played = simulate(shop, costs, days=days, delay_s=delay_s)
    writes, requests = played.writes_a_day, played.requests_a_day
    tasks_per_s = fleet.shops * costs.tasks / shop.interval_s
    wanted_a_sync = shop.customers * shop.changed_a_day * shop.interval_s / DAY_S
    return Outcome(
        fleet=fleet,
        p50_s=float(np.percentile(played.ages_s, 50)),
        p95_s=float(np.percentile(played.ages_s, 95)),
        requests_a_day=requests,
        writes_per_s=fleet.shops * writes / DAY_S,
        rows_per_s=fleet.shops * (writes * costs.rows_a_write + (requests - writes)) / DAY_S,
        # A member, a customer, a match and a pushed card each, and a ticket for those who wrote.
        staged_rows=int(fleet.shops * shop.customers * (4 + 30 * shop.tickets_a_day)),
        tasks_per_s=tasks_per_s,
        places_needed=places_needed,
        workers=workers,
        cores=fleet.shops
        * (DAY_S / shop.interval_s * costs.tasks * costs.task_cpu_s + writes * costs.write_cpu_s)
        / DAY_S
        / fleet.busy,
        keeps_up=played.left <= 2 * wanted_a_sync,
    )


CASES: tuple[Fleet, ...] = (
    Fleet(1, Shop(5_000, 0.02)),
    Fleet(1, Shop(100_000, 0.02)),
    Fleet(1, Shop(100_000, 0.10, OAUTH)),
    Fleet(1, Shop(1_000_000, 0.02, OAUTH)),
    Fleet(1, Shop(1_000_000, 0.10, ENTERPRISE)),
    Fleet(100, Shop(5_000, 0.02)),
    Fleet(100, Shop(100_000, 0.02, OAUTH)),
    Fleet(100, Shop(100_000, 0.02, OAUTH, interval_s=7_200.0)),
    Fleet(10_000, Shop(5_000, 0.02, interval_s=7_200.0)),
    Fleet(10_000, Shop(5_000, 0.02, interval_s=21_600.0)),
    Fleet(10_000, Shop(50_000, 0.02, OAUTH, interval_s=21_600.0)),
)

COLUMNS = (
    *("stores", "customers each", "change a day", "account", "every", "age p50", "age p95"),
    *("requests a day and store", "cards/s", "rows/s", "rows staged", "tasks/s", "workers"),
    "cores",
)
HEAD = f"| {' | '.join(COLUMNS)} |\n|{' ---: |' * len(COLUMNS)}"


def table(cases: tuple[Fleet, ...] = CASES) -> Iterator[str]:
    """The table of docs/sizing.md, line by line."""
    yield from HEAD.splitlines()
    for fleet in cases:
        found, shop = size(fleet), fleet.shop
        cells = (
            f"{fleet.shops:,}",
            f"{shop.customers:,}",
            f"{shop.changed_a_day:.0%}",
            shop.account.name,
            _span(shop.interval_s),
            _span(found.p50_s),
            _span(found.p95_s) if found.keeps_up else f"{_span(found.p95_s)} (1)",
            f"{found.requests_a_day:,.0f}",
            _number(found.writes_per_s),
            _number(found.rows_per_s),
            f"{found.staged_rows / 1e6:.2f} M",
            _number(found.tasks_per_s),
            f"{found.workers:,}",
            _number(found.cores),
        )
        yield f"| {' | '.join(cells)} |"


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3600:.1f} h"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulate", description=__doc__)
    parser.add_argument("--shops", type=int, help="one case of your own instead of the table")
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--changed-a-day", type=float, default=0.02, help="share, such as 0.02")
    parser.add_argument("--minutes", type=float, default=30, help="between two syncs")
    parser.add_argument("--share", type=float, default=0.6, help="of the budget that is ours")
    classes = {"api-key": API_KEY, "oauth2": OAUTH, "enterprise": ENTERPRISE}
    parser.add_argument("--account", choices=classes, default="api-key")
    options = parser.parse_args()
    cases = CASES
    if options.shops:
        shop = Shop(options.customers, options.changed_a_day, classes[options.account])
        shop = replace(shop, interval_s=options.minutes * 60, share=options.share)
        cases = (Fleet(options.shops, shop),)
    print("\n".join(table(cases)))


if __name__ == "__main__":
    main()
