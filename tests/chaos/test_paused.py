"""Workers that stand still in the middle for longer than their lease, and then go on.

Real processes, stopped by SIGSTOP at each boundary of the award path. Meanwhile another worker
takes the award over, on a machine whose clock is a day ahead, and ends with it or stands still in
turn.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Final

import pytest

from loyalty_desk.awards.worker import SEND_WITHIN_S
from tests.chaos.audit import states_by_the_audit_alone
from tests.chaos.schedules import DAY_S, SPEED, Schedule
from tests.chaos.trial import Trial
from tests.chaos.workers import Blow
from tests.platforms.cases import CASES, Case
from tests.waiting import wait_until

NOTHING_SENT: Final = ("after_commit:1", "before_reading", "after_commit:2", "before_call")
SENT: Final = ("call_sent", "effect_without_answer", "answered", "before_ledger")
PAUSES: Final = (*NOTHING_SENT, *SENT)
"""Where a worker holds nothing that others wait for: no boundary within a transaction."""
FAULTS_OF: Final = {
    ("before_ledger", None): "answer dropped",
    ("before_ledger", "after_commit:1"): "answer dropped",
    # Whoever goes on last would say that it is refused, while the other is about to send it.
    ("before_reading", "before_call"): "member refused the second time",
}


def schedule_of(number: int, pause: str, others_pause: str | None) -> Schedule:
    return Schedule(
        seed=10_000 + number,
        amounts=(("5", "points"),),
        fault=FAULTS_OF.get((pause, others_pause), "none"),
        kills=(pause,),
        shows_after_s=119.0,
        approves=True,
        platform_ahead_s=-DAY_S,
    )


@contextmanager
def standing_still(trial: Trial, pause: str | None, **options: float) -> Iterator[ForkProcess]:
    """A worker that stands still at `pause`; without one, a worker that is through with its work.

    It ends with the test, as nobody else would wake it up.
    """
    child = trial.start(Blow(pause, signal.SIGSTOP) if pause else None, **options)
    try:
        wait_until(lambda: is_stopped(child) if pause else not child.is_alive())
        yield child
    finally:
        child.kill()


def is_stopped(child: ForkProcess) -> bool:
    """Whether it was stopped. One that has ended was not, and will never be."""
    assert child.is_alive(), "it went through without meeting its boundary"
    state = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state == "T"


def go_on(trial: Trial, schedule: Schedule, child: ForkProcess) -> None:
    """Let a worker go on to its end."""
    if child.is_alive():
        os.kill(child.pid or 0, signal.SIGCONT)
    trial.join(schedule, child)


def pause_for_longer_than_a_lease(
    trial: Trial, schedule: Schedule, pause: str, others_pause: str | None
) -> None:
    """One worker stands still at `pause`; another takes over, and perhaps stands still while the
    first goes on.
    """
    award_ids = trial.begin(schedule)
    with standing_still(trial, pause) as first:
        stopped_s = time.monotonic()
        trial.end_leases()
        # What the first may still send has a deadline, by a clock that goes on while it stands.
        left_s = stopped_s + SEND_WITHIN_S / SPEED - time.monotonic()
        time.sleep(max(0.0, left_s))  # nothing happens meanwhile that could be waited for
        with standing_still(trial, others_pause, ahead_s=DAY_S) as other:
            go_on(trial, schedule, first)
            go_on(trial, schedule, other)
    trial.end(schedule, award_ids)


@pytest.mark.parametrize("case", CASES[:1], ids=str)
@pytest.mark.parametrize(
    ("pauses", "others_pause"),
    [(PAUSES, None), (PAUSES, "after_commit:1"), (NOTHING_SENT, "before_call")],
    ids=lambda given: given if isinstance(given, str) else None,
)
def test_a_worker_that_stood_still_changes_nothing_that_another_took(
    trial: Trial, case: Case, pauses: tuple[str, ...], others_pause: str | None
) -> None:
    for number, pause in enumerate(pauses):
        schedule = schedule_of(number, pause, others_pause)
        pause_for_longer_than_a_lease(trial, schedule, pause, others_pause)

    assert trial.failures == []
    assert dict(trial.ended) == {"applied": len(pauses)}
    assert max(trial.markers().values()) == 1
    by_audit, by_table = states_by_the_audit_alone(trial.engine)
    assert by_audit == by_table
