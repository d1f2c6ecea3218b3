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
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row

from loyalty_desk.awards.ledger import TAKEN_BACK, UNREADABLE, marker_of
from loyalty_desk.awards.policy import from_parts
from loyalty_desk.awards.putting_off import FIRST_WAIT, PutOff, put_off
from loyalty_desk.awards.queue import waiting_state
from loyalty_desk.awards.recipients import ANOTHER, find_refusal, is_another, is_sent_again
from loyalty_desk.awards.subject import AMBIGUOUS, find_sharers
from loyalty_desk.awards.transitions import (
    claim,
    find_due,
    finish,
    mark_sent,
    note_looked,
    put_back,
)
from loyalty_desk.awards.worker import Counts, Worker
from loyalty_desk.errors import ApiError, ApiUnavailableError, BadConnectionError, CursorError
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.platforms.base import (
    AwardOrder,
    LedgerEntry,
    NotTheirLedgerError,
    SharedAddressError,
)
from loyalty_desk.platforms.same_account import AnotherAccountError, find_ours
from loyalty_desk.records import AwardState, Member, Unit
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.staging_clock import staging_now

log = logging.getLogger(__name__)

REFUSALS: Final = frozenset({400, 404, 405, 410, 411, 413, 414, 415, 422, 431})
"""What says that nothing was booked, and never will be: what platforms document, and what by its
meaning is answered before anything is done. Any other answer, as a gateway's timeout or a redirect,
may come after the booking."""
OUTAGE: Final = (ApiUnavailableError, CursorError, BadConnectionError)
"""How asking the platform fails when it may be the award's fault, or the platform's for all."""
MOST_FAILED: Final = 3
"""So many members in a row whom the platform fails are an outage, which ends a run."""
MOST_SENDS: Final = 2
GONE: Final = "the member is gone since it was sent"
NOT_THEIRS: Final = "the platform shows no ledger of whom it was sent for"


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
    while due := [award_id for award_id in find_due(worker) if award_id not in tried]:
        for award_id in due:
            tried.add(award_id)
            award = claim(worker, award_id)
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


def _apply(worker: Worker, award: Row[Any], counts: Counts) -> None:
    try:
        if award.sends and _is_settled_by_ledger(worker, award, counts):
            return
        member = find_ours(
            worker.engine, worker.store.name, worker.platform, award.member_id or award.email
        )
        if is_sent_again(award) and _is_found_after_all(worker, award, member, counts):
            return
    except AnotherAccountError as error:
        log.warning("award %s waits: %s", award.award_id, error)
        _put_off(worker, award, counts, "the connection is of another account")
        raise
    except OUTAGE:
        _put_off(worker, award, counts, "the platform cannot be asked")
        raise
    except SharedAddressError as error:
        _finish_shared(worker, award, counts, error.member_ids)
        return
    except (ApiError, BadFieldError):
        state = AwardState.UNKNOWN if is_sent_again(award) else AwardState.REFUSED
        finish(worker, award, counts, state, "the member cannot be read")
        return
    refusal = find_refusal(member, worker.settings)
    if member is None and award.sent_at_utc:
        # Merged or deleted since it was sent: what was booked may be in another member's ledger.
        finish(worker, award, counts, AwardState.UNKNOWN, GONE)
    elif member is not None and is_another(award, member) and not is_sent_again(award):
        # Merged, or mixed up: nobody but a person can tell. What was sent may be booked in the
        # ledger of the one that it was sent to, which is not this one's.
        state = AwardState.UNKNOWN if award.sends else AwardState.REFUSED
        finish(worker, award, counts, state, ANOTHER)
    elif member is None or refusal is not None:
        finish(worker, award, counts, AwardState.REFUSED, refusal)
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
    state = AwardState.UNKNOWN if award.sent_at_utc else AwardState.REFUSED
    finish(worker, award, counts, state, AMBIGUOUS, facts={"member_ids": member_ids})


def _is_settled_by_ledger(worker: Worker, award: Row[Any], counts: Counts) -> bool:
    """Settle an award that was sent before; False when it is surely not booked and may be sent."""
    if not worker.ledger.is_there:
        finish(worker, award, counts, AwardState.UNKNOWN, "the platform shows no ledger")
        return True
    try:
        # By e-mail alone when it is not known that it was sent, after a restore.
        member = None if award.member_id else worker.platform.find_member(award.email)
        member_id = member.member_id if member else award.member_id
        entry = None if member_id is None else worker.ledger.find(award, member_id)
    except NotTheirLedgerError:
        finish(worker, award, counts, AwardState.UNKNOWN, NOT_THEIRS)
        return True
    except SharedAddressError:
        raise
    except (*UNREADABLE, BadFieldError):
        _put_off(worker, award, counts, "the ledger cannot be read")
        return True
    if entry is not None:
        _finish_found(worker, award, counts, entry, member_id)
        return True
    if member_id is None or (member is not None and is_another(award, member)):
        # No ledger of theirs was looked into, whomever the platform names at the next question.
        doubt = ANOTHER if member else GONE
    elif award.sends >= MOST_SENDS or not worker.ledger.shows_bookings():
        doubt = "not in the ledger, and not sent again"
    else:
        return False
    finish(worker, award, counts, AwardState.UNKNOWN, doubt)
    return True


def _is_found_after_all(
    worker: Worker, award: Row[Any], member: Member | None, counts: Counts
) -> bool:
    """Look for the marker before sending on a person's word, and say in the audit what was found.

    It is looked for in the ledger of whoever it was sent for, and of whom the platform names now.
    """
    if not worker.ledger.is_there:
        note_looked(worker, award, "sent again on a person's word: the platform shows no ledger")
        return False
    named = member.member_id if member else None
    found: list[tuple[str, LedgerEntry | None]] = []
    try:
        for one in sorted({award.member_id, named} - {None}):
            # Who was merged away has no ledger any more; in its place the survivor's may come.
            with suppress(*(() if one == named else (NotTheirLedgerError,))):
                found.append((one, worker.ledger.find(award, one)))
    except (*UNREADABLE, BadFieldError):
        _put_off(worker, award, counts, "the ledger cannot be read")
        return True
    for member_id, entry in found:
        if entry is not None and not entry.is_revoked:
            _finish_found(worker, award, counts, entry, member_id)
            return True
    revoked = any(entry is not None for _, entry in found)
    note_looked(worker, award, TAKEN_BACK if revoked else "looked first: not in the ledger")
    return False


def _finish_found(
    worker: Worker, award: Row[Any], counts: Counts, entry: LedgerEntry, member_id: str | None
) -> None:
    """Not applied when it was taken back: its reversal would take it a second time."""
    detail = "found in the ledger" + (", credited later" if entry.is_pending else "")
    finish(
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
    if not mark_sent(worker, award, member):
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
        is_refusal = error.status in REFUSALS
        # Whoever knows markers may refuse what was booked after all when it was sent before.
        if is_refusal and not (award.sent_at_utc and worker.platform.capabilities.knows_markers):
            detail = f"the platform answered {error.status}"
            finish(worker, award, counts, AwardState.REFUSED, detail)
            return
        log.info("award %s: the platform answered %d", award.award_id, error.status)
        _look_after_loss(worker, award, member, counts, may_send_again=not is_refusal)
    else:
        if entry_id is None:
            _look_after_loss(worker, award, member, counts, may_send_again=False)
        else:
            finish(worker, award, counts, AwardState.APPLIED, None, entry_id=entry_id)
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


def _put_off(worker: Worker, award: Row[Any], counts: Counts, detail: str) -> None:
    """Try an award again later, each time after a longer wait; give it up in the end.

    One that was never sent is refused then, and one that may have been booked is for a person.
    """
    with reading(worker.engine) as connection:
        now = staging_now(connection)
        found = put_off(connection, worker.store.name, award, now)
    give_up = timedelta(hours=worker.settings.give_up_hours) / worker.speed
    if now < found.since + give_up:
        _leave(worker, award, detail, found)
    elif award.sent_at_utc:
        finish(worker, award, counts, AwardState.UNKNOWN, detail)
    else:
        finish(worker, award, counts, AwardState.REFUSED, f"given up: {detail}")


def _leave(worker: Worker, award: Row[Any], detail: str, found: PutOff | None = None) -> None:
    """Leave an award for later as it was before it was claimed.

    One that was never sent goes back to where it waited; one that may have been booked stays
    claimed, and is then looked for again.
    """
    state = AwardState.APPLYING if award.sends else waiting_state(award)
    wait = (found.wait() if found else FIRST_WAIT) / worker.speed
    facts = found.facts() if found else None
    put_back(worker, award, state, detail, award.sends, wait, facts)


def _keep_from_sending(worker: Worker, award: Row[Any]) -> None:
    """The platform said yes, so the award is never sent again, wherever its booking is."""
    detail = "the platform's answer does not show it"
    put_back(worker, award, AwardState.APPLYING, detail, MOST_SENDS, worker.lease())
