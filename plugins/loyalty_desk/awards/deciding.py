"""One decision about an award, wherever it is taken: its question in Airflow is answered with it.

Airflow takes one answer to a question and refuses the next. So whoever decides elsewhere answers it
too, before the decision counts here: of two people the one who is late is told so, in either place.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Engine, Row

from loyalty_desk.awards.approval import APPROVE, REJECT, decide, decided_state
from loyalty_desk.awards.queue import NoAwardError, get_award
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.hooks.questions import Answered, Asking, answer_question, is_open
from loyalty_desk.records import AwardState
from loyalty_desk.staging.staging_clock import staging_now

ASKS: Final = "approval.ask"
"""The task that asks, in the DAG `award_points`."""


class LateAnswerError(LoyaltyDeskError):
    """Somebody else decided before. Nothing is changed."""


def decide_once(
    engine: Engine,
    store: str,
    award_id: str,
    *,
    approved: bool,
    by: str,
    why: str | None,
) -> AwardState:
    """Approve or reject an award that waits for it, here and in Airflow; returns its state then.

    Raises:
        NoAwardError: there is no such award, or it does not wait for approval.
        OwnApprovalError: `by` asked for the award.
        LateAnswerError: its question was answered in Airflow before.
    """
    with engine.begin() as connection:
        award = get_award(connection, store, award_id)
        if award.state != AwardState.NEEDS_APPROVAL:
            raise NoAwardError(
                f"award {award_id} is {award.state}; it needs no approval: nothing to approve"
            )
        state, now = decided_state(award, approved=approved), staging_now(connection)
        found = decide(connection, store, award, now, approved=approved, by=by, why=why)
        if found != state:
            raise LateAnswerError(f"award {award_id} is {found.value} by now; this came too late")
        award = get_award(connection, store, award_id)  # a run may have begun to ask since
        is_unasked = not answer_in_airflow(store, award, approved=approved, by=by, why=why)
    if is_unasked:  # its task may have begun to ask before it could see the decision
        answer_in_airflow(store, award, approved=approved, by=by, why=why, is_decided=True)
    return state


def answer_in_airflow(
    store: str,
    award: Row[Any],
    *,
    approved: bool,
    by: str,
    why: str | None,
    is_decided: bool = False,
) -> bool:
    """Answer the question about an award; False when there is none to be answered.

    Raises:
        LateAnswerError: it was answered before, and nothing `is_decided` here yet.
    """
    asking = _asking(store, award)
    if asking is None:
        return False
    option = APPROVE if approved else REJECT
    answered = answer_question(asking, option=option, form={"why": why}, by=by)
    if answered is Answered.BEFORE and not is_decided:
        raise LateAnswerError(
            f"award {award.award_id} was answered in Airflow before; this came too late and changes"
            " nothing"
        )
    return answered is not Answered.NOWHERE


def is_asked_about(store: str, award: Row[Any]) -> bool:
    """Whether the question about an award waits in Airflow for its answer."""
    asking = _asking(store, award)
    return asking is not None and is_open(asking)


def _asking(store: str, award: Row[Any]) -> Asking | None:
    """The task that asks about an award; None while there is none."""
    if award.asked_run_id is None or award.asked_map_index is None:
        return None
    return Asking(
        dag_id=f"award_points__{store}",
        run_id=award.asked_run_id,
        task_id=ASKS,
        map_index=award.asked_map_index,
    )
