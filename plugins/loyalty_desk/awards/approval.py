"""Approval: which awards a run has to ask about, what is asked, and what the answer does."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.awards.queue import add_event, amount_text, enter_gate, get_award, get_events
from loyalty_desk.awards.requests import agent_key
from loyalty_desk.clock import in_zone, parse_utc, utc_text
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.records import AwardState, Member
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

APPROVE: Final = "Approve"
REJECT: Final = "Reject"
BACKTICKS: Final = re.compile("`+")
IN_TIME: Final = "nobody answered in time"
DOUBTED: Final = "not approved, but perhaps booked before staging was restored"
"""Why a restored award that was rejected is unknown."""


class OwnApprovalError(LoyaltyDeskError):
    """Whoever had a hand in asking for an award cannot approve it. It waits for somebody else.

    `did` is what they did, as in "whoever asked for award 1".
    """

    def __init__(self, did: str, award_id: str) -> None:
        self.did = did
        super().__init__(
            f"whoever {did} award {award_id} cannot approve it; another has to approve"
        )


def take_to_ask(connection: Connection, store: str, run_id: str) -> list[str]:
    """The awards that the run has to ask about, from now on it alone. May be repeated."""
    binds = {"store": store, "run_id": run_id}
    return sorted(connection.execute(statement("awards/approval/take_to_ask"), binds).scalars())


def mark_asked(connection: Connection, store: str, award_id: str, map_index: int) -> bool:
    """Note which task of its run is about to ask; False when the award was decided meanwhile."""
    binds = {"store": store, "award_id": award_id, "map_index": map_index}
    return connection.execute(statement("awards/approval/mark_asked"), binds).rowcount == 1


def reject_overdue(connection: Connection, store: str, now: datetime) -> list[str]:
    """Reject what nobody answered in time, also where the question was lost.

    Holds the store's gate, as whatever changes many awards at once does.
    """
    enter_gate(connection, store, now)
    binds = {
        "store": store,
        "now_utc": utc_text(now),
        "detail": IN_TIME,
        "detail_of_doubted": DOUBTED,
    }
    overdue = connection.execute(statement("awards/approval/reject_overdue"), binds).all()
    for award in overdue:
        state = AwardState(award.state)
        detail = said_of(state, IN_TIME)
        add_event(connection, store, award.award_id, state, now, actor="timeout", detail=detail)
    return [award.award_id for award in overdue]


def decide(
    connection: Connection,
    store: str,
    award: Row[Any],
    now: datetime,
    *,
    approved: bool,
    by: str,
    why: str | None,
) -> AwardState:
    """Approve or reject an award that waits for it; one that does not stays as it is.

    Returns the state that it is in then, which is not always what was decided: see `decided_state`.

    Raises:
        OwnApprovalError: `by` had a hand in asking for the award. Nothing is changed.
    """
    if approved and (did := find_own_part(connection, store, award.award_id, by)):
        raise OwnApprovalError(did, award.award_id)
    state = decided_state(award, approved=approved)
    binds = {
        "store": store,
        "award_id": award.award_id,
        "state": state.value,
        "detail": DOUBTED if state == AwardState.UNKNOWN else why,
        "settled_at_utc": None if approved else utc_text(now),
    }
    if not connection.execute(statement("awards/approval/decide_award"), binds).rowcount:
        # Not as it was read before: another answer may have come meanwhile.
        return AwardState(get_award(connection, store, award.award_id).state)
    detail = said_of(state, why)
    add_event(connection, store, award.award_id, state, now, actor=by, detail=detail)
    return state


def decided_state(award: Row[Any], *, approved: bool) -> AwardState:
    """What a decision makes of an award that waits for it.

    One that a restore doubts may have been approved and booked since the backup. Rejecting does not
    take that back, so a person has to look.
    """
    if approved:
        return AwardState.APPROVED
    return AwardState.UNKNOWN if award.sends else AwardState.REJECTED


def said_of(state: AwardState, why: str | None) -> str | None:
    """What the audit says of a decision. Only there: what people write stays out of alerts."""
    if state != AwardState.UNKNOWN:
        return why
    return f"{DOUBTED}: {why}" if why else DOUBTED


def find_own_part(connection: Connection, store: str, award_id: str, by: str) -> str | None:
    """What a person did to ask for an award, such as to make the token; None for nothing."""
    binds = {"store": store, "award_id": award_id}
    asked = connection.execute(statement("awards/approval/select_who_asked"), binds).first()
    if asked is None:
        return None
    parts = (
        ("asked for", asked.agent),
        ("queued", asked.queued_by),
        ("made the token of", asked.token_maker),
        ("owned the token of", asked.token_owner),
    )
    return next((did for did, who in parts if who and is_same_person(by, who)), None)


def ask_anew(
    connection: Connection, store: str, award: Row[Any], now: datetime, *, by: str, did: str
) -> None:
    """Have another run ask once more, after an answer of somebody who may not give it."""
    binds = {"store": store, "award_id": award.award_id}
    if connection.execute(statement("awards/approval/ask_anew"), binds).rowcount:
        add_event(
            connection,
            store,
            award.award_id,
            AwardState.NEEDS_APPROVAL,
            now,
            actor=by,
            detail=f"approved by whoever {did} it, which does not count",
        )


def is_same_person(one: str, other: str) -> bool:
    """Whether two names may be one person: the same name, or an e-mail address of that name.

    `eve` and `eve@shop.example` are taken for one person, as an agent is known by the one in
    Airflow and by the other in Gorgias. So is `eve+gorgias@shop.example`, whose mail Eve gets.
    """
    names = [agent_key(name).partition("@") for name in (one, other)]
    own = [local.partition("+")[0] or local for local, _, _ in names]
    same_local = own[0] == own[1]
    return same_local and (names[0][2] == names[1][2] or not (names[0][2] and names[1][2]))


def settle(
    connection: Connection, store: str, award: Row[Any], answer: Mapping[str, Any], now: datetime
) -> AwardState:
    """Do what Airflow says that a person answered; returns the state that the award is in then.

    `answer` is what its human-in-the-loop operators return; nobody's answer is the default one.
    """
    approved, by, why = read_answer(answer)
    try:
        state = decide(connection, store, award, now, approved=approved, by=by, why=why)
    except OwnApprovalError as error:
        log.warning("%s; it is asked about anew", error)
        ask_anew(connection, store, award, now, by=by, did=error.did)
        return AwardState.NEEDS_APPROVAL
    if answer["responded_by_user"]:
        _note_if_late(connection, store, award, state, now, approved=approved, by=by)
    return state


def read_answer(answer: Mapping[str, Any]) -> tuple[bool, str, str | None]:
    """Whether it was approved, by whom and why, of what Airflow's operators return."""
    responder = answer["responded_by_user"]
    by = str(responder["name"] or responder["id"]) if responder else "timeout"
    why = str((answer["params_input"] or {}).get("why") or "") if responder else IN_TIME
    return answer["chosen_options"] == [APPROVE], by, why or None


def _note_if_late(
    connection: Connection,
    store: str,
    award: Row[Any],
    state: AwardState,
    now: datetime,
    *,
    approved: bool,
    by: str,
) -> None:
    """Say in the audit and the task's log that an answer changed nothing, once."""
    award_id, wanted = award.award_id, decided_state(award, approved=approved)
    detail = f"answered {APPROVE if approved else REJECT} too late, which changed nothing"
    events = get_events(connection, store, award_id)
    # A task that is tried again finds its own answer in the audit: that one was in time.
    if not any(e.actor == by and (e.state == wanted or e.detail == detail) for e in events):
        log.warning("award %s is %s: this was %s", award_id, state.value, detail)
        add_event(connection, store, award_id, state, now, actor=by, detail=detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an approver sees (`body` is Markdown), and how many seconds there are to answer."""

    subject: str
    body: str
    left_s: float


def question(
    award: Row[Any],
    member: Member | None,
    now: datetime,
    zone: str,
    *,
    nobody: str = "nobody by that address",
) -> Question:
    """What an approver is asked about an award.

    Everything that a person wrote is code: a note must not become a link or a picture. Escapes are
    not enough, as Airflow's pages make links of what still looks like an address then. `nobody`
    stands for a member who was not found.
    """
    card = member.card if member else {}
    facts = {
        "Member": card.get("name") or (None if member else nobody),
        "E-mail": award.email or (member.email if member else None),
        "Member id": member.member_id if member else award.member_id,
        "Balance": card.get(f"{award.unit}_balance"),
        "Amount": amount_text(award),
        "Reason": award.reason,
        "Asked by": award.agent,
        "Queued by": award.queued_by,
        "Through token": award.token_id,
        "Ticket": award.ticket_id,
        "Note": award.note,
        "Message to the customer": award.message,
        "Takes back award": award.reverses,
        "Award": award.award_id,
        "Rejected by itself after": in_zone(parse_utc(award.approve_by_utc), zone),
        "Restored from a backup": "perhaps booked since" if award.sends else None,
    }
    return ask_with(f"Approve {amount_text(award)}?", facts, award.approve_by_utc, now)


def ask_with(subject: str, facts: Mapping[str, Any], until_utc: str, now: datetime) -> Question:
    """A question with what is known as its body, each as code: see `question`."""
    lines = [
        f"- **{name}:** {_as_code(value)}" for name, value in facts.items() if value is not None
    ]
    left_s = (parse_utc(until_utc) - now).total_seconds()
    return Question(subject=subject, body="\n".join(lines), left_s=max(1.0, left_s))


def _as_code(value: object) -> str:
    """One line of code, between more backticks than it has in a row; Markdown drops the spaces."""
    text = " ".join(str(value).split())
    fence = "`" * (1 + max(map(len, BACKTICKS.findall(text)), default=0))
    return f"{fence} {text} {fence}"
