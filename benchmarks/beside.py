"""What goes on beside the awards of a benchmark: syncs that push cards, a Gorgias that is silent.

Each raises NotMeasuredError at its end when it did not go on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count

from benchmarks.asking import NotMeasuredError
from scripts.desk import RUN_LIMIT_S, Desk, Shown

NEVER_MS = 86_400_000


@contextmanager
def syncing_all_the_time(
    desk: Desk, store: str, others: Sequence[Shown]
) -> Iterator[Callable[[], int]]:
    """Full syncs one after the other without a gap, as long as the block lasts.

    Each pushes the cards of the `others`, who are awarded nothing. The block begins with the first
    card of them that Gorgias takes; the function that it gets tells how many came after.
    """
    before = count_pushed(desk, others)
    ended = threading.Event()
    troubles: list[Exception] = []

    def keep_syncing() -> None:
        try:
            _sync_until(ended, desk, store, others)
        except Exception as error:  # noqa: BLE001 - told by the thread that measures
            troubles.append(error)

    def check() -> None:
        if troubles:
            raise troubles[0]

    thread = threading.Thread(target=keep_syncing)
    thread.start()
    try:
        desk.wait_until(
            lambda: troubles or count_pushed(desk, others) > before, "a card", RUN_LIMIT_S
        )
        check()
        at_begin = count_pushed(desk, others)
        yield lambda: count_pushed(desk, others) - at_begin
        check()
        if count_pushed(desk, others) == at_begin:
            raise NotMeasuredError("no card was pushed beside the awards")
    finally:
        ended.set()
        thread.join()


def _sync_until(ended: threading.Event, desk: Desk, store: str, others: Sequence[Shown]) -> None:
    runs: list[str] = []

    def unfinished() -> list[str]:
        return [run_id for run_id in runs if not desk.is_finished(store, run_id)]

    for round_number in count(1):
        for member in others:
            change = {"points_tally": 10_000 + round_number}
            desk.sandbox.control("rivo", "PATCH", f"members/{member.member_id}", change)
        # One runs, and Airflow holds the next one back until that has ended.
        runs.append(desk.start_sync(store, full_resync=True))
        while len(unfinished()) > 1:
            if ended.wait(0.5):
                return


def count_pushed(desk: Desk, customers: Sequence[Shown]) -> int:
    """How many cards of these customers Gorgias has taken so far."""
    paths = {f"/api/customers/{one.customer_id}/data" for one in customers}
    calls = desk.sandbox.control("gorgias", "GET", "requests")["data"]
    return sum(
        call["method"] == "PUT" and 200 <= call["status"] < 300 and call["path"] in paths
        for call in calls
    )


@contextmanager
def silent_gorgias(desk: Desk) -> Iterator[None]:
    """Gorgias takes every connection and answers none, as long as the block lasts."""
    desk.sandbox.control("gorgias", "POST", "faults", {"effect": "delay", "delay_ms": NEVER_MS})
    try:
        yield
        rules = desk.sandbox.control("gorgias", "GET", "faults")["data"]
        if not any(rule["fired"] for rule in rules):
            raise NotMeasuredError("nothing asked Gorgias while it was silent")
    finally:
        desk.sandbox.control("gorgias", "DELETE", "faults")
