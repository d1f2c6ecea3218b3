"""A lease exceeds all that an attempt to book may take, by the limits of the clients that book."""

from __future__ import annotations

from typing import Any, Final, cast

import pytest

from loyalty_desk.awards.worker import SEND_WAITS_S, Worker
from tests.platforms.account import Account

LEAST_SPARE_S: Final = 5.0
"""By so much a clock may be set without anybody noticing: docs/awards.md promises it."""


def worker(account: Account, visible_after_s: float, speed: float = 1.0) -> Worker:
    """A worker as the DAG's task makes it; it goes to no database here."""
    return Worker(
        store=account.store(awards={"visible_after_s": visible_after_s}),
        engine=cast("Any", None),
        platform=account.platform(for_awards=True, max_wait_s=SEND_WAITS_S),
        name="one",
        speed=speed,
    )


@pytest.mark.parametrize("visible_after_s", [60.0, 7_200.0])
def test_a_lease_exceeds_sending_the_longest_answer_and_the_wait_for_the_booking(
    account: Account, visible_after_s: float
) -> None:
    one = worker(account, visible_after_s)
    connect_s, answer_s = one.platform._transport._timeout  # what its calls go by
    sending_s = one.deadline().left_s()
    assert sending_s > SEND_WAITS_S + connect_s, "so that whoever waited may still be served"

    takes_s = sending_s + answer_s + visible_after_s

    assert takes_s + LEAST_SPARE_S <= one.lease().total_seconds() + 0.01


def test_a_faster_clock_shortens_deadline_and_lease_alike(account: Account) -> None:
    one, fast = (worker(account, 120.0, speed) for speed in (1.0, 50.0))

    assert fast.lease() * 50 == one.lease()
    assert fast.deadline().left_s() * 50 == pytest.approx(one.deadline().left_s(), abs=0.5)
