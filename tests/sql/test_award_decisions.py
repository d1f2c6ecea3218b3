"""Awards that another person decides on, and awards that are taken back, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any, Final
from unittest.mock import Mock

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.awards.approval import (
    APPROVE,
    IN_TIME,
    REJECT,
    OwnApprovalError,
    Question,
    decide,
    question,
    reject_overdue,
    settle,
    take_to_ask,
)
from loyalty_desk.awards.queue import (
    AwardLimitError,
    get_award,
    get_events,
)
from loyalty_desk.awards.recipients import ANOTHER
from loyalty_desk.awards.reversal import ReversalError
from loyalty_desk.platforms.base import SharedAddressError
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.staging import award_schema
from loyalty_desk.tasks import awards as tasks
from tests.factories import LATER, NOW, STORE, member, store_settings
from tests.sql.staged import Staged
from tests.sql.test_awards import claim, queue, request

ABOVE = {"approval_above_points": 100, "approval_above_credits": 10}
TOO_LATE = NOW + timedelta(hours=25)


def wait_for_approval(staging: Engine, amount: str = "101", **values: Any) -> str:
    queued = queue(staging, request(amount, **values), **ABOVE)
    assert queued.state == AwardState.NEEDS_APPROVAL
    return queued.award_id


def answer(
    staging: Engine, award_id: str, *, approved: bool, by: str = "bo", why: str | None = "fair"
) -> AwardState:
    with staging.begin() as connection:
        award = get_award(connection, STORE, award_id)
        return decide(connection, STORE, award, LATER, approved=approved, by=by, why=why)


def state_of(staging: Engine, award_id: str) -> tuple[str, str | None]:
    with staging.connect() as connection:
        award = get_award(connection, STORE, award_id)
    return award.state, award.detail


def set_state(staging: Engine, award_id: str, state: str, **values: Any) -> None:
    with staging.begin() as connection:
        key = {"award_id": award_id}
        Staged(connection).update(award_schema.awards, key, state=state, **values)


def both_at_once(call: Callable[[int], Any]) -> list[Any]:
    """What two get that call at the same moment; an error counts as an answer."""
    barrier = Barrier(2)

    def run(number: int) -> Any:
        barrier.wait()
        try:
            return call(number)
        except ReversalError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, range(2)))


# --- who has to be asked -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "unit", "state"),
    [
        ("100", "points", "queued"),
        ("101", "points", "needs_approval"),
        ("-100", "points", "queued"),
        ("-101", "points", "needs_approval"),
        ("10.00", "credits", "queued"),
        ("10.01", "credits", "needs_approval"),
    ],
)
def test_what_is_above_the_store_s_limit_waits(
    staging: Engine, amount: str, unit: str, state: str
) -> None:
    queued = queue(staging, request(amount, unit=Unit(unit)), **ABOVE)

    with staging.connect() as connection:
        award = get_award(connection, STORE, queued.award_id)
    assert (queued.state, award.state) == (state, state)
    assert (award.approve_by_utc is not None) == (state == "needs_approval")


def test_nothing_waits_where_the_store_asks_for_no_approval(staging: Engine) -> None:
    assert queue(staging, request("1000")).state == AwardState.QUEUED


def test_an_award_that_waits_cannot_be_claimed_and_counts_against_the_limits(
    staging: Engine,
) -> None:
    award_id = wait_for_approval(staging, "150")

    assert not claim(staging, award_id, "one")
    with pytest.raises(AwardLimitError):
        queue(
            staging,
            request("60", idempotency_key="other"),
            **ABOVE,
            max_points_per_member_per_day=200,
        )


def test_one_run_asks_and_may_ask_again_after_it_was_broken_off(staging: Engine) -> None:
    award_id = wait_for_approval(staging)

    def take(run_id: str) -> list[str]:
        with staging.begin() as connection:
            return take_to_ask(connection, STORE, run_id)

    assert sorted(both_at_once(lambda number: take(f"run {number}"))) == [[], [award_id]]
    taken = [take("run 0"), take("run 1")]
    assert sorted(taken) == [[], [award_id]]
    assert take("another") == []


# --- what the answer does ----------------------------------------------------------------------


def test_an_approved_award_is_claimed_like_a_queued_one(staging: Engine) -> None:
    award_id = wait_for_approval(staging)

    assert answer(staging, award_id, approved=True) == AwardState.APPROVED
    assert state_of(staging, award_id) == ("approved", "fair")
    assert claim(staging, award_id, "one")


def test_a_rejected_award_is_over_and_gives_its_part_of_the_limit_back(staging: Engine) -> None:
    award_id = wait_for_approval(staging, "150")

    assert answer(staging, award_id, approved=False, why="too much") == AwardState.REJECTED
    assert state_of(staging, award_id) == ("rejected", "too much")
    assert not claim(staging, award_id, "one")
    again = request("60", idempotency_key="other")
    assert queue(staging, again, **ABOVE, max_points_per_member_per_day=200).is_new


@pytest.mark.parametrize("by", ["ada", "ADA ", "ada@shop.example", "Ada@Shop.example"])
def test_whoever_asked_cannot_approve_but_may_take_it_back(staging: Engine, by: str) -> None:
    award_id = wait_for_approval(staging)

    with pytest.raises(OwnApprovalError):
        answer(staging, award_id, approved=True, by=by)
    assert state_of(staging, award_id)[0] == "needs_approval"
    assert answer(staging, award_id, approved=False, by=by) == AwardState.REJECTED


def test_an_answer_to_what_is_decided_changes_nothing(staging: Engine) -> None:
    award_id = wait_for_approval(staging)
    answer(staging, award_id, approved=False)

    assert answer(staging, award_id, approved=True) == AwardState.REJECTED
    with staging.connect() as connection:
        events = [event.state for event in get_events(connection, STORE, award_id)]
    assert events == ["needs_approval", "rejected"]


def test_of_two_answers_the_first_counts_and_the_second_is_told_which(staging: Engine) -> None:
    award_id = wait_for_approval(staging)
    with staging.connect() as connection:
        as_both_saw_it = get_award(connection, STORE, award_id)
    answer(staging, award_id, approved=False)

    with staging.begin() as connection:
        told = decide(connection, STORE, as_both_saw_it, LATER, approved=True, by="cy", why=None)
    assert told == AwardState.REJECTED


def test_what_nobody_answered_in_time_is_rejected(staging: Engine) -> None:
    award_id = wait_for_approval(staging)
    with staging.begin() as connection:
        assert reject_overdue(connection, STORE, LATER) == []
        assert reject_overdue(connection, STORE, TOO_LATE) == [award_id]
        assert reject_overdue(connection, STORE, TOO_LATE) == []

    assert state_of(staging, award_id) == ("rejected", IN_TIME)


def airflow_answer(choice: str, by: str | None, why: str | None = None) -> dict[str, Any]:
    user = {"id": "7", "name": by} if by else None
    return {"chosen_options": [choice], "params_input": {"why": why}, "responded_by_user": user}


@pytest.mark.parametrize(
    ("given", "state", "actor", "detail"),
    [
        (airflow_answer(APPROVE, "bo", "fine"), "approved", "bo", "fine"),
        (airflow_answer(APPROVE, "bo"), "approved", "bo", None),
        (airflow_answer(REJECT, "bo", "no"), "rejected", "bo", "no"),
        (airflow_answer(REJECT, None), "rejected", "timeout", IN_TIME),
    ],
)
def test_what_airflow_was_answered_is_in_the_audit_with_who_and_why(
    staging: Engine, given: dict[str, Any], state: str, actor: str, detail: str | None
) -> None:
    award_id = wait_for_approval(staging)
    with staging.begin() as connection:
        award = get_award(connection, STORE, award_id)
        assert settle(connection, STORE, award, given, LATER) == state
        last = get_events(connection, STORE, award_id)[-1]

    assert (last.state, last.actor, last.detail) == (state, actor, detail)


def test_an_answer_after_another_one_is_told_that_it_is_late(staging: Engine) -> None:
    award_id = wait_for_approval(staging)
    with staging.begin() as connection:
        award = get_award(connection, STORE, award_id)
        decide(connection, STORE, award, NOW, approved=True, by="bo", why=None)
        for given in (REJECT, REJECT, APPROVE):  # a task may be tried again
            by = "cy" if given == REJECT else "bo"
            state = settle(connection, STORE, award, airflow_answer(given, by), LATER)
            assert state == AwardState.APPROVED
        assert settle(connection, STORE, award, airflow_answer(REJECT, None), LATER) == state
        events = get_events(connection, STORE, award_id)

    assert [(event.state, event.actor, event.detail) for event in events[1:]] == [
        ("approved", "bo", None),
        ("approved", "cy", "answered Reject too late, which changed nothing"),
    ]


def test_an_own_approval_in_airflow_is_noted_and_asked_about_by_another_run(
    staging: Engine,
) -> None:
    award_id = wait_for_approval(staging)
    with staging.begin() as connection:
        take_to_ask(connection, STORE, "first")
        award = get_award(connection, STORE, award_id)
        given = airflow_answer(APPROVE, "Ada")
        assert settle(connection, STORE, award, given, LATER) == AwardState.NEEDS_APPROVAL
        assert take_to_ask(connection, STORE, "second") == [award_id]
        last = get_events(connection, STORE, award_id)[-1]

    assert (last.state, last.actor) == ("needs_approval", "Ada")


def test_the_question_shows_what_an_approver_needs_and_nothing_of_it_is_markdown(
    staging: Engine,
) -> None:
    note = "[`this`](http://evil.example) ![x](http://evil.example/x.png)\n``<b>*now*</b>"
    award_id = wait_for_approval(staging, note=note, ticket_id=4711)
    with staging.connect() as connection:
        award = get_award(connection, STORE, award_id)
    ada = member("m1", card={"name": "Ada *Example*", "points_balance": 7})
    asked = question(award, ada, NOW, "Europe/Oslo")

    assert asked.subject == "Approve +101 points?"
    assert asked.left_s == 24 * 3600
    lines = [re.fullmatch(r"- \*\*([\w -]+):\*\* (`+) (.+) \2", line) for line in _lines(asked)]
    facts = {line[1]: line[3] for line in lines if line}
    assert len(facts) == len(lines), "each line is a name, and code"
    assert not [line for line in lines if line and line[2] in re.findall("`+", line[3])]
    shown = {
        "Member": "Ada *Example*",
        "E-mail": "m1@shop.example",
        "Balance": "7",
        "Amount": "+101 points",
        "Reason": "gesture",
        "Asked by": "ada",
        "Ticket": "4711",
        "Note": note.replace("\n", " "),
        "Rejected by itself after": f"{NOW + timedelta(days=1, hours=1):%-d %b %Y, %H:%M} CET",
    }
    assert facts.items() >= shown.items()


def _lines(asked: Question) -> list[str]:
    return asked.body.splitlines()


def test_the_question_about_nobody_says_so(staging: Engine) -> None:
    award_id = wait_for_approval(staging)
    with staging.connect() as connection:
        award = get_award(connection, STORE, award_id)

    assert "nobody by that address" in question(award, None, NOW, "UTC").body


NORA: Final = member("m9", card={"name": "Nora", "points_balance": 9000})


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (
            {"side_effect": SharedAddressError(["m1", "m2"])},
            "several members with that address, so it would be refused",
        ),
        (
            {"return_value": NORA},
            f"nobody: {ANOTHER}, so it would be refused",
        ),
    ],
    ids=["a shared address", "somebody else"],
)
def test_the_question_says_that_it_would_be_refused_and_shows_nobody_else(
    staging: Engine, monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], says: str
) -> None:
    award_id = wait_for_approval(staging)
    platform = Mock(find_member=Mock(**answers))
    monkeypatch.setattr(tasks, "staging_engine", lambda: staging)
    monkeypatch.setattr(tasks, "open_store", lambda _name: store_settings())
    monkeypatch.setattr(tasks, "loyalty_platform", lambda *_args, **_options: platform)

    asked = tasks.ask(STORE, award_id, 0)

    assert asked is not None
    assert says in asked.body
    assert "Nora" not in asked.body
    assert "9000" not in asked.body


@pytest.mark.parametrize(
    ("sends", "answers", "says"),
    [
        (1, {"return_value": NORA}, f"nobody: {ANOTHER}, so it would be unknown"),
        (0, {"return_value": NORA}, f"{ANOTHER}, and it would be sent to that one: m9"),
        (
            1,
            {"side_effect": SharedAddressError(["m1", "m2"])},
            "several members with that address, so it would be unknown",
        ),
    ],
    ids=["doubted by a restore", "sent again by a person", "a shared address"],
)
def test_the_question_about_another_says_what_comes_of_one_that_may_have_been_sent(
    staging: Engine,
    monkeypatch: pytest.MonkeyPatch,
    sends: int,
    answers: dict[str, Any],
    says: str,
) -> None:
    award_id = wait_for_approval(staging)
    with staging.begin() as connection:
        sent = {"sends": sends, "now": "2026-01-31T09:30:00.000000Z"}
        connection.execute(text("UPDATE awards SET sends = :sends, sent_at_utc = :now"), sent)
    monkeypatch.setattr(tasks, "staging_engine", lambda: staging)
    monkeypatch.setattr(tasks, "open_store", lambda _name: store_settings())
    platform = Mock(find_member=Mock(**answers))
    monkeypatch.setattr(tasks, "loyalty_platform", lambda *_args, **_options: platform)

    asked = tasks.ask(STORE, award_id, 0)

    assert asked is not None
    assert says in asked.body
    assert "Nora" not in asked.body


# --- taking back -------------------------------------------------------------------------------
