"""Files that another person approves as a whole: on whose account they go, and who decides."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from loyalty_desk.awards import batches
from loyalty_desk.awards.approval import DOUBTED, OwnApprovalError, reject_overdue, take_to_ask
from loyalty_desk.awards.batches import decide_batch, list_waiting_batches
from loyalty_desk.awards.csv_import import AwardFile, Import, import_awards
from loyalty_desk.awards.deciding import decide_once
from loyalty_desk.awards.queue import Door, NoAwardError, list_awards
from loyalty_desk.clock import utc_text
from loyalty_desk.records import AwardState
from loyalty_desk.staging.statements import statement
from loyalty_desk.tasks.restored import take_up
from tests.factories import LATER, NOW, STORE, store_settings
from tests.sql.test_award_ceilings import MIDNIGHT, broken, come, wanted

ROWS = ((7, 60), (8, -40))
CEILING = "max_points_by_batch_per_day"


def send(
    staging: Engine,
    *rows: tuple[int, int],
    agent: str = "ada",
    now: Any = NOW,
    door: Door = Door.BATCH,
    **limits: int,
) -> Import:
    lines = "".join(f"{member_id},{amount},gesture\n" for member_id, amount in rows or ROWS)
    file = AwardFile("gifts.csv", f"member_id,amount,reason\n{lines}", door)
    return import_awards(staging, store_settings(awards=limits), file, now, agent=agent)


def decide(staging: Engine, batch_id: str | None, *, approved: bool = True, by: str = "bo") -> Any:
    assert batch_id is not None
    with staging.begin() as connection:
        return decide_batch(
            connection, STORE, batch_id, LATER, approved=approved, by=by, why="a campaign"
        )


def states(staging: Engine) -> list[str]:
    with staging.connect() as connection:
        return sorted(one.state for one in list_awards(connection, STORE))


def test_all_of_a_batch_waits_whatever_the_amounts_and_no_run_asks_or_starts(
    staging: Engine,
) -> None:
    done = send(staging)

    assert states(staging) == ["needs_approval", "needs_approval"]
    with staging.begin() as connection:
        assert take_to_ask(connection, STORE, "run") == []
        binds = {"now_utc": utc_text(LATER)}
        waiting = connection.execute(statement("awards/apply/select_waiting"), binds).all()
        [batch] = list_waiting_batches(connection, STORE)
    assert waiting == []
    assert (batch.batch_id, batch.agent, batch.awards) == (done.batch_id, "ada", 2)


@pytest.mark.parametrize(
    ("approved", "state"), [(True, AwardState.APPROVED), (False, AwardState.REJECTED)]
)
def test_another_person_decides_on_all_of_it_at_once(
    staging: Engine, state: AwardState, *, approved: bool
) -> None:
    first, other = send(staging), send(staging, (9, 5), agent="cy")

    assert decide(staging, first.batch_id, approved=approved) == {state: 2}

    assert states(staging) == sorted([state, state, "needs_approval"])
    with pytest.raises(NoAwardError, match="nothing of batch"):
        decide(staging, first.batch_id)
    with pytest.raises(NoAwardError, match="has no batch"):
        decide(staging, "nothere")
    assert decide(staging, other.batch_id) == {AwardState.APPROVED: 1}


@pytest.mark.parametrize("by", ["ada", "Ada@shop.example", "ada+x@shop.example"])
def test_whoever_sent_it_does_not_approve_it_but_may_reject_it(staging: Engine, by: str) -> None:
    batch_id = send(staging).batch_id

    with pytest.raises(OwnApprovalError):
        decide(staging, batch_id, by=by)
    assert states(staging) == ["needs_approval", "needs_approval"]
    assert decide(staging, batch_id, approved=False, by=by) == {AwardState.REJECTED: 2}


def test_one_that_was_decided_alone_stays_as_it_is(staging: Engine) -> None:
    batch_id = send(staging).batch_id
    with staging.connect() as connection:
        one = list_awards(connection, STORE)[0].award_id
    decide_once(staging, STORE, one, approved=False, by="cy", why=None)

    assert decide(staging, batch_id) == {AwardState.APPROVED: 1}
    assert states(staging) == ["approved", "rejected"]


@pytest.mark.parametrize("late", [True, False])
def test_of_two_people_at_once_who_is_late_is_told_so(
    staging: Engine, monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    batch_id = send(staging).batch_id
    assert batch_id is not None
    with staging.connect() as connection:
        seen = batches.get_batch(connection, STORE, batch_id)
    decide(staging, batch_id, approved=not late)
    monkeypatch.setattr(batches, "get_batch", lambda *_: seen)  # as read before the other decided

    with pytest.raises(NoAwardError, match=r"nothing of batch .* by now"):
        decide(staging, batch_id, approved=late, by="cy")
    assert states(staging) == (["rejected"] if late else ["approved"]) * 2


@pytest.mark.parametrize("change", ["decide", "reject overdue"])
def test_whoever_changes_many_awards_waits_for_a_file_to_be_queued(
    staging: Engine, change: str
) -> None:
    """On PostgreSQL each would else wait for a card that the other asked for, in another order."""
    batch_id = send(staging).batch_id
    assert batch_id is not None
    changed: list[str] = []

    @event.listens_for(staging, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        changed.extend(re.findall(r"(?:INSERT INTO|UPDATE) (\w+)", sql))

    if change == "decide":
        decide(staging, batch_id)
    else:
        with staging.begin() as connection:
            reject_overdue(connection, STORE, NOW + timedelta(hours=25))
    event.remove(staging, "before_cursor_execute", note)
    assert (changed[0], changed.count("awards") > 0) == ("award_gates", True)


def test_what_nobody_approved_in_time_is_rejected(staging: Engine) -> None:
    batch_id = send(staging).batch_id
    with staging.begin() as connection:
        assert len(reject_overdue(connection, STORE, NOW + timedelta(hours=25))) == 2
    with pytest.raises(NoAwardError, match="nothing of batch"):
        decide(staging, batch_id)


def test_a_restored_batch_that_is_rejected_is_unknown(staging: Engine) -> None:
    batch_id = send(staging).batch_id
    take_up(staging, LATER, by="grace")

    assert decide(staging, batch_id, approved=False) == {AwardState.UNKNOWN: 2}
    with staging.connect() as connection:
        assert {one.detail for one in list_awards(connection, STORE)} == {DOUBTED}


# --- on whose account ----------------------------------------------------------------------------


def test_batches_have_a_ceiling_of_their_own_a_day_that_says_so(staging: Engine) -> None:
    send(staging, **{CEILING: 150})

    over = send(staging, (9, 51), agent="cy", **{CEILING: 150})

    reason = "all files to be approved as a whole a day may have 150 points at most, 50 are left"
    assert over.bad_lines == {2: f"{CEILING}: {reason}"}
    assert send(staging, (9, 50), agent="cy", **{CEILING: 150}).queued == 1
    assert send(staging, (9, 51), now=MIDNIGHT, **{CEILING: 150}).queued == 1


def test_a_rejected_batch_gives_its_part_back(staging: Engine) -> None:
    batch_id = send(staging, **{CEILING: 100}).batch_id
    decide(staging, batch_id, approved=False)

    assert send(staging, (9, 100), **{CEILING: 100}).queued == 1


def test_a_batch_counts_on_no_other_account_and_nothing_else_on_its(staging: Engine) -> None:
    limits = {
        "max_points_per_agent_per_day": 100,
        "max_points_over_http_per_day": 100,
        "max_points_by_file_per_day": 100,
        CEILING: 200,
    }
    assert send(staging, (5, 100), (6, 100), **limits).queued == 2
    for number, door in enumerate((Door.HTTP, Door.FILE, Door.DESK)):
        award = wanted("100", number, agent="ada" if door is Door.DESK else f"agent-{number}")
        assert come(staging, award, token=None, door=door, **limits).is_new
    award = wanted("1", 9, agent="ada")
    assert broken(staging, award, token=None, door=Door.DESK, **limits) == {
        "max_points_per_agent_per_day"
    }


def test_a_batch_may_be_sent_by_whoever_has_nothing_left_of_the_day(staging: Engine) -> None:
    limits = {"max_points_per_agent_per_day": 100}
    come(staging, wanted("100", 1, agent="ada"), token=None, door=Door.DESK, **limits)

    assert send(staging, (5, 100), **limits).queued == 1


def test_nobody_sends_a_batch_in_another_s_name_to_approve_it_then(staging: Engine) -> None:
    content = "member_id,amount,reason,agent\n7,60,gesture,cy\n"
    file = AwardFile("gifts.csv", content, Door.BATCH)

    done = import_awards(staging, store_settings(), file, NOW, agent="ada")

    assert done.bad_lines == {2: "agent: leave it out; whoever sends the file awards"}
    assert states(staging) == []


@pytest.mark.parametrize("limit", ["max_points_per_award", "max_points_per_member_per_day"])
def test_limits_on_an_award_and_on_a_member_hold_for_a_batch_too(
    staging: Engine, limit: str
) -> None:
    assert list(send(staging, (7, 51), **{limit: 50}).bad_lines) == [2]


def test_a_file_that_is_no_batch_counts_on_its_sender(staging: Engine) -> None:
    limits = {"max_points_per_agent_per_day": 59}
    assert list(send(staging, door=Door.DESK, **limits).bad_lines) == [2]


def test_a_batch_that_is_sent_twice_waits_once(staging: Engine) -> None:
    first, second = (send(staging, **{CEILING: 100}) for _ in range(2))

    assert (first.queued, second.queued, second.queued_before) == (2, 0, 2)
    with staging.connect() as connection:
        assert [one.batch_id for one in list_waiting_batches(connection, STORE)] == [first.batch_id]
