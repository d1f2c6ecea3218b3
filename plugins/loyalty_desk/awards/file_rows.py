"""What becomes of each row of a file of awards, as far as staging tells. Pure.

Each row is in exactly one class, so that the counts add up. A sync may be behind the programme: so
only what would be refused here stops a file, and of the rest it is said what the programme will do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from loyalty_desk.awards.policy import may_be_awarded
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.settings.award_settings import AwardSettings


class RowFate(StrEnum):
    """What becomes of a row."""

    AWARD = "award"
    ALREADY = "already"
    """Queued before, by its key or its content."""
    EXCLUDED = "excluded"
    GONE = "gone"
    NOT_A_MEMBER = "not_a_member"
    OVER_LIMIT = "over_limit"
    UNCLEAR = "unclear"
    WRONG = "wrong"
    """The row cannot be read, or its fields do not fit."""


STOPPING: Final = frozenset({RowFate.OVER_LIMIT, RowFate.UNCLEAR, RowFate.WRONG})
"""What keeps the whole file from being queued."""
WORDS: Final[Mapping[RowFate, tuple[str, str]]] = {
    RowFate.AWARD: ("To be awarded", "To members, as the last sync read them."),
    RowFate.ALREADY: ("Queued before", "By the same row or key. It is not queued again."),
    RowFate.EXCLUDED: (
        "Excluded",
        "The programme or this store lets them have nothing by hand: refused when it is booked.",
    ),
    RowFate.GONE: ("Gone", "No member any more: refused when it is booked, unless they are back."),
    RowFate.NOT_A_MEMBER: (
        "Not known here",
        "No sync has read them: refused when it is booked, unless the programme knows them.",
    ),
    RowFate.OVER_LIMIT: ("Over a limit", "It stops the file: take the row out, or less."),
    RowFate.UNCLEAR: ("Unclear", "Several members have the address: give the member's id."),
    RowFate.WRONG: ("Not in order", "It stops the file: mend the row."),
}
"""How people call each, and what it means or what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A member whom a row may be for, as the last sync read them. `points`: None is not told."""

    member_id: str
    email_key: str | None
    status: str
    has_left: bool
    points: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that stops the file, and why: it is for staff."""

    fate: RowFate
    why: str


class Recipients:
    """The members whom a file is for, by id and by address."""

    def __init__(self, found: Sequence[Recipient]) -> None:
        self._by_id = {one.member_id: one for one in found}
        self._by_address: dict[str, list[Recipient]] = {}
        for one in self._by_id.values():
            if one.email_key is not None:
                self._by_address.setdefault(one.email_key, []).append(one)

    def judge(
        self, request: AwardRequest, settings: AwardSettings
    ) -> tuple[RowFate, Recipient | None]:
        """What a new row comes to by whom it is for, and who that is where it is one member."""
        holders = self._holders(request)
        here = [one for one in holders if not one.has_left]
        allowed = [one for one in here if may_be_awarded(one.status, settings)]
        if allowed:
            return RowFate.AWARD, allowed[0] if len(allowed) == 1 else None
        if here:
            return RowFate.EXCLUDED, here[0] if len(here) == 1 else None
        return (RowFate.GONE if holders else RowFate.NOT_A_MEMBER), None

    def _holders(self, request: AwardRequest) -> Sequence[Recipient]:
        if request.member_id is not None:
            found = self._by_id.get(request.member_id)
            return [found] if found else []
        return self._by_address.get(request.email or "", [])
