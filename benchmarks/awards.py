"""How long an award takes, through the services as `make up` runs them.

Latency is the time from the answer 202 of the award's POST until the member's ledger holds it and
the customer's card in Gorgias shows the new balance, both as the sandbox has them. Awards are
posted one by one with a pause of half a second to a second and a half between them, so that they
meet Airflow's loops at any moment. Nothing is sped up: the request budget is a real account's.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from itertools import count
from typing import Any

import requests

from benchmarks.budget import staging_database
from scripts.desk import Desk, Shown, running_desk
from scripts.services import STORE, VAR_DIR, SandboxSize

SIZE = SandboxSize(members=1_000, customers=300)
AWARDS = 50
LATENCY_LIMIT_S = 60.0
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
GOALS = {
    "award_latency_p50_s": 2.0,
    "award_latency_p95_s": 5.0,
    "award_latency_beside_sync_p95_s": 5.0,
    "award_accept_p99_ms": 200.0,
}


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
            for name, value in _measure(desk, names):
                yield {
                    "figure": name,
                    "database": database,
                    "value": round(value, 3),
                    "unit": name.rsplit("_", 1)[-1],
                    "goal": f"<= {GOALS[name]:g}",
                    "ok": value <= GOALS[name],
                }


def _measure(desk: Desk, names: Collection[str]) -> Iterator[tuple[str, float]]:
    members = desk.shown_members(STORE, AWARDS)
    alone = {"award_latency_p50_s": 0.5, "award_latency_p95_s": 0.95}
    if wanted := alone.keys() & names:
        found = measure_latencies(desk, members)
        yield from ((name, quantile(found, alone[name])) for name in sorted(wanted))
    if (name := "award_latency_beside_sync_p95_s") in names:
        with syncing_all_the_time(desk, desk.shown_members(STORE, SIZE.customers)[AWARDS:]):
            yield name, quantile(measure_latencies(desk, members), 0.95)
    if (name := "award_accept_p99_ms") in names:
        yield name, 1000 * quantile(measure_accepts(desk, members), 0.99)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1]


def measure_latencies(desk: Desk, members: Sequence[Shown]) -> list[float]:
    """Seconds from each award's 202 until it is booked and shown, one award a member."""
    dice = random.Random(1)
    found = []
    for member in members:
        time.sleep(dice.uniform(0.5, 1.5))
        award_id = desk.post_award(STORE, **_award(member))
        begin = time.monotonic()
        desk.wait_until(
            lambda award_id=award_id, member=member: desk.is_shown(award_id, member),
            "an award",
            LATENCY_LIMIT_S,
        )
        found.append(time.monotonic() - begin)
    return found


@contextmanager
def syncing_all_the_time(desk: Desk, others: Sequence[Shown]) -> Iterator[None]:
    """Full syncs one after the other without a gap, as long as the block lasts.

    Each pushes the cards of the `others`, who are awarded nothing.
    """
    ended = threading.Event()
    runs: list[str] = []
    troubles: list[Exception] = []

    def keep_syncing() -> None:
        try:
            for round_number in count(1):
                for member in others:
                    change = {"points_tally": 10_000 + round_number}
                    desk.sandbox.control("rivo", "PATCH", f"members/{member.member_id}", change)
                # One runs, and Airflow holds the next one back until that has ended.
                runs.append(desk.start_sync(STORE, full_resync=True))
                while len(unfinished()) > 1:
                    if ended.wait(0.5):
                        return
        except Exception as error:  # noqa: BLE001 - told by the thread that measures
            troubles.append(error)

    def unfinished() -> list[str]:
        return [run_id for run_id in runs if not desk.is_finished(STORE, run_id)]

    thread = threading.Thread(target=keep_syncing)
    thread.start()
    try:
        desk.wait_until(lambda: troubles or len(runs) > 1, "the sync", LATENCY_LIMIT_S)
        yield
        if troubles:
            raise troubles[0]
    finally:
        ended.set()
        thread.join()


def measure_accepts(desk: Desk, members: Sequence[Shown]) -> list[float]:
    """Seconds that the API takes for each of 20 awards a second for ten seconds."""
    begin = time.monotonic() + 0.5
    session = threading.local()

    def post(number: int) -> float:
        if not hasattr(session, "kept"):
            session.kept = requests.Session()
            session.kept.trust_env = False
        time.sleep(max(0.0, begin + number / REQUESTS_PER_S - time.monotonic()))
        started = time.monotonic()
        answer = session.kept.post(
            desk.url,
            json={**_award(members[number % len(members)]), "idempotency_key": f"bench-{number}"},
            headers={"Authorization": f"Bearer {desk.token(STORE)}"},
            timeout=LATENCY_LIMIT_S,
        )
        took_s = time.monotonic() - started
        if answer.status_code != requests.codes.accepted:
            raise RuntimeError(f"the API answered {answer.status_code}")
        return took_s

    with ThreadPoolExecutor(REQUESTS_PER_S) as pool:
        return list(pool.map(post, range(REQUESTS_PER_S * ACCEPT_S)))


def _award(member: Shown) -> dict[str, Any]:
    return {"email": member.email, "amount": 1, "reason": "gesture", "agent": "eve@shop.example"}
