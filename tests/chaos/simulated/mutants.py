"""The mends of faults that were found once, each of which can be taken out again.

A model that does not notice is worth nothing: `test_mutants` wants each to be found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import TextClause, text

from loyalty_desk.awards import apply, approval, transitions
from loyalty_desk.awards.putting_off import PutOff
from loyalty_desk.awards.worker import Worker
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.platforms.base import Platform
from loyalty_desk.records import AwardState
from loyalty_desk.staging.engine import reading
from tests.chaos.simulated.world import World

Patch = Callable[[pytest.MonkeyPatch], None]


def _send_without_deadline(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Worker, "deadline", lambda _: Deadline(math.inf))
    patch.setattr(Platform, "until", lambda *_: nullcontext())


def _go_by_own_clock(patch: pytest.MonkeyPatch) -> None:
    for module in (apply, transitions):
        patch.setattr(module, "staging_now", lambda _: World.current.own_utc())


def _overlook_a_clock_that_was_set(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(transitions, "renew_after_jump", lambda *_: None)


def _take_whoever_answers(patch: pytest.MonkeyPatch) -> None:
    for module in (apply, transitions):
        patch.setattr(module, "is_another", lambda *_: False)


def _stop_at_the_first_who_fails(patch: pytest.MonkeyPatch) -> None:
    """The oldest first, and again and again: nothing steps aside, nothing is given up."""
    patch.setattr(apply, "MOST_FAILED", 1)
    patch.setattr(apply, "put_off", lambda *args: PutOff(times=1, since=args[-1]))
    patch.setattr(PutOff, "wait", lambda _: timedelta())
    patch.setattr(apply, "find_due", _oldest_first)


def _oldest_first(worker: Worker) -> list[str]:
    due = (
        "SELECT award_id FROM awards WHERE store = :store AND (state IN ('queued', 'approved')"
        " OR (state = 'applying' AND lease_until_utc < staging_now())) ORDER BY queued_at_utc"
    )
    with reading(worker.engine) as connection:
        return list(connection.execute(text(due), {"store": worker.store.name}).scalars())


def _send_again_without_a_look(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(apply, "is_sent_again", lambda _: False)


def _take_a_restored_award_for_unbooked(patch: pytest.MonkeyPatch) -> None:
    """Whoever rejects one that waited at the time of the backup says that it is not booked."""
    states = {True: AwardState.APPROVED, False: AwardState.REJECTED}
    patch.setattr(approval, "decided_state", lambda _, *, approved: states[approved])


def _end_leases_early(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Worker, "lease", lambda _: timedelta(seconds=20))


def _let_go_on(step: str, *guards: str) -> Patch:
    """Whoever lost an award goes on with that step all the same."""

    def without_guards(patch: pytest.MonkeyPatch) -> None:
        whole = transitions.statement

        def weak(name: str) -> TextClause:
            sql = str(whole(name))
            for guard in guards if name == f"awards/apply/{step}" else ():
                assert guard in sql
                sql = sql.replace(guard, "")
            return text(sql)

        patch.setattr(transitions, "statement", weak)

    return without_guards


OWNED: Final = "AND claimed_by = :claimed_by"
MUTANTS: Final[Mapping[str, Patch]] = {
    "sending has no deadline": _send_without_deadline,
    "each worker goes by its own clock": _go_by_own_clock,
    "a clock that was set is not noticed": _overlook_a_clock_that_was_set,
    "whoever the platform answers with is awarded": _take_whoever_answers,
    "one member who cannot be read stops the others": _stop_at_the_first_who_fails,
    "what is sent again is not looked for": _send_again_without_a_look,
    "what is rejected after a restore is taken for unbooked": _take_a_restored_award_for_unbooked,
    "a lease ends while its worker still sends": _end_leases_early,
    "whoever lost an award still sends it": _let_go_on(
        "mark_sent", OWNED, "AND lease_until_utc > :now_utc"
    ),
    "whoever lost an award still gives it back": _let_go_on("leave_award", OWNED),
}
