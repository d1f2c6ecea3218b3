"""How long an award takes, through the services as `make up` runs them.

Latency is the time from the answer 202 of an award's POST until the member's ledger holds it, and
an award is shown when the customer's card in Gorgias has the new balance too, both as the sandbox
has them. Awards are posted one by one with a pause of half a second to a second and a half between
them, so that they meet Airflow's loops at any moment. A file is measured from the start of its
import until the last award is applied. Nothing is sped up: the request budget is a real account's.

Every award is a new one and has to be applied once in the end, and what is said to go on beside
them has to: otherwise NotMeasuredError ends the benchmark.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, Final

import requests

from benchmarks.asking import Asker
from benchmarks.beside import silent_gorgias, syncing_all_the_time
from benchmarks.budget import staging_database
from scripts.desk import Shown, running_desk
from scripts.services import STORE, VAR_DIR, SandboxSize

SIZE = SandboxSize(members=1_000, customers=300)
AWARDS, FILE_AWARDS = 50, 200
LATENCY_LIMIT_S, SHOWN_LIMIT_S = 60.0, 600.0
REQUESTS_PER_S, ACCEPT_S = 20, 10
MANY = 999_999_999
STORES = {
    STORE: {
        "platform": "rivo",
        "schedule": None,
        "budget": {"share": 0.95},
        # Most cards change at once here, which is what the brake is against.
        "brake": {"max_change_share": 1.0},
        "awards": {
            "max_points_per_agent_per_day": MANY,
            "max_points_per_member_per_day": MANY,
            "approval_above_points": 500,
        },
    }
}
GOALS: Final[Mapping[str, float | None]] = {
    "award_latency_p50_s": 2.0,
    "award_latency_p95_s": 2.0,
    "award_shown_p95_s": 5.0,
    "award_accept_p99_ms": 200.0,
    "award_file_s": 120.0,
    "award_file_runs": 5,
    "award_latency_gorgias_silent_p95_s": 3.0,
    "award_file_gorgias_silent_s": 120.0,
    "award_shown_after_silence_s": None,
    "award_latency_beside_sync_p95_s": 3.0,
    "award_beside_sync_cards": None,
}
"""The most that each figure may be; None where it only tells more of another."""

Found = dict[str, float]


def figures(only: Collection[str] = ()) -> Iterator[dict[str, Any]]:
    """Yield one line a figure and database; `only` names figures or databases, empty is all."""
    databases = [name for name in ("sqlite", "postgresql") if name in only]
    names = set(only) & set(GOALS)
    if "award" in only or not names:
        names = set(GOALS)
    for database in databases or ("sqlite", "postgresql"):
        staging = nullcontext() if database == "sqlite" else staging_database(database)
        with (
            staging as url,
            running_desk(VAR_DIR / "bench", STORES, SIZE, staging_url=url) as desk,
        ):
            desk.sync(STORE)
            found = measure(Asker(desk, STORE), desk.shown_members(STORE, SIZE.customers), names)
            for name, value in found:
                yield figure(name, database, value)


def figure(name: str, database: str, value: float) -> dict[str, Any]:
    """One line, with its goal and whether it is met."""
    goal = GOALS[name]
    return {
        "figure": name,
        "database": database,
        "value": round(value, 3),
        "unit": name.rsplit("_", 1)[-1],
        "goal": "" if goal is None else f"<= {goal:g}",
        "ok": goal is None or value <= goal,
    }


def measure(
    asker: Asker, members: Sequence[Shown], names: Collection[str]
) -> Iterator[tuple[str, float]]:
    """Yield the figures of `names`, those of one occasion after its last award is applied."""
    for found_by, occasion in OCCASIONS:
        if wanted := [name for name in found_by if name in names]:
            found = occasion(asker, members)
            asker.check_all_applied()
            yield from ((name, found[name]) for name in wanted)


def _alone(asker: Asker, members: Sequence[Shown]) -> Found:
    booked, shown = measure_latencies(asker, members[:AWARDS], until_shown=True)
    return {
        "award_latency_p50_s": quantile(booked, 0.5),
        "award_latency_p95_s": quantile(booked, 0.95),
        "award_shown_p95_s": quantile(shown, 0.95),
    }


def _many(asker: Asker, members: Sequence[Shown]) -> Found:
    return {"award_accept_p99_ms": 1000 * quantile(measure_accepts(asker, members), 0.99)}


def _file(asker: Asker, _members: Sequence[Shown]) -> Found:
    before = _find_runs(asker)
    return {"award_file_s": measure_file(asker), "award_file_runs": len(_find_runs(asker) - before)}


def _gorgias_silent(asker: Asker, members: Sequence[Shown]) -> Found:
    with silent_gorgias(asker.desk):
        booked, _ = measure_latencies(asker, members[:AWARDS])
        file_s = measure_file(asker)
    begin = time.monotonic()
    asker.ask(members[0])
    wait_until_shown(asker, members)
    return {
        "award_latency_gorgias_silent_p95_s": quantile(booked, 0.95),
        "award_file_gorgias_silent_s": file_s,
        "award_shown_after_silence_s": time.monotonic() - begin,
    }


def _beside_sync(asker: Asker, members: Sequence[Shown]) -> Found:
    with syncing_all_the_time(asker.desk, STORE, members[AWARDS:]) as pushed:
        booked, _ = measure_latencies(asker, members[:AWARDS])
        cards = pushed()
    return {
        "award_latency_beside_sync_p95_s": quantile(booked, 0.95),
        "award_beside_sync_cards": cards,
    }


OCCASIONS: Final[Sequence[tuple[Sequence[str], Callable[[Asker, Sequence[Shown]], Found]]]] = (
    (("award_latency_p50_s", "award_latency_p95_s", "award_shown_p95_s"), _alone),
    (("award_accept_p99_ms",), _many),
    (("award_file_s", "award_file_runs"), _file),
    (
        (
            "award_latency_gorgias_silent_p95_s",
            "award_file_gorgias_silent_s",
            "award_shown_after_silence_s",
        ),
        _gorgias_silent,
    ),
    # The last one, as its syncs go on after it.
    (("award_latency_beside_sync_p95_s", "award_beside_sync_cards"), _beside_sync),
)
"""What is measured, in this order, and the figures that come of it."""


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1]


def measure_latencies(
    asker: Asker, members: Sequence[Shown], *, until_shown: bool = False
) -> tuple[list[float], list[float]]:
    """Seconds from each award's 202 until it is booked, and shown; one award a member.

    Without `until_shown` the next one is asked for while the card of the one before may be due.
    """
    desk, dice = asker.desk, random.Random(1)
    booked, shown = [], []
    for member in members:
        time.sleep(dice.uniform(0.5, 1.5))
        award_id = asker.ask(member)
        begin = time.monotonic()
        desk.wait_until(
            lambda award_id=award_id, member=member: desk.booked(award_id, member.member_id),
            "an award",
            LATENCY_LIMIT_S,
        )
        booked.append(time.monotonic() - begin)
        if until_shown:
            desk.wait_until(
                lambda award_id=award_id, member=member: desk.is_shown(award_id, member),
                "a card",
                LATENCY_LIMIT_S,
            )
            shown.append(time.monotonic() - begin)
    return booked, shown


def measure_file(asker: Asker) -> float:
    """Seconds until all awards of a file are applied."""
    found = asker.desk.rows(
        "SELECT member_id FROM members WHERE store = :store AND status = 'member'"
        " ORDER BY member_id LIMIT :most",
        store=asker.store,
        most=FILE_AWARDS,
    )
    begin = time.monotonic()
    asker.ask_by_file([row["member_id"] for row in found])
    asker.check_all_applied()
    return time.monotonic() - begin


def wait_until_shown(asker: Asker, members: Sequence[Shown]) -> None:
    """Wait until the card of everybody who was awarded is new; raises DeskError."""
    desk = asker.desk
    waiting = "SELECT 1 FROM awards WHERE store = :store AND shown_at_utc IS NULL LIMIT 1"
    desk.wait_until(lambda: not desk.rows(waiting, store=asker.store), "the cards", SHOWN_LIMIT_S)
    desk.wait_until(
        lambda: all(
            desk.balance_points(one.member_id) == desk.shown_points(one.customer_id)
            for one in members
        ),
        "the balances on the cards",
        LATENCY_LIMIT_S,
    )


def _find_runs(asker: Asker) -> set[str]:
    """The newest runs that book awards; it is told of 50 at most."""
    runs = asker.desk.api.list_runs(f"award_points__{asker.store}")
    return {run["dag_run_id"] for run in runs}


def measure_accepts(asker: Asker, members: Sequence[Shown]) -> list[float]:
    """Seconds that the API takes for each of 20 awards a second for ten seconds."""
    begin = time.monotonic() + 0.5
    session = threading.local()

    def post(number: int) -> float:
        if not hasattr(session, "kept"):
            session.kept = requests.Session()
            session.kept.trust_env = False
        award = asker.new_award(members[number % len(members)])
        time.sleep(max(0.0, begin + number / REQUESTS_PER_S - time.monotonic()))
        started = time.monotonic()
        answer = session.kept.post(
            asker.desk.url,
            json=award,
            headers={"Authorization": f"Bearer {asker.desk.token(asker.store)}"},
            timeout=LATENCY_LIMIT_S,
        )
        took_s = time.monotonic() - started
        asker.take(answer)
        return took_s

    with ThreadPoolExecutor(REQUESTS_PER_S) as pool:
        return list(pool.map(post, range(REQUESTS_PER_S * ACCEPT_S)))
