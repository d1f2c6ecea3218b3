"""What becomes of each person behind an incident's tickets: pure rules, without I/O or clock.

Whoever is not compensated is in exactly one class, so that the counts add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from loyalty_desk.awards.policy import find_breaches, may_be_awarded
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.awards.today import AwardedToday
from loyalty_desk.records import AwardState, MemberStatus, Outcome
from loyalty_desk.settings.award_settings import AwardSettings


class Fate(StrEnum):
    """Whether somebody is compensated, and else why not."""

    AWARD = "award"
    ALREADY = "already"
    """Compensated for this incident before, or it is under way."""
    SAME_MEMBER = "same_member"
    """The member is compensated by another of their customers."""
    OVER_LIMIT = "over_limit"
    EXCLUDED = "excluded"
    NOT_A_MEMBER = "not_a_member"
    UNCLEAR = "unclear"
    """Which member it is, if any, nobody can tell."""
    GONE = "gone"
    NOT_READ = "not_read"
    """No sync has read the customer yet, or matched them since they changed."""


WORDS: Final[Mapping[Fate, tuple[str, str]]] = {
    Fate.AWARD: ("To be compensated", "Members, once each."),
    Fate.ALREADY: ("Compensated before", "For this incident, or it is under way."),
    Fate.SAME_MEMBER: ("The same member", "Another customer of theirs is in the list."),
    Fate.OVER_LIMIT: ("Over a limit", "What one member may be awarded a day."),
    Fate.EXCLUDED: ("Excluded", "The programme or this store lets them have nothing by hand."),
    Fate.NOT_A_MEMBER: ("Not a member", "Nobody in the programme has their address."),
    Fate.UNCLEAR: ("Unclear", "Settle the mismatch, then ask again."),
    Fate.GONE: ("Gone", "Merged or deleted in Gorgias, or no member any more."),
    Fate.NOT_READ: (
        "Not read yet",
        "No sync has read them, or since they changed: sync, then ask.",
    ),
}
"""How people call each, and what it means or what to do."""

_OF_OUTCOME: Final[Mapping[str, Fate]] = {
    Outcome.CUSTOMER_NOT_FOUND: Fate.NOT_A_MEMBER,
    Outcome.NOT_A_MEMBER: Fate.NOT_A_MEMBER,
    Outcome.AMBIGUOUS: Fate.UNCLEAR,
    Outcome.NO_EMAIL: Fate.UNCLEAR,
    Outcome.INVALID_EMAIL: Fate.UNCLEAR,
    Outcome.MERGED_OR_DELETED: Fate.GONE,
    Outcome.EXCLUDED: Fate.EXCLUDED,
    Outcome.ERASED: Fate.EXCLUDED,
}
_WHY: Final[Mapping[str, str]] = {
    Outcome.AMBIGUOUS: "several members have the address",
    Outcome.NO_EMAIL: "has no e-mail address",
    Outcome.INVALID_EMAIL: "the e-mail address is not a valid one",
    Outcome.MERGED_OR_DELETED: "merged or deleted in Gorgias",
    Outcome.EXCLUDED: "excluded from the programme",
    Outcome.ERASED: "erased on the platform",
}
ANOTHER: Final = "as another member, who was merged or matched then"
_STANDS: Final = {
    AwardState.APPLIED: "is booked",
    AwardState.NEEDS_APPROVAL: "waits for approval",
    AwardState.UNKNOWN: "may be booked; a person has to look",
}
_OF_STATUS: Final[Mapping[str, str]] = {
    MemberStatus.GUEST: "a guest, and this store awards none",
    MemberStatus.EXCLUDED: "excluded from the programme",
    MemberStatus.ERASED: "erased on the platform",
}
_NEVER_BOOKED: Final = frozenset({AwardState.REFUSED, AwardState.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A customer behind some of the tickets, as staging knows them.

    `outcome` is None for who is matched, or was never read (`is_read`). Of a member the `status`,
    whether they `left`, and whether the match `holds` by what was read and decided since.
    """

    customer_id: int
    ticket_id: int
    tickets: int
    is_read: bool = True
    outcome: str | None = None
    email: str | None = None
    email_key: str | None = None
    member_id: str | None = None
    status: str | None = None
    left: bool = False
    holds: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A person and what becomes of them; `why` is for staff and names nobody."""

    person: Person
    fate: Fate
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An award of this incident, as it stands.

    It was for `member_id`, None once it is anonymous; the customer behind it is `is_now` by now,
    None where nobody is matched. `is_here`: whether whom it was for still is a member.
    """

    state: AwardState
    parts: int
    is_taken_back: bool
    member_id: str | None
    is_now: str | None = None
    is_here: bool = True

    @property
    def stands(self) -> bool:
        """Whether it is booked, or may yet be."""
        return self.state not in _NEVER_BOOKED and not self.is_taken_back

    @property
    def counts_for(self) -> set[str]:
        """Who had it.

        So did whom the customer is by now: a platform may have merged the one into the other. What
        was taken back from somebody who still is a member was never the other one's.
        """
        had = {self.member_id}
        if self.stands or not self.is_here:
            had.add(self.is_now)
        return {one for one in had if one}

    def as_text(self, member_id: str) -> str:
        """How it stands, for a member for whom it counts."""
        stands = _STANDS.get(self.state, "under way")
        how = "taken back before" if self.is_taken_back else stands
        return how if member_id == self.member_id else f"{how}, {ANOTHER}"


def judge(
    people: Iterable[Person],
    gift: AwardRequest,
    given: Iterable[Given],
    today: AwardedToday,
    settings: AwardSettings,
) -> list[Judged]:
    """Say what becomes of each, in their order; of a member's customers the first is compensated.

    `given` has the awards of this incident, the oldest first. One that was refused or rejected was
    never booked and may be asked for anew; one that a person took back is not, as somebody decided
    so.
    """
    had: dict[str, Given] = {}
    for one in given:
        if one.state not in _NEVER_BOOKED:
            had |= dict.fromkeys(one.counts_for, one)
    taken: set[str] = set()
    return [_judge(person, gift, had, today, settings, taken) for person in people]


def _judge(
    person: Person,
    gift: AwardRequest,
    had: Mapping[str, Given],
    today: AwardedToday,
    settings: AwardSettings,
    taken: set[str],
) -> Judged:
    fate, why = _standing(person, settings)
    member_id = person.member_id
    if fate is not Fate.AWARD or member_id is None:
        return Judged(person=person, fate=fate, why=why)
    if member_id in had:
        return Judged(person=person, fate=Fate.ALREADY, why=had[member_id].as_text(member_id))
    if member_id in taken:
        return Judged(person=person, fate=Fate.SAME_MEMBER)
    spent = today.of(member_id, gift.unit, agent=gift.agent)
    if breaches := of_member(find_breaches(gift, spent, settings, of_agent=False), gift):
        return Judged(person=person, fate=Fate.OVER_LIMIT, why="; ".join(breaches.values()))
    taken.add(member_id)
    return Judged(person=person, fate=Fate.AWARD)


def _standing(person: Person, settings: AwardSettings) -> tuple[Fate, str | None]:
    """What becomes of somebody by who they are alone."""
    if person.outcome is not None:
        return _OF_OUTCOME.get(person.outcome, Fate.UNCLEAR), _WHY.get(person.outcome)
    if not person.is_read or person.member_id is None:
        return Fate.NOT_READ, None  # by a match, if by a sync
    if person.left or person.status is None:
        return Fate.GONE, "no member any more"
    if not person.holds:
        return Fate.NOT_READ, "the link or an address changed since the last sync"
    if not may_be_awarded(person.status, settings):
        return Fate.EXCLUDED, _OF_STATUS.get(person.status)
    return Fate.AWARD, None


def of_member(breaches: Mapping[str, str], gift: AwardRequest) -> dict[str, str]:
    """Those of the breaches that are of one member; the others would stop everybody."""
    setting = f"max_{gift.unit}_per_member_per_day"
    return {name: why for name, why in breaches.items() if name == setting}
