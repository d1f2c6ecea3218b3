"""The queue of awards: the one way in, however an award comes in, and its audit."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row

from loyalty_desk.awards.balances import find_below_zero
from loyalty_desk.awards.ceilings import Token, find_ceiling_breaches
from loyalty_desk.awards.new_rows import award_values, first_facts
from loyalty_desk.awards.policy import (
    Today,
    find_breaches,
    from_parts,
    needs_approval,
    signed,
    to_parts,
)
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.awards.subject import find_subject
from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.platform_of import find_left_platform
from loyalty_desk.staging.statements import statement


class Door(StrEnum):
    """Where an award came in."""

    AIRFLOW_FORM = "airflow_form"
    FILE = "file"
    HTTP = "http"
    COMMAND = "command"
    DESK = "desk"
    BATCH = "batch"
    """A file on the desk, or an incident, that another person approves as a whole."""


class AwardKeyError(LoyaltyDeskError):
    """The idempotency key stands for an award with other content, the `owner` of the key."""

    def __init__(self, owner: str) -> None:
        super().__init__(
            f"the idempotency key belongs to {owner}, which has other content; "
            "use another key for another award"
        )


class AwardLimitError(LoyaltyDeskError):
    """The award would break limits. `breaches` has a reason for each, by the setting's name."""

    def __init__(self, breaches: Mapping[str, str]) -> None:
        self.breaches = dict(breaches)
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in breaches.items()))


class NoAwardError(LoyaltyDeskError):
    """There is no such award, or it is not in the state that this needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """What became of a request. `repeats` says why it is an award that was queued before."""

    award_id: str
    state: AwardState
    repeats: Literal["key", "double_click"] | None = None

    @property
    def is_new(self) -> bool:
        return self.repeats is None

    @property
    def repeat_text(self) -> str | None:
        """That it is a repeat, of which award, and how that stands; None for a new one."""
        if self.repeats is None:
            return None
        why = "A double click" if self.repeats == "double_click" else "The key was used before"
        return (
            f"{why}: nothing new was queued. "
            f"Award {self.award_id} is for the same person and amount, and {_STANDING[self.state]}."
        )


_STANDING: Final[Mapping[AwardState, str]] = {
    AwardState.QUEUED: "is queued",
    AwardState.NEEDS_APPROVAL: "waits for approval",
    AwardState.APPROVED: "is approved",
    AwardState.REJECTED: "was rejected",
    AwardState.APPLYING: "is being applied",
    AwardState.APPLIED: "is applied",
    AwardState.REFUSED: "was refused",
    AwardState.UNKNOWN: "is unknown: it may be booked, and a person has to look",
}


def queue_award(
    connection: Connection,
    store: StoreSettings,
    request: AwardRequest,
    now: datetime,
    *,
    door: Door,
    token: Token | None = None,
    queued_by: str | None = None,
    batch_id: str | None = None,
) -> Queued:
    """Queue an award, once: the same key with the same content answers with the first award.

    Works in the caller's transaction, which holds the store's gate from here to its end. `token` is
    what it came through, `queued_by` who ran the command that queues it. What comes in a batch
    counts on no agent's limit: another person approves it, and it has a ceiling of its own.

    Raises:
        AwardKeyError: the key was used for other content.
        AwardLimitError: a limit would be broken; nothing is queued.
        SharedAwardError: several members have the address.
    """
    enter_gate(connection, store.name, now)
    amount = to_parts(request.amount, request.unit)
    since_utc = midnight_utc(now)
    subject = find_subject(connection, store, request, since_utc=since_utc)
    earlier = _find_earlier(connection, store, request, now, amount=amount, subject=subject)
    if earlier is not None:
        why: Literal["key", "double_click"] = "key" if request.idempotency_key else "double_click"
        return Queued(award_id=earlier.award_id, state=AwardState(earlier.state), repeats=why)
    spent = awarded_today(
        connection, store.name, now, agent=request.agent, subject=subject, unit=request.unit
    )
    breaches = find_breaches(request, spent, store.awards, of_agent=door is not Door.BATCH)
    breaches |= find_ceiling_breaches(
        connection, store, request, now, door=door, token=token, since_utc=since_utc
    )
    if breaches := breaches | find_below_zero(
        connection, store.name, subject, request, store.awards
    ):
        raise AwardLimitError(breaches)
    return insert_award(
        connection,
        store,
        request,
        now,
        door=door,
        subject=subject,
        token_id=token.token_id if token else None,
        queued_by=queued_by,
        batch_id=batch_id,
    )


def awarded_today(
    connection: Connection, store: str, now: datetime, *, agent: str, subject: str, unit: Unit
) -> Today:
    """What an agent awarded and a member was awarded since midnight (UTC), in that unit."""
    found = connection.execute(
        statement("awards/queue/select_awarded_today"),
        {
            "store": store,
            "agent": agent,
            "subject": subject,
            "unit": unit.value,
            "since_utc": midnight_utc(now),
        },
    ).one()
    return Today(by_agent=int(found.by_agent), by_member=int(found.by_member))


def enter_gate(connection: Connection, store: str, now: datetime) -> None:
    """Hold the store's gate to the end of the transaction: nobody else queues meanwhile."""
    connection.execute(
        statement("awards/queue/enter_gate"), {"store": store, "now_utc": utc_text(now)}
    )


def insert_award(  # noqa: PLR0913 - what a row holds
    connection: Connection,
    store: StoreSettings,
    request: AwardRequest,
    now: datetime,
    *,
    door: Door,
    subject: str,
    reverses: str | None = None,
    token_id: str | None = None,
    queued_by: str | None = None,
    batch_id: str | None = None,
) -> Queued:
    """Add the award and the first row of its audit; whoever calls has made the checks."""
    state = first_state(request, store, door)
    values = award_values(
        store,
        request,
        now,
        award_id=uuid.uuid4().hex,
        door=door,
        state=state,
        subject=subject,
        reverses=reverses,
        token_id=token_id,
        queued_by=queued_by,
        batch_id=batch_id,
    )
    insert_awards(connection, [values], now)
    return Queued(award_id=values["award_id"], state=state)


def insert_awards(connection: Connection, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """The same of many at once, as `award_values` has each."""
    if not rows:
        return
    connection.execute(statement("awards/queue/insert_award"), rows)
    events = [
        _event_of(
            row["store"],
            row["award_id"],
            AwardState(row["state"]),
            now,
            actor=row["agent"],
            facts=first_facts(row),
        )
        for row in rows
    ]
    connection.execute(statement("awards/queue/insert_award_event"), events)
    if told := [event for event in events if event["state"] in _TO_TELL]:
        connection.execute(statement("refresh/ask_for_card_of_awarded"), told)


def first_state(request: AwardRequest, store: StoreSettings, door: Door) -> AwardState:
    """The state of a new award: whether another person has to approve it."""
    must_wait = door is Door.BATCH or needs_approval(request.amount, request.unit, store.awards)
    return AwardState.NEEDS_APPROVAL if must_wait else AwardState.QUEUED


def midnight_utc(now: datetime) -> str:
    """When the day of the limits began."""
    return utc_text(now.replace(hour=0, minute=0, second=0, microsecond=0))


def _find_earlier(
    connection: Connection,
    store: StoreSettings,
    request: AwardRequest,
    now: datetime,
    *,
    amount: int,
    subject: str,
) -> Row[Any] | None:
    """The award that this request is a repeat of: by its key, or as a double click without one."""
    if request.idempotency_key is None:
        window = timedelta(minutes=store.awards.same_award_minutes)
        return connection.execute(
            statement("awards/queue/select_double_click"),
            {
                "store": store.name,
                "agent": request.agent,
                "subject": subject,
                "email_key": request.email or "",
                "unit": request.unit.value,
                "amount": amount,
                "ticket_id": request.ticket_id or 0,
                "since_utc": utc_text(now - window),
            },
        ).first()
    found = connection.execute(
        statement("awards/queue/select_award_by_key"),
        {"store": store.name, "idempotency_key": request.idempotency_key},
    ).first()
    if found is not None and found.content_hash != request.content_hash():
        raise AwardKeyError(f"award {found.award_id}")
    return found


def add_event(
    connection: Connection,
    store: str,
    award_id: str,
    state: AwardState,
    now: datetime,
    *,
    actor: str,
    detail: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Add a transition to the audit, in the transaction that makes it.

    The member's card is asked for when it has something else to say of the award. One that is
    applied is shown by the follow-up, and one that is queued will be in a moment.
    """
    binds = _event_of(store, award_id, state, now, actor=actor, detail=detail, facts=facts)
    # Two workers may show one award at once. The later one waits for the other's commit, and then
    # sees which number is free.
    while not connection.execute(statement("awards/queue/insert_award_event"), binds).rowcount:
        pass
    if state in _TO_TELL:
        connection.execute(statement("refresh/ask_for_card_of_awarded"), binds)


def _event_of(
    store: str,
    award_id: str,
    state: AwardState,
    now: datetime,
    *,
    actor: str,
    detail: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "store": store,
        "award_id": award_id,
        "state": state.value,
        "detail": detail,
        "actor": actor,
        "now_utc": utc_text(now),
        "facts": json.dumps(facts or {}, sort_keys=True),
    }


_TO_TELL: Final = frozenset(
    {AwardState.NEEDS_APPROVAL, AwardState.REJECTED, AwardState.REFUSED, AwardState.UNKNOWN}
)


def list_awards(
    connection: Connection, store: str, *, state: AwardState | None = None, most: int = 50
) -> list[Row[Any]]:
    """The newest awards of a store, the newest first: what a line of a list shows of each."""
    binds = {"store": store, "state": state.value if state else "", "most": most}
    return list(connection.execute(statement("awards/reading/select_awards"), binds).all())


def get_award(connection: Connection, store: str, award_id: str) -> Row[Any]:
    """One award, whole; raises NoAwardError."""
    binds = {"store": store, "award_id": award_id}
    found = connection.execute(statement("awards/reading/select_award"), binds).first()
    if found is None:
        raise NoAwardError(f"store {store} has no award {award_id}")
    return found


def get_events(connection: Connection, store: str, award_id: str) -> list[Row[Any]]:
    """The audit of one award, from its beginning."""
    binds = {"store": store, "award_id": award_id}
    return list(connection.execute(statement("awards/reading/select_award_events"), binds).all())


def settle_unknown(
    connection: Connection,
    store: str,
    award_id: str,
    now: datetime,
    *,
    was_applied: bool,
    actor: str,
    why: str,
) -> AwardState:
    """A person says what became of an unknown award; one that was not applied is sent again.

    One that nobody ever approved waits for approval again, as long as it had at first.

    Raises:
        NoAwardError: there is no such award, it is not unknown, or is to be sent to nobody.
    """
    award = get_award(connection, store, award_id)
    if not was_applied and award.member_id is None and award.email is None:
        raise NoAwardError(f"award {award_id} is anonymous by now; there is nobody to send it to")
    left = find_left_platform(connection, store, award.queued_at_utc)
    if not was_applied and left is not None:
        raise NoAwardError(
            f"award {award_id} was for {left}, which the store has left: if it was not booked"
            " there, award anew, and leave this one"
        )
    events = get_events(connection, store, award_id)
    state = AwardState.APPLIED if was_applied else state_to_send_from(award, events)
    binds = {
        "store": store,
        "award_id": award_id,
        "state": state.value,
        "detail": why,
        "approve_by_utc": None,
        "now_utc": utc_text(now),
    }
    if state == AwardState.NEEDS_APPROVAL:
        had = parse_utc(award.approve_by_utc) - parse_utc(award.queued_at_utc)
        binds["approve_by_utc"] = utc_text(now + had)
    if not connection.execute(statement("awards/apply/settle_award"), binds).rowcount:
        raise NoAwardError(f"award {award_id} is {award.state}; only an unknown one can be settled")
    add_event(connection, store, award_id, state, now, actor=actor, detail=why)
    return state


def state_to_send_from(award: Row[Any], events: Sequence[Row[Any]]) -> AwardState:
    """The state that an unknown award goes back to, by its audit, so as to be sent again.

    Nobody may ever have approved one that a restore made unknown.
    """
    if award.approve_by_utc and not any(one.state == AwardState.APPROVED for one in events):
        return AwardState.NEEDS_APPROVAL
    return waiting_state(award)


def waiting_state(award: Row[Any]) -> AwardState:
    """The state in which an award waits to be applied: approved, if it needed that."""
    return AwardState.APPROVED if award.approve_by_utc else AwardState.QUEUED


def amount_text(award: Row[Any]) -> str:
    """The award's amount with its unit, as `+50 points`."""
    unit = Unit(award.unit)
    return signed(from_parts(award.amount, unit), unit)
