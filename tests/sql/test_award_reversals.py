"""Taking an applied award back, once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.queue import (
    AwardLimitError,
    Door,
    NoAwardError,
    Queued,
    get_award,
    get_events,
)
from loyalty_desk.awards.reversal import REASON, ReversalError, reverse_award
from loyalty_desk.records import AwardState
from tests.factories import LATER, STORE, store_settings
from tests.sql.test_award_decisions import ABOVE, both_at_once, set_state
from tests.sql.test_awards import queue, request


def applied(staging: Engine, amount: str = "50", **values: Any) -> str:
    award_id = queue(staging, request(amount, **values)).award_id
    set_state(staging, award_id, "applied", member_id="m1")
    return award_id


def reverse(staging: Engine, award_id: str, **awards: Any) -> Queued:
    with staging.begin() as connection:
        return reverse_award(
            connection,
            store_settings(awards=awards),
            award_id,
            LATER,
            agent="bo",
            why="wrong person",
            door=Door.COMMAND,
        )


@pytest.mark.parametrize("amount", ["50", "-50"])
def test_an_applied_award_is_taken_back_by_its_opposite(staging: Engine, amount: str) -> None:
    award_id = applied(staging, amount, ticket_id=5)

    queued = reverse(staging, award_id)

    with staging.connect() as connection:
        award = get_award(connection, STORE, queued.award_id)
        first = get_events(connection, STORE, queued.award_id)[0]
    assert (award.amount, award.member_id, award.reverses) == (-int(amount), "m1", award_id)
    assert (award.reason, award.note, award.agent) == (REASON, "wrong person", "bo")
    assert (award.state, award.ticket_id) == ("queued", 5)
    assert award_id in first.facts


def test_an_award_is_taken_back_once(staging: Engine) -> None:
    award_id = applied(staging)
    answers = both_at_once(lambda _: reverse(staging, award_id))

    assert sorted(type(one).__name__ for one in answers) == ["Queued", "ReversalError"]
    with pytest.raises(ReversalError, match="before"):
        reverse(staging, award_id)


@pytest.mark.parametrize("end", ["refused", "rejected"])
def test_it_may_be_tried_again_when_it_never_took_place(staging: Engine, end: str) -> None:
    award_id = applied(staging)
    set_state(staging, reverse(staging, award_id).award_id, end)

    assert reverse(staging, award_id).is_new


@pytest.mark.parametrize(
    "state", ["queued", "needs_approval", "approved", "applying", "refused", "rejected", "unknown"]
)
def test_only_what_is_applied_is_taken_back(staging: Engine, state: str) -> None:
    award_id = applied(staging)
    set_state(staging, award_id, state)

    with pytest.raises(ReversalError, match=state):
        reverse(staging, award_id)


def test_a_reversal_is_not_taken_back_itself_and_nobody_s_award_is_unknown(
    staging: Engine,
) -> None:
    back = reverse(staging, applied(staging)).award_id
    set_state(staging, back, "applied")

    with pytest.raises(ReversalError, match="anew"):
        reverse(staging, back)
    with pytest.raises(NoAwardError):
        reverse(staging, "0" * 32)


def test_what_a_person_settled_is_not_taken_back_from_nobody(staging: Engine) -> None:
    award_id = queue(staging, request()).award_id
    set_state(staging, award_id, "applied", member_id=None)

    with pytest.raises(ReversalError, match="whose it was is not known"):
        reverse(staging, award_id)


def test_a_reversal_passes_the_limits_and_does_not_count_against_them(staging: Engine) -> None:
    award_id = applied(staging, "100")
    limits = {"max_points_per_member_per_day": 100, "allow_negative": False}

    assert reverse(staging, award_id, **limits).is_new
    with pytest.raises(AwardLimitError):
        queue(staging, request("1", idempotency_key="other"), **limits)
    limits["max_points_per_member_per_day"] = 101
    assert queue(staging, request("1", idempotency_key="other"), **limits).is_new


def test_a_large_reversal_needs_approval_too(staging: Engine) -> None:
    award_id = applied(staging, "150")

    assert reverse(staging, award_id, **ABOVE).state == AwardState.NEEDS_APPROVAL
