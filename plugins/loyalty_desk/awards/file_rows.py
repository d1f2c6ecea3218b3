"""What becomes of each row of a file of awards, as far as staging tells. Pure.

Each row is in exactly one class, so that the counts add up. A sync may be behind the programme: so
only what would be refused here stops a file, and of the rest it is said what the programme will do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from loyalty_desk.awards.policy import may_be_awarded
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.awards.subject import choose_holder
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
    """A member whom a row may be for, as the last sync read them."""

    member_id: str
    email_key: str | None
    status: str
    has_left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that stops the file, and why: it is for staff."""

    fate: RowFate
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """Whom a row is for, and what becomes of a new one by that.

    Limits count it for the `subject`; `recipient` is None unless it is one member who is here.
    """

    subject: str
    fate: RowFate
    recipient: Recipient | None


class Recipients:
    """The members whom a file is for, by id and by address.

    `learned` has the member whom an award by an address was booked for today: it holds where no
    member that was read has the address.
    """

    def __init__(self, found: Iterable[Recipient], learned: Mapping[str, str]) -> None:
        self._by_id = {one.member_id: one for one in found}
        self._learned = learned
        self._by_address: dict[str, list[Recipient]] = {}
        for one in self._by_id.values():
            if one.email_key is not None:
                self._by_address.setdefault(one.email_key, []).append(one)

    @property
    def member_ids(self) -> list[str]:
        return list(self._by_id)

    @property
    def addresses(self) -> Mapping[str, str]:
        """The e-mail key of each who has one, by id."""
        return {who: one.email_key for who, one in self._by_id.items() if one.email_key}

    def find(self, request: AwardRequest, settings: AwardSettings) -> Whom:
        """Whom a row is for: the subject is the one that `find_subject` finds.

        Raises:
            SharedAwardError: several members who may be awarded have the address.
        """
        if request.email is None:
            return self._of_member(str(request.member_id), settings)
        holders = self._by_address.get(request.email, [])
        here = {one.member_id: one.status for one in holders if not one.has_left}
        member_id = choose_holder(here, settings)
        if member_id is None and not here:
            member_id = self._learned.get(request.email)
        if member_id is not None:
            return self._of_member(member_id, settings)
        fate = RowFate.GONE if holders else RowFate.NOT_A_MEMBER
        fate = RowFate.EXCLUDED if here else fate
        return Whom(subject=request.email, fate=fate, recipient=None)

    def _of_member(self, member_id: str, settings: AwardSettings) -> Whom:
        found = self._by_id.get(member_id)
        if found is None or found.has_left:
            fate = RowFate.NOT_A_MEMBER if found is None else RowFate.GONE
            return Whom(subject=member_id, fate=fate, recipient=None)
        is_allowed = may_be_awarded(found.status, settings)
        fate = RowFate.AWARD if is_allowed else RowFate.EXCLUDED
        return Whom(subject=member_id, fate=fate, recipient=found)
