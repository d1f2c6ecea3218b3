"""Takes an applied award back, once, as a new award that is linked to the first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from loyalty_desk.awards.ceilings import Token
from loyalty_desk.awards.policy import from_parts
from loyalty_desk.awards.queue import Door, Queued, enter_gate, get_award, insert_award
from loyalty_desk.awards.requests import AwardFieldsError, AwardRequest, FieldReader
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.platform_of import PlatformOf, find_platform_of
from loyalty_desk.staging.statements import statement

REASON = "reversal"
"""The reason of every reversal; `why` is in its note."""
ERASED: Final = "erased"
"""Whom an anonymous award is for, as `privacy/blank_award.sql` leaves it."""


class ReversalError(LoyaltyDeskError):
    """The award cannot be reversed. The message says why; nothing was queued."""


def read_reversal(fields: Mapping[str, Any]) -> tuple[str, str]:
    """Read who reverses and why; raises AwardFieldsError."""
    reader = FieldReader(fields, ("agent", "note"))
    agent, why = reader.agent(), reader.note()
    if why is None:
        reader.problem("note", "is missing: say why")
    if reader.problems or agent is None or why is None:
        raise AwardFieldsError(reader.problems)
    return agent, why


def why_never_reversed(
    platform: PlatformOf | None,
    *,
    queued_at_utc: str,
    subject: str,
    member_id: str | None,
    reverses: str | None,
) -> str | None:
    """Why a booked award cannot be taken back, ever, and what to do: what follows its name.

    None when it can. `platform` is that of the store.
    """
    left = None if platform is None else platform.left_since(queued_at_utc)
    if platform is not None and left is not None:
        return (
            f"was booked on {left}, which the store has left: take it back there,"
            f" or award the opposite on {platform.name}"
        )
    if subject == ERASED:
        return "is anonymous by now; nobody knows whose it was"
    if member_id is None:
        return (
            "was settled by a person, and whose it was is not known; award the opposite to the"
            " member"
        )
    if reverses is not None:
        return "is a reversal itself; award anew instead"
    return None


def reverse_award(  # noqa: PLR0913 - who, why, and by which way
    connection: Connection,
    store: StoreSettings,
    award_id: str,
    now: datetime,
    *,
    agent: str,
    why: str,
    door: Door,
    token: Token | None = None,
    queued_by: str | None = None,
    batch_id: str | None = None,
) -> Queued:
    """Queue the opposite of an applied award, for the member who has it.

    The limits do not apply, as they let the first award through; approval does.

    Raises:
        NoAwardError: there is no such award.
        ReversalError: it is not applied, is nobody's, is a reversal itself, or was reversed before.
    """
    enter_gate(connection, store.name, now)
    award = get_award(connection, store.name, award_id)
    if award.state != AwardState.APPLIED:
        raise ReversalError(f"award {award_id} is {award.state}; only an applied one is reversed")
    why_not = why_never_reversed(
        find_platform_of(connection, store.name),
        queued_at_utc=award.queued_at_utc,
        subject=award.subject,
        member_id=award.member_id,
        reverses=award.reverses,
    )
    if why_not is not None:
        raise ReversalError(f"award {award_id} {why_not}")
    binds = {"store": store.name, "award_id": award_id}
    found = connection.execute(statement("awards/reading/select_reversal"), binds).first()
    if found is not None:
        raise ReversalError(f"award {award_id} was reversed before, by award {found.award_id}")
    unit = Unit(award.unit)
    request = AwardRequest(
        email=None,
        member_id=award.member_id,
        amount=-from_parts(award.amount, unit),
        unit=unit,
        reason=REASON,
        note=why,
        message=None,
        agent=agent,
        ticket_id=award.ticket_id,
        idempotency_key=None,
    )
    return insert_award(
        connection,
        store,
        request,
        now,
        door=door,
        subject=award.subject,
        reverses=award_id,
        token_id=token.token_id if token else None,
        queued_by=queued_by,
        batch_id=batch_id,
    )
