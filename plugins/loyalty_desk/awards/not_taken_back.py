"""Why an award of a batch is not taken back, and what to do about it.

Told from how it stands in staging: the same on the page, in the file and by the command, whenever
somebody looks.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.awards.reversal import why_never_reversed
from loyalty_desk.records import AwardState
from loyalty_desk.staging.platform_of import PlatformOf, find_platform_of
from loyalty_desk.staging.statements import statement

WITHDRAWN: Final = "taken back with its batch"
"""Why an award was rejected that waited when its batch was taken back."""
WAITING: Final = frozenset({AwardState.QUEUED, AwardState.NEEDS_APPROVAL, AwardState.APPROVED})
_OVER: Final = frozenset({AwardState.REFUSED, AwardState.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How taking back an award stands.

    `why_not` is why it is not taken back, and what to do; None where nothing is to be taken back or
    it is under way. `can_be` is whether taking back its batch can do something about it, at once or
    in a moment.
    """

    why_not: str | None = None
    can_be: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingBack:
    """How taking back a batch stands.

    `reversals` are the newest reversals of its awards that were asked for with it, by the award.
    """

    was_asked_for: bool
    platform: PlatformOf | None
    reversals: Mapping[str, Row[Any]]


def reversals_of(batch_id: str) -> str:
    """The id of the batch of reversals of a batch: the same whenever it is asked for."""
    return uuid.uuid5(uuid.NAMESPACE_OID, batch_id).hex


def load_taking_back(
    connection: Connection, store: str, batch_id: str, awards: Iterable[Row[Any]]
) -> TakingBack:
    """How it stands with `awards`, which are those of the batch."""
    binds = {"store": store, "batch_id": reversals_of(batch_id)}
    found = connection.execute(statement("awards/reading/select_reversals"), binds).all()
    return TakingBack(
        was_asked_for=bool(found) or any(_was_withdrawn(award) for award in awards),
        platform=find_platform_of(connection, store),
        reversals={one.reverses: one for one in found},
    )


def _was_withdrawn(award: Row[Any]) -> bool:
    return bool(award.state == AwardState.REJECTED and award.detail == WITHDRAWN)


def find_standing(award: Row[Any], batch: TakingBack) -> Standing:
    """How an award of the batch stands, a row of `select_batch_results`.

    What never can be taken back is told before anybody asks, all else once it was asked for.
    """
    if award.state in _OVER or award.reverses is not None:
        return Standing()
    if award.reversal_state is not None:
        is_doubted = award.reversal_state == AwardState.UNKNOWN
        return Standing(why_not=_REVERSAL_UNKNOWN if is_doubted else None)
    if award.state == AwardState.UNKNOWN:
        return Standing(why_not=_UNKNOWN)
    if award.state == AwardState.NEEDS_APPROVAL and _may_be_booked(award):
        return Standing(why_not=_DOUBTED)
    if (why_never := _why_never(award, batch)) is not None:
        return Standing(why_not=f"it {why_never}")
    why_not_yet = _why_not_yet(award, batch) if batch.was_asked_for else None
    return Standing(why_not=why_not_yet, can_be=True)


def _why_never(award: Row[Any], batch: TakingBack) -> str | None:
    if award.state != AwardState.APPLIED:
        return None
    return why_never_reversed(
        batch.platform,
        queued_at_utc=award.queued_at_utc,
        subject=award.subject,
        member_id=award.awarded_member_id,
        reverses=award.reverses,
    )


def _may_be_booked(award: Row[Any]) -> bool:
    """Whether one that waits was sent before: so it is since a restore, or since it was unknown."""
    return bool(award.sends or award.sent_at_utc)


def _why_not_yet(award: Row[Any], batch: TakingBack) -> str:
    if award.state in WAITING and _may_be_booked(award):
        return _LOOKED_FOR
    if award.state != AwardState.APPLIED:
        return _NOT_YET[award.state]
    reversal = batch.reversals.get(award.award_id)
    if reversal is None:
        return _BOOKED
    told = f" ({_in_words(reversal.detail)})" if reversal.detail else ""
    return f"what was to take it back was {reversal.state}{told}: take back once more"


def _in_words(detail: str) -> str:
    """A sentence as it is, and one of our codes in words."""
    return detail if " " in detail else detail.replace("_", " ")


_UNKNOWN: Final = "nobody can tell yet whether it is booked: settle it first"
_REVERSAL_UNKNOWN: Final = (
    "nobody can tell yet whether it is taken back: settle the award that takes it back"
)
_DOUBTED: Final = "it waits for approval and may be booked all the same: approve or reject it first"
_LOOKED_FOR: Final = (
    "it may be booked, and is looked for on the platform before it is sent: take back once more"
    " in a moment"
)
_BOOKED: Final = "it is booked, and nothing takes it back yet: take back once more"
_NOT_YET: Final[Mapping[str, str]] = {
    AwardState.APPLYING: "it is being booked right now: take back once more in a moment",
    AwardState.NEEDS_APPROVAL: "it waits for approval still, as it was being decided just then or"
    " taking back was cut short: take back once more",
    AwardState.QUEUED: "it waits to be booked: take back once more",
    AwardState.APPROVED: "it waits to be booked: take back once more",
}
