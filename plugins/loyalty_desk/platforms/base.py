"""What every loyalty platform offers the sync."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from loyalty_desk.records import Member, Rejected, Unit
from loyalty_desk.transport import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPage:
    """One page of a full scan. `next_since` resumes after this page; None on the last one."""

    members: list[Member]
    rejected: list[Rejected]
    next_since: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardOrder:
    """What is to be booked for one member.

    `amount` is signed; points are whole, credits have two decimals at most. `internal_note` carries
    the mark by which the entry is found again; `message` is shown to the member.
    """

    member_id: str
    unit: Unit
    amount: Decimal
    internal_note: str
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One booking of a member on the platform. `internal_note` is for staff only."""

    entry_id: str
    internal_note: str | None
    is_revoked: bool


class Platform(Protocol):
    """A loyalty platform. One file in `platforms/` implements it."""

    name: str

    @property
    def counts(self) -> Counts:
        """What the platform was asked so far."""

    def check(self) -> None:
        """Make one cheap read; raises BadConnectionError when the key is wrong."""

    def iter_member_pages(self, since: str | None) -> Iterator[MemberPage]:
        """Yield all members page after page, from the start or after `since`.

        Raises:
            CursorError: a page without its cursor, or with one that does not advance.
            ApiUnavailableError: no usable answer after the transport's own waiting.
            ApiError: any other refusal.
        """

    def find_member(self, identifier: str) -> Member | None:
        """Return the member with this id or e-mail address, None when there is none.

        Raises:
            BadFieldError: the platform's answer about the member cannot be used.
            ApiUnavailableError, ApiError: as above.
        """

    def award(self, order: AwardOrder) -> str | None:
        """Book the order and return the entry's id (None when the answer does not show the entry).

        Never sent again by itself once it may have arrived.

        Raises:
            ApiUnavailableError: no usable answer; `may_have_arrived` says whether it may be booked.
            ApiError: refused, so surely not booked.
        """

    def iter_ledger(self, member_id: str) -> Iterator[LedgerEntry]:
        """Yield all entries of a member, page after page; raises as `iter_member_pages` does."""
