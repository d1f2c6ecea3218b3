"""What every loyalty platform offers the sync."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from loyalty_desk.records import Member, Rejected
from loyalty_desk.transport import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPage:
    """One page of a full scan. `next_since` resumes after this page; None on the last one."""

    members: list[Member]
    rejected: list[Rejected]
    next_since: str | None


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
