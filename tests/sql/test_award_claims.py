"""What a worker may still do with an award: each guard of each step alone, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Engine, Row, text

from loyalty_desk.awards.transitions import claim, finish, mark_sent, note_looked, put_back
from loyalty_desk.awards.worker import Worker
from loyalty_desk.records import AwardState
from tests.clocks import time_passed
from tests.factories import NOW, member, store_settings
from tests.sql.test_awards import queue, request

Step = Callable[[Worker, Row[Any]], object]
STEPS: dict[str, Step] = {
    "says that it is about to be sent": lambda one, award: mark_sent(one, award, member()),
    "says how it ended": lambda one, award: finish(
        one, award, Counter(), AwardState.APPLIED, "mine", entry_id="e1", member_id="m1"
    ),
    "leaves it for later": lambda one, award: put_back(
        one, award, AwardState.QUEUED, "later", 0, timedelta(minutes=1)
    ),
    "says what it saw": lambda one, award: note_looked(one, award, "not in the ledger"),
}
LEASE = timedelta(seconds=200)
"""By the documentation: 45 to send, 30 for an answer, 5 to spare, and 120 until it shows."""
MOMENT = timedelta(milliseconds=1)


def worker(staging: Engine, name: str) -> Worker:
    """Its platform is never asked here."""
    platform = cast("Any", None)
    return Worker(store=store_settings(), engine=staging, platform=platform, name=name)


@pytest.fixture
def award_id(staging: Engine) -> str:
    return queue(staging, request()).award_id


def whole(staging: Engine) -> tuple[Row[Any], list[Row[Any]]]:
    """The only award with every column, and its audit."""
    with staging.connect() as connection:
        award = connection.execute(text("SELECT * FROM awards")).one()
        return award, list(connection.execute(text("SELECT * FROM award_events")).all())


@pytest.mark.parametrize("name", STEPS)
def test_whoever_has_an_award_moves_it_on(staging: Engine, award_id: str, name: str) -> None:
    one = worker(staging, "one")
    with time_passed(staging, timedelta()):
        award = claim(one, award_id)
    assert award is not None
    before = whole(staging)

    with time_passed(staging, LEASE - MOMENT):
        STEPS[name](one, award)

    assert len(whole(staging)[1]) == len(before[1]) + 1


@pytest.mark.parametrize("name", STEPS)
def test_whoever_lost_an_award_to_another_changes_nothing(
    staging: Engine, award_id: str, name: str
) -> None:
    one = worker(staging, "one")
    with time_passed(staging, timedelta()):
        award = claim(one, award_id)
    assert award is not None
    with time_passed(staging, LEASE + MOMENT):
        assert claim(worker(staging, "two"), award_id), "its lease is over"
        before = whole(staging)

        assert not STEPS[name](one, award)

    assert whole(staging) == before
    assert before[0].claimed_by == "two"


@pytest.mark.parametrize("name", STEPS)
def test_whoever_gave_an_award_back_changes_nothing_any_more(
    staging: Engine, award_id: str, name: str
) -> None:
    one = worker(staging, "one")
    with time_passed(staging, timedelta()):
        award = claim(one, award_id)
        assert award is not None
        put_back(one, award, AwardState.QUEUED, "later", 0, LEASE)
        before = whole(staging)

        assert not STEPS[name](one, award)

    assert whole(staging) == before
    assert before[0].claimed_by == "one", "so it is the state alone that tells"


def test_after_its_lease_a_worker_sends_nothing_though_nobody_took_the_award(
    staging: Engine, award_id: str
) -> None:
    one = worker(staging, "one")
    with time_passed(staging, timedelta()):
        award = claim(one, award_id)
    assert award is not None
    before = whole(staging)

    with time_passed(staging, LEASE + MOMENT):
        assert not mark_sent(one, award, member())
    assert whole(staging) == before

    with time_passed(staging, LEASE - MOMENT):
        assert mark_sent(one, award, member())


def test_that_it_is_about_to_be_sent_begins_the_lease_anew(staging: Engine, award_id: str) -> None:
    one, two = worker(staging, "one"), worker(staging, "two")
    with time_passed(staging, timedelta()):
        award = claim(one, award_id)
    assert award is not None
    sent = LEASE - MOMENT
    with time_passed(staging, sent):
        assert mark_sent(one, award, member())

    with time_passed(staging, sent + LEASE - MOMENT):
        assert claim(two, award_id) is None
    with time_passed(staging, sent + LEASE + MOMENT):
        assert claim(two, award_id)


def test_what_a_worker_knows_after_its_lease_is_kept_while_nobody_else_took_the_award(
    staging: Engine, award_id: str
) -> None:
    one = worker(staging, "one")
    with time_passed(staging, timedelta()):
        award = claim(one, award_id)
    assert award is not None

    with time_passed(staging, LEASE * 2):
        finish(one, award, Counter(), AwardState.APPLIED, None, entry_id="e1")

    with staging.connect() as connection:
        states = connection.execute(text("SELECT state, settled_at_utc FROM awards")).all()
    assert [state for state, _ in states] == ["applied"]
    assert states[0].settled_at_utc > NOW.isoformat()
