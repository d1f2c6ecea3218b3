"""How an award moves on while a worker has it: each step is one commit, with a row of the audit.

Every time in here is that of staging's clock: a lease that one worker writes is read by others.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.awards.clock_jumps import renew_after_jump
from loyalty_desk.awards.putting_off import FIRST_WAIT, SENDING
from loyalty_desk.awards.queue import add_event
from loyalty_desk.awards.recipients import ANOTHER, is_another
from loyalty_desk.awards.worker import Counts, Worker
from loyalty_desk.clock import utc_text
from loyalty_desk.records import AwardState, Member
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

BATCH: Final = 50


def find_due(worker: Worker) -> list[str]:
    """The ids of awards that can be taken now, the next one first."""
    with reading(worker.engine) as connection:
        now = staging_now(connection)
        binds = {
            "store": worker.store.name,
            "now_utc": utc_text(now),
            "soon_utc": utc_text(now + FIRST_WAIT / worker.speed),
            "most": BATCH,
        }
        return list(connection.execute(statement("awards/apply/select_due"), binds).scalars())


def claim(worker: Worker, award_id: str) -> Row[Any] | None:
    """Take an award for this worker; None when another one has it."""
    with worker.engine.begin() as connection:
        renew_after_jump(connection, worker.store.name, worker.lease())
        now = staging_now(connection)
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
            note(connection, worker, award_id, AwardState.APPLYING, now)
    return award


def mark_sent(worker: Worker, award: Row[Any], member: Member) -> bool:
    """Commit that the platform is about to be asked; False when the claim was lost."""
    balance = member.card.get(f"{award.unit}_balance")
    facts = {"balance_before": balance, "member_id": member.member_id}
    with worker.engine.begin() as connection:
        now = staging_now(connection)
        binds = {
            **_key(worker, award),
            "member_id": member.member_id,
            "now_utc": utc_text(now),
            "lease_until_utc": utc_text(now + worker.lease()),
        }
        is_mine = connection.execute(statement("awards/apply/mark_sent"), binds).rowcount == 1
        if is_mine:
            state = AwardState.APPLYING
            if is_another(award, member):
                asked_for = {"asked_for": award.member_id or "an e-mail address"}
                note(
                    connection, worker, award.award_id, state, now, detail=ANOTHER, facts=asked_for
                )
            note(connection, worker, award.award_id, state, now, detail=SENDING, facts=facts)
    return is_mine


def put_back(
    worker: Worker,
    award: Row[Any],
    state: AwardState,
    detail: str,
    sends: int,
    wait: timedelta,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Leave an award for later: nobody takes it before the wait is over."""
    with worker.engine.begin() as connection:
        now = staging_now(connection)
        binds = {
            **_key(worker, award),
            "state": state.value,
            "detail": detail,
            "sends": sends,
            "sent_at_utc": award.sent_at_utc or (utc_text(now) if sends else None),
            "lease_until_utc": utc_text(now + wait),
        }
        if connection.execute(statement("awards/apply/leave_award"), binds).rowcount:
            note(connection, worker, award.award_id, state, now, detail=detail, facts=facts)


def finish(
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
    """Bring an award to its end, unless another worker took it over."""
    with worker.engine.begin() as connection:
        now = staging_now(connection)
        binds = {
            **_key(worker, award),
            "state": state.value,
            "detail": detail,
            "entry_id": entry_id,
            "member_id": member_id,
            "now_utc": utc_text(now),
        }
        if not connection.execute(statement("awards/apply/finish_award"), binds).rowcount:
            log.info("award %s was taken over by another worker", award.award_id)
            return
        facts = {"entry_id": entry_id} if entry_id else facts
        note(connection, worker, award.award_id, state, now, detail=detail, facts=facts)
    counts[state] += 1
    log.info("award %s: %s%s", award.award_id, state.value, f", {detail}" if detail else "")


def note_looked(worker: Worker, award: Row[Any], detail: str) -> None:
    """Add to the audit what was found before an award is sent on a person's word.

    Unless another worker took the award over: the audit would end with a state that is none.
    """
    with worker.engine.begin() as connection:
        if not connection.execute(
            statement("awards/apply/hold_claim"), _key(worker, award)
        ).rowcount:
            return
        now = staging_now(connection)
        note(connection, worker, award.award_id, AwardState.APPLYING, now, detail=detail)


def note(
    connection: Connection,
    worker: Worker,
    award_id: str,
    state: AwardState,
    now: datetime,
    *,
    detail: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Add to the audit what this worker did."""
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
