"""Applies queued awards on the platform: each once, whatever is lost on the way.

Before the platform is asked, `sent_at_utc` is committed. So whoever takes over an award knows that
it may have been booked, and looks for its marker in the member's ledger: there, it was; surely not
there, it is sent once more; nobody can tell, it waits for a person. "Surely" takes until nothing
that was sent can arrive any more and the platform shows what it booked: an award's lease lasts that
long, and only then can another worker, or this one, claim it again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.awards.ledger import TAKEN_BACK, UNREADABLE, marker_of
from loyalty_desk.awards.policy import from_parts
from loyalty_desk.awards.putting_off import FIRST_WAIT, SENDING, PutOff, put_off
from loyalty_desk.awards.queue import add_event, waiting_state
from loyalty_desk.awards.recipients import ANOTHER, find_refusal, is_another
from loyalty_desk.awards.subject import AMBIGUOUS, find_sharers
from loyalty_desk.awards.worker import Counts, Worker
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import ApiError, ApiUnavailableError, BadConnectionError, CursorError
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.platforms.base import AwardOrder, LedgerEntry, SharedAddressError
from loyalty_desk.records import AwardState, Member, Unit
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

UNSURE: Final = frozenset({408, 409, 423, 425, 499})
"""Refusals that a gateway may give after it passed the request on: timeouts and conflicts."""
OUTAGE: Final = (ApiUnavailableError, CursorError, BadConnectionError)
"""How asking the platform fails when it may be the award's fault, or the platform's for all."""
MOST_FAILED: Final = 3
"""So many members in a row whom the platform fails are an outage, which ends a run."""
MOST_SENDS: Final = 2
BATCH: Final = 50


def apply_due(worker: Worker) -> Counts:
    """Apply what can be taken now, and return when nothing is left to take.

    An award that cannot be tried now is put off, and the others go on.

    Raises:
        ApiUnavailableError, CursorError, BadConnectionError: the platform cannot be used now: it
            failed several members in a row, or every award there was.
    """
    counts: Counts = Counter()
    tried, failed = set[str](), set[str]()
    has_worked, failure = False, None
    while due := [award_id for award_id in _find_due(worker) if award_id not in tried]:
        for award_id in due:
            tried.add(award_id)
            award = _claim(worker, award_id)
            if award is None:
                continue
            try:
                _apply(worker, award, counts)
            except OUTAGE as error:
                failure = error
                failed.add(award.member_id or award.email)
                if len(failed) >= MOST_FAILED:
                    raise
            else:
                has_worked = True
                failed.clear()
    if failure is not None and not has_worked:
        raise failure
    return counts


def _find_due(worker: Worker) -> list[str]:
    with reading(worker.engine) as connection:
        now = utc_now()
        binds = {
            "store": worker.store.name,
            "now_utc": utc_text(now),
            "soon_utc": utc_text(now + FIRST_WAIT / worker.speed),
            "most": BATCH,
        }
        return list(connection.execute(statement("awards/apply/select_due"), binds).scalars())


def _claim(worker: Worker, award_id: str) -> Row[Any] | None:
    now = utc_now()
    with worker.engine.begin() as connection:
        award = connection.execute(
            statement("awards/apply/claim_award"),
            {
                "store": worker.store.name,
                "award_id": award_id,
                "claimed_by": worker.name,
                "now_utc": utc_text(now),
                "lease_until_utc": utc_text(now + worker.lease()),
            },
        ).first()
        if award is not None:
            _note(connection, worker, award_id, AwardState.APPLYING, now)
    return award


def _apply(worker: Worker, award: Row[Any], counts: Counts) -> None:
    try:
        if award.sends and _is_settled_by_ledger(worker, award, counts):
            return
        member = worker.platform.find_member(award.member_id or award.email)
    except OUTAGE:
        _put_off(worker, award, counts, "the platform cannot be asked")
        raise
    except SharedAddressError as error:
        _finish_shared(worker, award, counts, error.member_ids)
        return
    except (ApiError, BadFieldError):
        _finish(worker, award, counts, AwardState.REFUSED, "the member cannot be read")
        return
    refusal = find_refusal(member, worker.settings)
    if member is None and award.sends:
        # Merged or deleted since it was sent: what was booked may be in another member's ledger.
        _finish(worker, award, counts, AwardState.UNKNOWN, "the member is gone since it was sent")
    elif member is not None and award.sends and is_another(award, member):
        # Merged: what was booked is in the ledger of the one that was sent to, and not in this one.
        _finish(worker, award, counts, AwardState.UNKNOWN, ANOTHER)
    elif member is None or refusal is not None:
        _finish(worker, award, counts, AwardState.REFUSED, refusal)
    elif sharers := _find_sharers(worker, award, member):
        _finish_shared(worker, award, counts, sharers)
    else:
        _send(worker, award, member, counts)


def _find_sharers(worker: Worker, award: Row[Any], member: Member) -> list[str]:
    """All who share the award's address: Rivo and TRIFFT answer with one, so staging tells."""
    if award.member_id is not None:
        return []
    with reading(worker.engine) as connection:
        return find_sharers(connection, worker.store, award.email, member.member_id)


def _finish_shared(worker: Worker, award: Row[Any], counts: Counts, member_ids: list[str]) -> None:
    """Whoever of them it was sent for before, if it was, nobody can tell."""
    state = AwardState.UNKNOWN if award.sends else AwardState.REFUSED
    _finish(worker, award, counts, state, AMBIGUOUS, facts={"member_ids": member_ids})


def _is_settled_by_ledger(worker: Worker, award: Row[Any], counts: Counts) -> bool:
    """Settle an award that was sent before; False when it is surely not booked and may be sent."""
    if not worker.ledger.is_there:
        _finish(worker, award, counts, AwardState.UNKNOWN, "the platform shows no ledger")
        return True
    try:
        member_id = award.member_id or _find_member_id(worker, award)
        entry = None if member_id is None else worker.ledger.find(award, member_id)
    except (*UNREADABLE, BadFieldError):
        _put_off(worker, award, counts, "the ledger cannot be read")
        return True
    if entry is not None:
        _finish_found(worker, award, counts, entry, member_id)
        return True
    if award.sends >= MOST_SENDS or not worker.ledger.shows_bookings():
        _finish(worker, award, counts, AwardState.UNKNOWN, "not in the ledger, and not sent again")
        return True
    return False


def _find_member_id(worker: Worker, award: Row[Any]) -> str | None:
    """Whom an award by e-mail is for, when it is not known that it was sent (after a restore)."""
    member = worker.platform.find_member(award.email)
    return None if member is None else member.member_id


def _finish_found(
    worker: Worker, award: Row[Any], counts: Counts, entry: LedgerEntry, member_id: str | None
) -> None:
    """Not applied when it was taken back: its reversal would take it a second time."""
    detail = "found in the ledger" + (", credited later" if entry.is_pending else "")
    _finish(
        worker,
        award,
        counts,
        AwardState.UNKNOWN if entry.is_revoked else AwardState.APPLIED,
        TAKEN_BACK if entry.is_revoked else detail,
        entry_id=entry.entry_id,
        member_id=member_id,
    )


def _send(worker: Worker, award: Row[Any], member: Member, counts: Counts) -> None:
    """Send once. An answer that was lost is looked for at once, and again when the lease ends."""
    unit, deadline = Unit(award.unit), worker.deadline()
    note = (award.note, f"({award.reason})")
    order = AwardOrder(
        member_id=member.member_id,
        external_id=member.external_id,
        unit=unit,
        amount=from_parts(award.amount, unit),
        marker=marker_of(award.award_id),
        note=" ".join(part for part in note if part),
        message=award.message,
    )
    if not _mark_sent(worker, award, member):
        log.info("award %s was taken over by another worker", award.award_id)
        return
    if deadline.left_s() <= 0:
        _leave(worker, award, "this worker stood still")  # too late to be sure that nobody else is
        return
    try:
        with worker.platform.until(deadline):
            entry_id = worker.platform.award(order)
    except ApiUnavailableError as error:
        if not error.may_have_arrived:
            _put_off(worker, award, counts, "the platform did not take it")
            raise
        _look_after_loss(worker, award, member, counts, may_send_again=True)
    except BadConnectionError:
        _put_off(worker, award, counts, "the platform refused our key")
        raise
    except ApiError as error:
        if error.status in UNSURE:
            _look_after_loss(worker, award, member, counts, may_send_again=True)
            return
        if award.sends and worker.platform.capabilities.knows_markers:
            # It may be refused because the first one was booked after all.
            _look_after_loss(worker, award, member, counts, may_send_again=False)
            return
        detail = f"the platform answered {error.status}"
        _finish(worker, award, counts, AwardState.REFUSED, detail)
    else:
        if entry_id is None:
            _look_after_loss(worker, award, member, counts, may_send_again=False)
        else:
            _finish(worker, award, counts, AwardState.APPLIED, None, entry_id=entry_id)
            worker.ledger.learn_from(award, member.member_id)


def _look_after_loss(
    worker: Worker, award: Row[Any], member: Member, counts: Counts, *, may_send_again: bool
) -> None:
    """Look for a booking whose answer was lost, or said yes without saying what was booked.

    One that is not there yet keeps its lease, and is looked for again when that ends.
    """
    entry = None
    if worker.ledger.is_there:
        with suppress(*UNREADABLE):
            entry = worker.ledger.find(award, member.member_id)
    if entry is not None:
        _finish_found(worker, award, counts, entry, member.member_id)
    elif not may_send_again:
        _keep_from_sending(worker, award)
    else:
        log.info("award %s: no answer; looked for when its lease ends", award.award_id)


def _mark_sent(worker: Worker, award: Row[Any], member: Member) -> bool:
    """Commit that the platform is about to be asked; False when the claim was lost."""
    now = utc_now()
    balance = member.card.get(f"{award.unit}_balance")
    facts = {"balance_before": balance, "member_id": member.member_id}
    binds = {
        **_key(worker, award),
        "member_id": member.member_id,
        "now_utc": utc_text(now),
        "lease_until_utc": utc_text(now + worker.lease()),
    }
    with worker.engine.begin() as connection:
        is_mine = connection.execute(statement("awards/apply/mark_sent"), binds).rowcount == 1
        if is_mine:
            state = AwardState.APPLYING
            if is_another(award, member):
                asked_for = {"asked_for": award.member_id or "an e-mail address"}
                _note(
                    connection, worker, award.award_id, state, now, detail=ANOTHER, facts=asked_for
                )
            _note(connection, worker, award.award_id, state, now, detail=SENDING, facts=facts)
    return is_mine


def _put_off(worker: Worker, award: Row[Any], counts: Counts, detail: str) -> None:
    """Try an award again later, each time after a longer wait; give it up in the end.

    One that was never sent is refused then, and one that may have been booked is for a person.
    """
    now = utc_now()
    with reading(worker.engine) as connection:
        found = put_off(connection, worker.store.name, award, now)
    give_up = timedelta(hours=worker.settings.give_up_hours) / worker.speed
    if now < found.since + give_up:
        _leave(worker, award, detail, found)
    elif award.sends:
        _finish(worker, award, counts, AwardState.UNKNOWN, detail)
    else:
        _finish(worker, award, counts, AwardState.REFUSED, f"given up: {detail}")


def _leave(worker: Worker, award: Row[Any], detail: str, found: PutOff | None = None) -> None:
    """Leave an award for later as it was before it was claimed.

    One that was never sent goes back to where it waited; one that may have been booked stays
    claimed, and is then looked for again.
    """
    state = AwardState.APPLYING if award.sends else waiting_state(award)
    wait = (found.wait() if found else FIRST_WAIT) / worker.speed
    facts = found.facts() if found else None
    _put_back(worker, award, state, detail, award.sends, wait, facts)


def _keep_from_sending(worker: Worker, award: Row[Any]) -> None:
    """The platform said yes, so the award is never sent again, wherever its booking is."""
    detail = "the platform's answer does not show it"
    _put_back(worker, award, AwardState.APPLYING, detail, MOST_SENDS, worker.lease())


def _put_back(
    worker: Worker,
    award: Row[Any],
    state: AwardState,
    detail: str,
    sends: int,
    wait: timedelta,
    facts: Mapping[str, Any] | None = None,
) -> None:
    now = utc_now()
    binds = {
        **_key(worker, award),
        "state": state.value,
        "detail": detail,
        "sends": sends,
        "sent_at_utc": award.sent_at_utc or (utc_text(now) if sends else None),
        "lease_until_utc": utc_text(now + wait),
    }
    with worker.engine.begin() as connection:
        if connection.execute(statement("awards/apply/leave_award"), binds).rowcount:
            _note(connection, worker, award.award_id, state, now, detail=detail, facts=facts)


def _finish(
    worker: Worker,
    award: Row[Any],
    counts: Counts,
    state: AwardState,
    detail: str | None,
    *,
    entry_id: str | None = None,
    member_id: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    now = utc_now()
    binds = {
        **_key(worker, award),
        "state": state.value,
        "detail": detail,
        "entry_id": entry_id,
        "member_id": member_id,
        "now_utc": utc_text(now),
    }
    with worker.engine.begin() as connection:
        if not connection.execute(statement("awards/apply/finish_award"), binds).rowcount:
            log.info("award %s was taken over by another worker", award.award_id)
            return
        facts = {"entry_id": entry_id} if entry_id else facts
        _note(connection, worker, award.award_id, state, now, detail=detail, facts=facts)
    counts[state] += 1
    log.info("award %s: %s%s", award.award_id, state.value, f", {detail}" if detail else "")
    if state == AwardState.APPLIED:
        worker.on_applied(award.award_id)


def _note(
    connection: Connection,
    worker: Worker,
    award_id: str,
    state: AwardState,
    now: datetime,
    *,
    detail: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    add_event(
        connection,
        worker.store.name,
        award_id,
        state,
        now,
        actor=worker.name,
        detail=detail,
        facts=facts,
    )


def _key(worker: Worker, award: Row[Any]) -> dict[str, str]:
    return {
        "store": worker.store.name,
        "award_id": award.award_id,
        "claimed_by": worker.name,
    }
