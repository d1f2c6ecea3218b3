"""The brake: stops a run before its first write when its plan or an extract is beyond belief.

A wrong account looks like that: its key answers, and nobody whom we know is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from loyalty_desk.errors import BrakeError
from loyalty_desk.settings.sections import BrakeSettings

THOUSAND: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractSize:
    """How many rows a full extract held the last time and holds now. One per source.

    `is_of_any_size`: the share counts in a small store too, beyond a single row.
    """

    source: str
    previous: int
    current: int
    is_of_any_size: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FullRead:
    """How many rows were known before a full read, and how many it sent, new ones and all."""

    source: str
    known: int
    read: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Who took part in a match and is not gone, and how many customers share an address, or a
    link, with a member; `is_full` when it looked at everybody.
    """

    members: int
    customers: int
    met: int
    is_full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BrakeFacts:
    """What the brake judges. One per plan; counts are changes and cards, one per destination.

    `member_cards_before` is how many members' cards Gorgias had accepted before this run; `shrink`
    holds the sources that this run has read in full.
    """

    planned: int
    planned_update: int
    planned_clear: int
    member_cards_before: int
    shrink: tuple[ExtractSize, ...] = ()


HANDFUL: Final = 5
"""So few balances that changed a thousand-fold may be chance."""


@dataclass(slots=True, kw_only=True)
class Balances:
    """Of a file: how many balances are known from before, a thousand or more then or now, and how
    many of them changed a thousand-fold, as when a grouping sign is taken for a decimal one.
    """

    compared: int = 0
    thousandfold: int = 0

    def compare(self, before: Decimal, now: Decimal) -> None:
        smaller, larger = sorted((abs(before), abs(now)))
        if larger >= THOUSAND:
            self.compared += 1
            # Somebody may have bought something meanwhile.
            self.thousandfold += abs(larger - THOUSAND * smaller) <= larger / 20


def check_balances(limits: BrakeSettings, file: str, balances: Balances) -> None:
    """Raise BrakeError when most balances of a file changed a thousand-fold."""
    found, share = balances.thousandfold, limits.max_thousandfold_share
    if found > max(HANDFUL, share * balances.compared):
        raise BrakeError(
            f"nothing was pushed: {found} of {balances.compared} balances in {file} change a "
            f"thousand-fold ({_percent(found, balances.compared)}), max_thousandfold_share allows "
            f"{share:.1%}. Set `numbers` in the file of columns; if the changes are meant, run "
            "once with release_brake"
        )


ENOUGH: Final = 10
"""So many addresses that are all under other ids are no chance."""


@dataclass(slots=True, kw_only=True)
class SameAccount:
    """Of the first members of a read: how many have the address of a member whom a customer is
    known to be, and whether any of them is that member, or another known one is there.
    """

    known: int = 0
    is_same: bool = False

    @property
    def is_judged(self) -> bool:
        return self.is_same or self.known >= ENOUGH

    @property
    def is_another(self) -> bool:
        """Whether many have their addresses under other ids, and none its own."""
        return not self.is_same and self.known >= ENOUGH

    def compare(
        self, ids_by_address: Mapping[str, str], read: Iterable[tuple[str | None, str]]
    ) -> None:
        """Look at what was read, address and id, beside the ids that are known."""
        for address, member_id in read:
            known_id = ids_by_address.get(address or "")
            self.known += known_id is not None
            self.is_same |= known_id == member_id


def check_account(account: SameAccount) -> None:
    """Raise BrakeError when it is another one."""
    if account.is_another:
        raise BrakeError(
            f"nothing was pushed: the first {account.known} members whose addresses are known have "
            "other ids than they had, none has its own, and others whom we know are not there, so "
            "the key is that of another account. "
            "Correct the Airflow connection and start a new run; if the programme moved there, set "
            "it up as another store (docs/platforms.md); if all members were made anew in the same "
            "account, run once with release_brake"
        )


def check_brake(limits: BrakeSettings, facts: BrakeFacts) -> None:
    """Raise BrakeError naming every limit that is exceeded and what to do; return when none is."""
    exceeded = [
        *_too_many(limits, facts),
        *_too_large_a_share(limits, facts),
        *(line for size in facts.shrink for line in _shrunk_too_much(limits, size)),
    ]
    if exceeded:
        raise BrakeError(
            f"nothing was pushed: {'; '.join(exceeded)}. Read the run's report; if the changes are "
            "meant, run once with release_brake"
        )


def check_full_read(limits: BrakeSettings, full: FullRead) -> None:
    """Raise BrakeError when a full read sent nothing, or much less than is known already."""
    if not full.read:
        raise _wrong_account(f"no {full.source} were read")
    if full.read < limits.min_read_share * full.known:
        raise _wrong_account(
            f"{full.read} {full.source} were read and {full.known} are known "
            f"({_percent(full.read, full.known)}), min_read_share asks for "
            f"{limits.min_read_share:.1%}"
        )


def check_meeting(meeting: Meeting) -> None:
    """Raise BrakeError when there is nobody on a side, or nobody of one side is on the other.

    The latter in a full match only: a run that was released for it lets the next ones go on.
    """
    for source, count in (("members", meeting.members), ("customers", meeting.customers)):
        if not count:
            raise _wrong_account(f"no {source} are known")
    if meeting.is_full and not meeting.met:
        raise _wrong_account(
            f"none of {meeting.members} members is any of {meeting.customers} customers"
        )


def _wrong_account(what: str) -> BrakeError:
    return BrakeError(
        f"nothing was pushed: {what}. If a key is that of another account, correct the Airflow "
        "connection and start a new run; if it is so, run once with release_brake"
    )


def _too_many(limits: BrakeSettings, facts: BrakeFacts) -> list[str]:
    if facts.planned <= limits.max_changes:
        return []
    return [f"{facts.planned} changes planned, max_changes allows {limits.max_changes}"]


def _too_large_a_share(limits: BrakeSettings, facts: BrakeFacts) -> list[str]:
    before = facts.member_cards_before
    # A handful of cards, or none before the first run, makes any share look large.
    if before < max(limits.min_cards, 1):
        return []
    parts = [
        ("change", facts.planned_update + facts.planned_clear, "max_change_share"),
        ("be cleared", facts.planned_clear, "max_clear_share"),
    ]
    return [
        f"{count} of {before} cards would {what} ({_percent(count, before)}), "
        f"{setting} allows {getattr(limits, setting):.1%}"
        for what, count, setting in parts
        if count > getattr(limits, setting) * before
    ]


def _shrunk_too_much(limits: BrakeSettings, size: ExtractSize) -> list[str]:
    lost = size.previous - size.current
    may_be_lost = limits.max_shrink_share * size.previous
    if size.is_of_any_size:
        may_be_lost = max(may_be_lost, 1)
    elif size.previous < max(limits.min_cards, 1):
        return []
    if lost <= may_be_lost:
        return []
    share = (
        f"{_percent(lost, size.previous)}, max_shrink_share allows {limits.max_shrink_share:.1%}"
    )
    return [f"{size.source} shrank from {size.previous} to {size.current} ({share})"]


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}"
