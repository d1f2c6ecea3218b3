"""The members of the programme: generated rows, and on top of them what was changed."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.clock import iso_z
from sandbox.emails import ChangedAddresses, find_owner, fold
from sandbox.ground import Ground
from sandbox.programme import member_rows
from sandbox.programme.answered import Answered

# What a caller may set over the control API; the names of `member_rows.generate`.
BLANK: dict[str, Any] = {
    "email": None,
    "first_name": None,
    "last_name": None,
    "accepts_marketing": False,
    "orders_count": 0,
    "verified_email": False,
    "total_spent": 0.0,
    "shopify_tags": [],
    "status": "member",
    "status_changed_at": None,
    "points_tally": 0,
    "credits_tally": "0.0",
    "dob": None,
    "dob_last_updated_at": None,
    "referral_url": None,
    "referral_code": "NEW00000",
    "points_expire_at_us": None,
    "remote_updated_at": None,
    "tier_id": 75,
    "shows_next_tier": False,
    "lifetime_earnings_tally": None,
    "completed_earning_rule_ids": [],
    "icon_url": None,
}


class Members:
    """Members by row number. Rows from `people.members` on were added while running."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.size = ground.people.members
        self.gone: set[int] = set()
        self._merged: dict[int, int] = {}
        self.changes: dict[int, dict[str, Any]] = {}
        self.answered = Answered()
        self._known_from_s: dict[int, float] = {}
        self._addresses = ChangedAddresses()
        self._alive: NDArray[np.int64] | None = None

    @property
    def count(self) -> int:
        """How many members there are."""
        return self.size - len(self.gone)

    def find_there(self, row: int) -> int | None:
        """Return the row of whoever answers for it, if somebody is there and known already."""
        if self._ground.switches.programme_merged_answers == "survivor":
            row = self._merged.get(row, row)
        is_there = 0 <= row < self.size and row not in self.gone
        return row if is_there and self._is_known(row) else None

    def find_row(self, member_id: int) -> int | None:
        """Return the row of a shop's customer who is there and known already, else None."""
        row = member_rows.find_row_of(member_id)
        return None if row is None else self.find_there(row)

    def find_by_identifier(self, identifier: str) -> int | None:
        """Return the row for an id or an e-mail; the first one when several share the e-mail."""
        if identifier.isdecimal():
            return self.find_row(int(identifier))
        rows = self.rows_with_email(identifier)
        if not self._ground.switches.rivo_email_lookup_ignores_case:
            rows = [row for row in rows if self.fields(row)["email"] == identifier]
        return next((row for row in rows if self._is_known(row)), None)

    def rows_with_email(self, email: str) -> list[int]:
        """Return the rows with an e-mail, however it is spelled."""
        rows = self._addresses.rows(email)
        owner, wanted = find_owner(email), fold(email)
        for sharer in self._ground.people.sharers(owner) if owner else ():
            row = self._ground.people.find_member_row(sharer)
            if row is None or row in self.gone or row in self._addresses:
                continue
            held = self.fields(row)["email"]
            if held is not None and fold(held) == wanted:
                rows.add(row)
        return sorted(rows)

    def walk(self, first_row: int = 0) -> Iterator[int]:
        """Yield the rows of who is there, from a row on."""
        for row in range(first_row, self.size):
            if row not in self.gone and self._is_known(row):
                yield row

    def slice(self, start: int, end: int) -> list[int]:
        """Return the rows at places in the list of all, ids ascending."""
        if not self.gone:
            return list(range(min(start, self.size), min(end, self.size)))
        if self._alive is None:
            there = np.ones(self.size, dtype=np.bool_)
            there[list(self.gone)] = False
            self._alive = np.flatnonzero(there)
        rows: list[int] = self._alive[start:end].tolist()
        return rows

    def fields(self, row: int) -> dict[str, Any]:
        """Return a member's attributes under the names of `member_rows.generate`."""
        changed = self.changes.get(row)
        if row >= self._ground.people.members:
            return BLANK | (changed or {})
        generated = member_rows.generate(self._ground, row)
        return {**generated, **changed} if changed else generated

    def add(self, fields: dict[str, Any]) -> int:
        """Add a member and return the row. The API knows them after the delay of the switch."""
        row = self.size
        self.size += 1
        self._alive = None
        delay_s = self._ground.switches.rivo_new_customer_delay_s
        self._known_from_s[row] = self._ground.clock.run_s() + delay_s
        self.update(row, fields)
        return row

    def update(self, row: int, changes: dict[str, Any]) -> None:
        """Change attributes.

        Raises:
            ValueError: an attribute that no member has.
        """
        unknown = set(changes) - set(BLANK)
        if unknown:
            raise ValueError(f"no such attribute: {', '.join(sorted(unknown))}")
        stamp = {"remote_updated_at": iso_z(self._ground.platform_now_us())}
        self.changes.setdefault(row, {}).update(stamp | changes)
        if "email" in changes or row >= self._ground.people.members:
            self._addresses.put(row, [self.fields(row)["email"]])

    def remove(self, row: int) -> None:
        """Take a member away."""
        self.gone.add(row)
        self._alive = None
        self._addresses.put(row, ())
        self.changes.pop(row, None)

    def merge(self, row: int, into: int) -> None:
        """Merge a member into another, who keeps address and balance."""
        self.remove(row)
        self._merged[row] = into

    def _is_known(self, row: int) -> bool:
        return self._ground.clock.run_s() >= self._known_from_s.get(row, 0.0)
