"""Looks for an award's booking in the platform's ledger, and tells what its absence is worth.

Where a ledger is documented, a booking that it does not show was not made. Where its place is a
guess, it may be the wrong place, in which nothing would ever show and a lost award would be paid
twice. So absence counts there only once a booking of ours was seen in it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Engine, Row

from loyalty_desk.clock import parse_utc
from loyalty_desk.errors import ApiError, ApiUnavailableError, BadConnectionError, CursorError
from loyalty_desk.platforms.base import LedgerEntry, NotTheirLedgerError, Platform
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.staging_clock import ask_staging_now, staging_now
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state

UNREADABLE: Final = (ApiUnavailableError, CursorError, ApiError)
"""How reading a ledger fails without its telling anything about an award."""
TAKEN_BACK: Final = "found in the ledger, taken back there"
"""What is said of an award whose booking somebody revoked on the platform."""
MARGIN: Final = timedelta(days=2)
"""How far before the last sending it is read: to the first one, and clocks differ."""


AWARD_MARKER: Final = re.compile(r"\bld:([0-9a-f]+)")
"""Finds the id of an award of ours in a text with its marker."""


def marker_of(award_id: str) -> str:
    """The marker by which an award's booking is found again."""
    return f"ld:{award_id}"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one store's platform account."""

    engine: Engine
    store: str
    platform: Platform

    @property
    def is_there(self) -> bool:
        return self.platform.capabilities.reads_ledger

    def find(self, award: Row[Any], member_id: str) -> LedgerEntry | None:
        """The award's entry; a revoked one only if there is no other. Raises what is in UNREADABLE.

        One that was revoked was booked all the same: who takes it for absent would pay again. And
        another's ledger, as after a merge or a mix-up, does not say that it is absent.
        """
        revoked, is_theirs = None, True
        sent_at = (
            parse_utc(award.sent_at_utc) if award.sent_at_utc else ask_staging_now(self.engine)
        )
        marker = marker_of(award.award_id)
        for entry in self.platform.iter_ledger(member_id, sent_at - MARGIN):
            if entry.marker_text is not None and marker in entry.marker_text:
                self._keep_that_it_shows()
                if not entry.is_revoked:
                    return entry
                revoked = entry
            is_theirs = is_theirs and entry.member_id in {None, member_id}
        if revoked is None and not is_theirs:
            raise NotTheirLedgerError(f"{self.platform.title} answered with another's ledger")
        return revoked

    def shows_bookings(self) -> bool:
        """Whether what this ledger does not show was surely not booked."""
        if self.platform.capabilities.ledger_is_documented:
            return True
        with reading(self.engine) as connection:
            seen = find_state(connection, self.store, StateKey.LEDGER_SEEN)
        return seen == self.platform.guessed

    def learn_from(self, award: Row[Any], member_id: str) -> None:
        """Look once whether a booking that was surely made shows, where that is not known."""
        if self.is_there and not self.shows_bookings():
            with suppress(*UNREADABLE, BadConnectionError):
                self.find(award, member_id)

    def _keep_that_it_shows(self) -> None:
        if not self.shows_bookings():
            with self.engine.begin() as connection:
                keep_state(
                    connection,
                    self.store,
                    StateKey.LEDGER_SEEN,
                    self.platform.guessed,
                    staging_now(connection),
                )
