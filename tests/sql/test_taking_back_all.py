"""Taking back all of a batch that can be, and saying of the rest why not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from loyalty_desk.awards import batches, deciding, taking_back_all
from loyalty_desk.awards.approval import REJECT, OwnApprovalError, mark_asked
from loyalty_desk.awards.batch_results import load_outcomes
from loyalty_desk.awards.batches import decide_batch, list_waiting_batches
from loyalty_desk.awards.not_taken_back import reversals_of
from loyalty_desk.awards.queue import Door, NoAwardError, get_award, get_events
from loyalty_desk.awards.taking_back_all import AllTakenBack, Wish, take_back_all
from loyalty_desk.hooks.questions import Answered, Asking
from loyalty_desk.records import AwardState
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading
from tests.factories import LATER, STORE, store_settings
from tests.sql import incident_world
from tests.sql.test_award_batches import send
from tests.sql.test_award_decisions import set_state

MEMBERS = {"queued": 1, "approved": 2, "needs_approval": 3, "applied": 4}
LEFT = {"applying": 5, "unknown": 6, "refused": 7, "rejected": 8}


@pytest.fixture
def batch(staging: Engine) -> str:
    """A batch with an award of each state."""
    every = {**MEMBERS, **LEFT}
    done = send(staging, *((number, 10 * number) for number in every.values()))
    assert done.batch_id is not None
    for line, state in zip(done.lines, every, strict=True):
        told = {"member_id": line.request.member_id}
        set_state(staging, by_member(staging)[told["member_id"]].award_id, state, **told)
    return done.batch_id


def by_member(staging: Engine, *, reverses: bool = False) -> dict[str | None, Any]:
    with staging.connect() as connection:
        rows = connection.execute(select(schema.awards)).all()
    return {row.member_id: row for row in rows if (row.reverses is not None) == reverses}


def take(staging: Engine, batch_id: str, now: datetime = LATER) -> AllTakenBack:
    wish = Wish(batch_id=batch_id, by="Ada", why="the wrong amount", queued_by="root")
    return take_back_all(staging, store_settings(), wish, now)


def left(staging: Engine, batch_id: str) -> dict[str | None, str]:
    """Why, by the member's id, of those that are not taken back."""
    with reading(staging) as connection:
        found = load_outcomes(connection, STORE, batch_id)
    return {one.member_id: one.not_taken_back for one in found if one.not_taken_back}


def decide(staging: Engine, batch_id: str, by: str, *, approved: bool = True) -> Any:
    with staging.begin() as connection:
        return decide_batch(connection, STORE, batch_id, LATER, approved=approved, by=by, why=None)


def test_what_waits_is_rejected_what_is_booked_reversed_and_the_rest_is_listed(
    staging: Engine, batch: str
) -> None:
    ids = {state: by_member(staging)[str(n)].award_id for state, n in {**MEMBERS, **LEFT}.items()}

    done = take(staging, batch)

    assert sorted(done.withdrawn) == sorted(
        ids[s] for s in ("queued", "approved", "needs_approval")
    )
    assert done.reversed == [ids["applied"]]
    assert left(staging, batch) == {
        "5": "it is being booked right now: take back once more in a moment",
        "6": "nobody can tell yet whether it is booked: settle it first",
    }
    with staging.connect() as connection:
        withdrawn = get_award(connection, STORE, ids["queued"])
        event = get_events(connection, STORE, ids["queued"])[-1]
    assert (withdrawn.state, withdrawn.detail) == ("rejected", "taken back with its batch")
    assert (event.state, event.actor) == ("rejected", "Ada")
    assert event.detail == "taken back with its batch: the wrong amount"


def test_reversals_are_a_batch_that_another_person_approves(staging: Engine, batch: str) -> None:
    take(staging, batch)

    reversals = reversals_of(batch)
    [reversal] = by_member(staging, reverses=True).values()
    assert (reversal.amount, reversal.state, reversal.batch_id) == (
        *(-40, "needs_approval"),
        reversals,
    )
    assert (reversal.agent, reversal.queued_by, reversal.note) == (
        *("ada", "root"),
        "the wrong amount",
    )
    with staging.connect() as connection:
        assert [one.batch_id for one in list_waiting_batches(connection, STORE)] == [reversals]
    for by in ("ada@shop.example", "root"):
        with pytest.raises(OwnApprovalError):
            decide(staging, reversals, by)
    assert decide(staging, reversals, "bo") == {AwardState.APPROVED: 1}


def test_nothing_is_taken_back_twice(staging: Engine, batch: str) -> None:
    take(staging, batch)

    again = take(staging, batch)

    assert not again
    assert len(by_member(staging, reverses=True)) == 1
    assert set(left(staging, batch)) == {"5", "6"}, "what waits to be taken back is not left"


def test_reversals_that_were_rejected_may_be_asked_for_anew(staging: Engine, batch: str) -> None:
    take(staging, batch)
    decide(staging, reversals_of(batch), "bo", approved=False)

    assert len(take(staging, batch).reversed) == 1


def test_what_a_crash_left_is_taken_back_when_it_is_asked_for_once_more(
    staging: Engine, batch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_back_all, "AT_ONCE", 3)
    real, calls = taking_back_all._take_back, 0

    def die(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise OSError("killed")
        return real(*args)

    monkeypatch.setattr(taking_back_all, "_take_back", die)
    with pytest.raises(OSError, match="killed"):
        take(staging, batch)
    monkeypatch.setattr(taking_back_all, "_take_back", real)

    take(staging, batch)

    states = sorted(one.state for one in by_member(staging).values())
    assert states == ["applied", "applying", "refused", *["rejected"] * 4, "unknown"]
    assert len(by_member(staging, reverses=True)) == 1


def test_what_is_in_doubt_since_a_restore_is_left(staging: Engine) -> None:
    batch_id = send(staging, (1, 10)).batch_id
    assert batch_id is not None
    award_id = by_member(staging)["1"].award_id
    set_state(staging, award_id, "needs_approval", sends=1, sent_at_utc="2026-03-02T09:00:00.0Z")

    assert not take(staging, batch_id)

    assert left(staging, batch_id) == {
        "1": "it waits for approval and may be booked all the same: approve or reject it first"
    }


def test_a_batch_that_takes_back_is_not_taken_back(staging: Engine, batch: str) -> None:
    take(staging, batch)

    with pytest.raises(NoAwardError, match="takes awards back itself"):
        take(staging, reversals_of(batch))
    with pytest.raises(NoAwardError, match="has no batch"):
        take(staging, "nothere")


def test_of_a_file_whose_awards_are_asked_about_alone_the_questions_are_answered_too(
    staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"7": Answered.NOW, "8": Answered.BEFORE, "9": Answered.NOWHERE}
    by_index = dict(enumerate(answers.values()))
    done = send(staging, (7, 60), (8, 50), (9, 5), door=Door.DESK, approval_above_points=10)
    for index, member_id in enumerate(answers):
        award_id = by_member(staging)[member_id].award_id
        set_state(*(staging, award_id, "needs_approval"), asked_run_id="run", asked_map_index=index)
    asked: list[int] = []

    def answer(asking: Asking, *, option: str, form: Any, by: str) -> Answered:
        assert (option, by) == (REJECT, "Ada")
        asked.append(asking.map_index)
        return by_index[asking.map_index]

    monkeypatch.setattr(deciding, "answer_question", answer)

    taken = take(staging, done.batch_id)

    awards = by_member(staging)
    assert asked.count(2) == 2, "one that was not asked about yet is looked for once more"
    assert sorted(set(asked)) == [0, 1, 2]
    assert len(taken.withdrawn) == 2
    assert list(left(staging, str(done.batch_id))) == ["8"]
    assert "it was being decided just then" in left(staging, str(done.batch_id))["8"]
    assert [awards[one].state for one in answers] == ["rejected", "needs_approval", "rejected"]


def test_a_question_that_is_asked_while_an_award_is_taken_back_is_answered(
    staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = send(staging, (7, 60), door=Door.DESK, approval_above_points=10)
    award_id = by_member(staging)["7"].award_id
    set_state(staging, award_id, "needs_approval", asked_run_id="run")
    real, asked = taking_back_all._withdraw, []

    def asks_meanwhile(connection: Connection, *args: Any) -> Any:
        assert mark_asked(connection, STORE, award_id, 4)
        return real(connection, *args)

    def answer(asking: Asking, *, option: str, **_: Any) -> Answered:
        with reading(staging) as connection:
            state = get_award(connection, STORE, award_id).state
        asked.append((asking.map_index, option, state))
        return Answered.NOWHERE

    monkeypatch.setattr(taking_back_all, "_withdraw", asks_meanwhile)
    monkeypatch.setattr(deciding, "answer_question", answer)

    assert take(staging, str(done.batch_id)).withdrawn == [award_id]

    before, after = asked
    assert before[:2] == after[:2] == (4, REJECT)
    assert after[2] == "rejected", "nobody can begin to ask about it any more"


@pytest.mark.parametrize(("doubted", "answers"), [(False, 1), (True, 0)])
def test_the_question_about_an_incident_is_answered_once_nothing_of_it_waits(
    staging: Engine, monkeypatch: pytest.MonkeyPatch, answers: int, *, doubted: bool
) -> None:
    incident_world.fill(staging)
    batch_id = str(incident_world.ask_for(staging, run_id="manual__1").batch_id)
    if doubted:
        set_state(staging, by_member(staging)["m1"].award_id, "needs_approval", sends=1)
    asked: list[Asking] = []

    def answer(asking: Asking, *, option: str, form: Any, by: str) -> Answered:
        assert (option, by) == (REJECT, "Ada")
        assert form == {"why": "taken back with its batch: the wrong amount"}
        asked.append(asking)
        return Answered.NOW

    monkeypatch.setattr(batches, "answer_question", answer)

    assert take(staging, batch_id).withdrawn

    about = Asking(
        dag_id=f"award_incident__{STORE}", run_id="manual__1", task_id="approve", map_index=-1
    )
    assert asked == [about] * answers
