"""An agent takes back an award of their own from its ticket, as far as the store lets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.awards.ceilings import Token
from loyalty_desk.awards.deciding import LateAnswerError, answer_in_airflow
from loyalty_desk.awards.queue import (
    Door,
    Queued,
    add_event,
    amount_text,
    enter_gate,
    get_award,
    midnight_utc,
)
from loyalty_desk.awards.requests import TICKET_ID, AwardFieldsError, FieldReader
from loyalty_desk.awards.reversal import reverse_award
from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.records import AwardState
from loyalty_desk.settings.award_settings import AwardSettings
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.statements import statement

TAKEN_BACK: Final = "taken back by whoever awarded"
"""How the audit, the note on the ticket and the desk say it; what the agent wrote follows."""
LOOKED_AT: Final = timedelta(days=1)
"""How far back a ticket is looked at, to tell what is too old from what never was."""
_OVER: Final = frozenset({AwardState.REFUSED, AwardState.REJECTED})
_WAITING: Final = frozenset({AwardState.QUEUED, AwardState.NEEDS_APPROVAL, AwardState.APPROVED})


class TakeBackError(LoyaltyDeskError):
    """Nothing is taken back. The message tells the agent why."""


class TakeBackLimitError(TakeBackError):
    """The agent took back as many awards today as the store allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """Whose last award on which ticket. `note` is why, for staff."""

    agent: str
    ticket_id: int
    note: str | None

    @property
    def detail(self) -> str:
        return f"{TAKEN_BACK}: {self.note}" if self.note else TAKEN_BACK


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What became of it: `award_id` was taken back, `text` is its amount.

    `by` is the award that takes it back, None when it was withdrawn before anything was booked.
    """

    award_id: str
    text: str
    by: Queued | None = None
    is_repeat: bool = False


def read_take_back(fields: Mapping[str, Any]) -> TakeBack:
    """Read who takes back on which ticket; raises AwardFieldsError."""
    reader = FieldReader(fields, ("agent", "ticket_id", "note"))
    agent, ticket, note = reader.agent(), reader.id_text("ticket_id"), reader.note()
    if ticket is None or not TICKET_ID.fullmatch(ticket):
        reader.problem("ticket_id", "must be the ticket's number in Gorgias")
    if reader.problems or agent is None or ticket is None:
        raise AwardFieldsError(reader.problems)
    return TakeBack(agent=agent, ticket_id=int(ticket), note=note)


def take_back(
    connection: Connection,
    store: StoreSettings,
    wanted: TakeBack,
    now: datetime,
    *,
    token: Token | None = None,
) -> TakenBack:
    """Take back the agent's newest award on the ticket: withdraw it, or queue its reversal.

    Works in the caller's transaction, which holds the store's gate from here to its end. `token` is
    what the wish came through.

    Raises:
        TakeBackError: there is none, it is somebody else's, too old, or cannot be taken back now.
    """
    enter_gate(connection, store.name, now)
    minutes = timedelta(minutes=store.awards.take_back_minutes)
    awards = _load(connection, store.name, wanted.ticket_id, now - max(minutes, LOOKED_AT))
    own = _find_own(awards, wanted.agent)
    earlier = _find_repeated(awards, wanted.agent, own, now, store.awards)
    if earlier is not None:
        award_id = earlier.reverses or earlier.award_id
        return TakenBack(award_id=award_id, text=amount_text(earlier), is_repeat=True)
    if own is None:
        raise TakeBackError(_why_none(awards, wanted.agent))
    if parse_utc(own.queued_at_utc) < now - minutes:
        raise TakeBackError(
            f"it was given more than {store.awards.take_back_minutes:g} minutes ago; a manager can"
            " take it back"
        )
    _check_limit(connection, store, wanted.agent, now)
    return _take(connection, store, own, wanted, now, token)


def _load(
    connection: Connection, store: str, ticket_id: int, since: datetime
) -> Sequence[Row[Any]]:
    binds = {"store": store, "ticket_id": ticket_id, "since_utc": utc_text(since)}
    return connection.execute(statement("awards/taking_back/select_awards_of_ticket"), binds).all()


def _find_own(awards: Sequence[Row[Any]], agent: str) -> Row[Any] | None:
    """The agent's newest award that is booked, or may be yet, and that nobody took back."""
    return next((one for one in awards if one.agent == agent and _stands(one)), None)


def _stands(award: Row[Any]) -> bool:
    return award.reverses is None and award.state not in _OVER and award.reversed_by is None


def _find_repeated(
    awards: Sequence[Row[Any]],
    agent: str,
    own: Row[Any] | None,
    now: datetime,
    settings: AwardSettings,
) -> Row[Any] | None:
    """What the agent took back a moment ago, if nothing was awarded since: then it is a double
    click, and must not reach for the award before."""
    since_utc = utc_text(now - timedelta(minutes=settings.same_award_minutes))
    if own is not None:
        since_utc = max(since_utc, own.queued_at_utc)
    return next(
        (one for one in awards if one.agent == agent and (_taken_back_at(one) or "") >= since_utc),
        None,
    )


def _taken_back_at(award: Row[Any]) -> str | None:
    """When a reversal was queued, or an award withdrawn; None for any other."""
    if award.reverses is not None:
        return None if award.state in _OVER else str(award.queued_at_utc)
    is_withdrawn = award.state == AwardState.REJECTED and str(award.detail).startswith(TAKEN_BACK)
    return str(award.settled_at_utc) if is_withdrawn else None


def _why_none(awards: Sequence[Row[Any]], agent: str) -> str:
    if any(_stands(one) for one in awards):
        return "the award on this ticket is another person's; whoever gave it, or a manager, can"
    if any(one.agent == agent and one.reversed_by for one in awards):
        return "it was taken back before"
    return "there is no award of yours on this ticket that is booked or waits"


def _check_limit(connection: Connection, store: StoreSettings, agent: str, now: datetime) -> None:
    binds = {
        "store": store.name,
        "agent": agent,
        "since_utc": midnight_utc(now),
        "detail_pattern": f"{TAKEN_BACK}%",
    }
    found = connection.execute(statement("awards/taking_back/count_taken_back"), binds).scalar_one()
    most = store.awards.take_backs_per_agent_per_day
    if found >= most:
        raise TakeBackLimitError(
            f"you took back {found} awards today, and {most} are allowed; a manager can"
        )


def _take(
    connection: Connection,
    store: StoreSettings,
    own: Row[Any],
    wanted: TakeBack,
    now: datetime,
    token: Token | None,
) -> TakenBack:
    taken = TakenBack(award_id=own.award_id, text=amount_text(own))
    if own.state == AwardState.APPLIED:
        by = reverse_award(
            connection,
            store,
            own.award_id,
            now,
            agent=wanted.agent,
            why=wanted.detail,
            door=Door.HTTP,
            token=token,
        )
        facts = {"taken_back_by": by.award_id}
        _note(connection, store.name, own.award_id, AwardState.APPLIED, wanted, now, facts)
        return TakenBack(award_id=taken.award_id, text=taken.text, by=by)
    try:
        if own.state in _WAITING and _withdraw(connection, store.name, own.award_id, wanted, now):
            return taken
    except LateAnswerError:
        raise TakeBackError("it is being decided right now; press again in a moment") from None
    if own.state == AwardState.NEEDS_APPROVAL and own.sent_at_utc:  # as a restore doubts it
        raise TakeBackError(
            "it waits for approval and may be booked all the same; a manager can reject it"
        )
    if own.state == AwardState.UNKNOWN:
        raise TakeBackError("nobody can tell yet whether it is booked; a person has to look")
    raise TakeBackError("it is being booked right now; press again in a moment")


def _withdraw(
    connection: Connection, store: str, award_id: str, wanted: TakeBack, now: datetime
) -> bool:
    """Reject an award before it is booked; False when a worker has it."""
    award = get_award(connection, store, award_id)
    binds = {
        "store": store,
        "award_id": award_id,
        "detail": wanted.detail,
        "now_utc": utc_text(now),
    }
    withdrawn = connection.execute(statement("awards/taking_back/withdraw_award"), binds).first()
    if withdrawn is None:
        return False
    if award.state == AwardState.NEEDS_APPROVAL:
        answer_in_airflow(store, withdrawn, approved=False, by=wanted.agent, why=wanted.detail)
    _note(connection, store, award_id, AwardState.REJECTED, wanted, now)
    return True


def _note(
    connection: Connection,
    store: str,
    award_id: str,
    state: AwardState,
    wanted: TakeBack,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> None:
    add_event(
        connection,
        store,
        award_id,
        state,
        now,
        actor=wanted.agent,
        detail=wanted.detail,
        facts=facts,
    )
