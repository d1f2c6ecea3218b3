"""A decision is taken once: elsewhere it answers the question in Airflow too, or is late."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from loyalty_desk.awards import deciding, taking_back
from loyalty_desk.awards.approval import OwnApprovalError, mark_asked, take_to_ask
from loyalty_desk.awards.deciding import LateAnswerError, decide_once
from loyalty_desk.awards.queue import NoAwardError, get_award, get_events
from loyalty_desk.awards.taking_back import TakeBack, TakeBackError, take_back
from loyalty_desk.hooks.questions import Answered, Asking
from loyalty_desk.records import AwardState
from tests.factories import NOW, STORE, store_settings
from tests.sql.test_awards import queue, request

RUN = "asset_triggered__1"
ASKING = Asking(dag_id=f"award_points__{STORE}", run_id=RUN, task_id="approval.ask", map_index=3)


class Airflow:
    """Takes answers as Airflow does, as far as it is told to."""

    def __init__(self, *answers: Answered) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[Asking, dict[str, Any]]] = []

    def answer(self, asking: Asking, **given: Any) -> Answered:
        self.asked.append((asking, given))
        return self.answers.pop(0)


@pytest.fixture
def award_id(staging: Engine) -> str:
    """An award about which a task of a run asks."""
    found = queue(staging, request("500", ticket_id=5), approval_above_points=100).award_id
    with staging.begin() as connection:
        assert take_to_ask(connection, STORE, RUN) == [found]
        assert mark_asked(connection, STORE, found, 3)
    return found


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Airflow:
    """One that takes the first answer."""
    found = Airflow(Answered.NOW)
    monkeypatch.setattr(deciding, "answer_question", found.answer)
    return found


def decide(
    staging: Engine, award_id: str, *, approved: bool = True, by: str = "olga"
) -> AwardState:
    return decide_once(staging, STORE, award_id, approved=approved, by=by, why="fine")


def state_and_actors(staging: Engine, award_id: str) -> tuple[str, list[str]]:
    with staging.connect() as connection:
        award = get_award(connection, STORE, award_id)
        return award.state, [one.actor for one in get_events(connection, STORE, award_id)]


@pytest.mark.parametrize(
    ("approved", "option", "state"),
    [(True, "Approve", "approved"), (False, "Reject", "rejected")],
)
def test_the_question_is_answered_with_the_decision(
    staging: Engine, award_id: str, airflow: Airflow, *, approved: bool, option: str, state: str
) -> None:
    assert decide(staging, award_id, approved=approved) == state

    assert airflow.asked == [(ASKING, {"option": option, "form": {"why": "fine"}, "by": "olga"})]
    assert state_and_actors(staging, award_id) == (state, ["ada", "olga"])


def test_an_answer_that_airflow_has_already_is_the_one_that_counts(
    staging: Engine, award_id: str, airflow: Airflow
) -> None:
    airflow.answers = [Answered.BEFORE]

    with pytest.raises(LateAnswerError, match="answered in Airflow before; this came too late"):
        decide(staging, award_id)

    assert state_and_actors(staging, award_id) == ("needs_approval", ["ada"])


def test_where_there_is_no_question_yet_it_is_looked_for_once_more_afterwards(
    staging: Engine, award_id: str, airflow: Airflow
) -> None:
    airflow.answers = [Answered.NOWHERE, Answered.BEFORE]

    assert decide(staging, award_id) == "approved"

    assert len(airflow.asked) == 2
    assert state_and_actors(staging, award_id) == ("approved", ["ada", "olga"])


def test_who_may_not_approve_answers_nothing_in_airflow_either(
    staging: Engine, award_id: str, airflow: Airflow
) -> None:
    with pytest.raises(OwnApprovalError):
        decide(staging, award_id, by="ada")

    assert airflow.asked == []


def test_a_second_decision_is_told_what_the_first_one_was(
    staging: Engine, award_id: str, airflow: Airflow
) -> None:
    decide(staging, award_id, approved=False)

    with pytest.raises(NoAwardError, match="is rejected; it needs no approval"):
        decide(staging, award_id)

    assert len(airflow.asked) == 1


def test_an_award_about_which_nobody_asks_yet_is_decided_here_alone(
    staging: Engine, airflow: Airflow
) -> None:
    found = queue(staging, request("500"), approval_above_points=100).award_id

    assert decide(staging, found) == "approved"

    assert airflow.asked == []


def test_a_task_that_is_about_to_ask_sees_the_decision(
    staging: Engine, award_id: str, airflow: Airflow
) -> None:
    decide(staging, award_id)

    with staging.begin() as connection:
        assert not mark_asked(connection, STORE, award_id, 0)


def test_an_award_that_its_agent_takes_back_is_asked_about_no_more(
    staging: Engine, award_id: str, airflow: Airflow
) -> None:
    wanted = TakeBack(agent="ada", ticket_id=5, note=None)

    airflow.answers = [Answered.BEFORE, Answered.NOW]
    with pytest.raises(TakeBackError, match="being decided right now"), staging.begin() as change:
        take_back(change, store_settings(), wanted, NOW)
    with staging.begin() as connection:
        take_back(connection, store_settings(), wanted, NOW)

    assert [given["option"] for _, given in airflow.asked] == ["Reject", "Reject"]
    assert state_and_actors(staging, award_id) == ("rejected", ["ada", "ada"])


def test_a_question_that_a_task_began_to_ask_since_it_was_looked_at_is_answered_too(
    staging: Engine, airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = queue(staging, request("500", ticket_id=5), approval_above_points=100).award_id
    with staging.begin() as connection:
        take_to_ask(connection, STORE, RUN)
    real = deciding.decide

    def asked_meanwhile(connection: Connection, *args: Any, **options: Any) -> AwardState:
        assert mark_asked(connection, STORE, found, 3)
        return real(connection, *args, **options)

    monkeypatch.setattr(deciding, "decide", asked_meanwhile)

    assert decide(staging, found) == "approved"

    assert [asking for asking, _ in airflow.asked] == [ASKING]


def test_so_it_is_when_its_agent_takes_the_award_back(
    staging: Engine, airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = queue(staging, request("500", ticket_id=5), approval_above_points=100).award_id
    with staging.begin() as connection:
        take_to_ask(connection, STORE, RUN)

    def asked_meanwhile(connection: Connection, store: str, award_id: str) -> Any:
        award = get_award(connection, store, award_id)
        assert mark_asked(connection, STORE, found, 3)
        return award

    monkeypatch.setattr(taking_back, "get_award", asked_meanwhile)
    with staging.begin() as connection:
        take_back(connection, store_settings(), TakeBack(agent="ada", ticket_id=5, note=None), NOW)

    assert [asking for asking, _ in airflow.asked] == [ASKING]
