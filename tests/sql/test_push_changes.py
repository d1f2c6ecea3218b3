"""Which change is sent next, and by whom, on both databases."""

from __future__ import annotations

from typing import Any

from loyalty_desk.staging.statements import statement
from tests.factories import STORE
from tests.sql.staged import EARLIER, Staged

RUN = "run-1"
KEY = {"store": STORE, "run_id": RUN}


def test_the_most_urgent_is_sent_first(staged: Staged) -> None:
    for customer_id, priority in ((1, 5), (2, 20_000_000_000_000), (3, 10_000_000_000_000)):
        staged.change(RUN, customer_id, "planned", priority=priority)

    found = staged.connection.execute(
        statement("push/changes/select_planned"), {**KEY, "chunk": 2}
    ).all()

    assert [row.customer_id for row in found] == [2, 3]


def test_of_two_workers_one_sends(staged: Staged) -> None:
    staged.change(RUN, 1, "planned")

    assert [take(staged), take(staged)] == [1, 0]


def take(staged: Staged) -> int:
    """Take the change to send it; returns how many rows that moved."""
    binds: dict[str, Any] = {
        **KEY,
        "customer_id": 1,
        "destination": "customer_data",
        "state": "sending",
        "from_state": "planned",
        "error": None,
        "fingerprint": None,
        "version_utc": None,
        "now_utc": EARLIER,
    }
    return staged.connection.execute(statement("push/changes/update_change_state"), binds).rowcount
