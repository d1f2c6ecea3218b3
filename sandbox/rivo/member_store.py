"""The members of the programme: generated rows, and on top of them what was changed."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.addresses import ChangedAddresses, find_owner, fold
from sandbox.clock import iso_z
from sandbox.ground import Ground
from sandbox.rivo import member_rows
from sandbox.rivo.member_rows import TIER_IDS_BY_RANK, TIERS, member_id_of

TIER_OPENED = "2024-01-01T00:00:00.000Z"
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
        self.changes: dict[int, dict[str, Any]] = {}
        self._known_from_s: dict[int, float] = {}
        self._addresses = ChangedAddresses()
        self._alive: NDArray[np.int64] | None = None

    @property
    def count(self) -> int:
        """How many members there are."""
        return self.size - len(self.gone)

    def find_row(self, member_id: int) -> int | None:
        """Return the row of a member who is there and known already, else None."""
        row = member_rows.find_row_of(member_id)
        if row is None or row >= self.size or row in self.gone:
            return None
        return row if self._is_known(row) else None

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

    def walk(self, after_id: int) -> Iterator[int]:
        """Yield the rows whose ids are greater than a number, ids ascending."""
        for row in range(member_rows.first_row_beyond(after_id), self.size):
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
        stamp = {"remote_updated_at": iso_z(self._ground.clock.now_us())}
        self.changes.setdefault(row, {}).update(stamp | changes)
        if "email" in changes or row >= self._ground.people.members:
            self._addresses.put(row, [self.fields(row)["email"]])

    def remove(self, row: int) -> None:
        """Take a member away."""
        self.gone.add(row)
        self._alive = None
        self._addresses.put(row, ())
        self.changes.pop(row, None)

    def shown(self, row: int) -> dict[str, Any]:
        """Return a member's attributes as REST answers carry them."""
        fields = self.fields(row)
        attributes = self._common(row, fields)
        if self._ground.switches.rivo_remote_updated_at_in_rest:
            attributes["remote_updated_at"] = fields["remote_updated_at"]
        tier_id = fields["tier_id"]
        return attributes | {
            "vip_tier": find_tier(tier_id),
            "next_vip_tier": find_tier(_next_tier_id(tier_id))
            if fields["shows_next_tier"]
            else None,
            "lifetime_earnings_tally": fields["lifetime_earnings_tally"],
            "completed_earning_rule_ids": fields["completed_earning_rule_ids"],
            "icon_url": fields["icon_url"],
        }

    def snapshot(self, row: int, event_type: str) -> dict[str, Any]:
        """Return a member as webhooks carry one: flat, live names, tier with other keys."""
        fields = self.fields(row)
        tier = find_tier(fields["tier_id"])
        if tier is not None:
            tier = {name: tier[name] for name in ("id", "name", "threshold", "perks")}
            tier |= {"created_at": TIER_OPENED, "updated_at": TIER_OPENED}
        return self._common(row, fields, live=True) | {
            "vip_tier": tier,
            "remote_updated_at": fields["remote_updated_at"],
            "event_type": event_type,
        }

    def _common(self, row: int, fields: dict[str, Any], *, live: bool = False) -> dict[str, Any]:
        switches = self._ground.switches
        live = live or switches.rivo_names == "live"
        spellings = {
            "guest": switches.rivo_guest_spelling,
            "excluded": switches.rivo_excluded_spelling,
        }
        points = "points_tally" if live else "loyalty_points_tally"
        changed = "loyalty_status_last_changed_at" if live else "loyalty_status_last_updated_at"
        plain = (
            "email", "first_name", "last_name", "accepts_marketing", "orders_count",
            "verified_email", "total_spent", "shopify_tags", "credits_tally", "dob",
            "dob_last_updated_at", "referral_url", "referral_code",
        )  # fmt: skip
        return {"id": member_id_of(row)} | {name: fields[name] for name in plain} | {
            "loyalty_status": spellings.get(fields["status"], fields["status"]),
            changed: fields["status_changed_at"],
            points: fields["points_tally"],
            "points_expire_at": member_rows.expiry_text(
                fields["points_expire_at_us"], switches.rivo_dates_iso
            ),
        }  # fmt: skip

    def _is_known(self, row: int) -> bool:
        return self._ground.clock.run_s() >= self._known_from_s.get(row, 0.0)


def find_tier(tier_id: int | None) -> dict[str, Any] | None:
    """Return a tier as the API shows it, None for none."""
    for known_id, name, threshold in TIERS:
        if known_id == tier_id:
            return {
                "id": known_id,
                "name": name,
                "threshold": threshold,
                "perks": [],
                "icon_url": None,
                "desc": None,
                "rewards": [],
            }
    return None


def _next_tier_id(tier_id: int | None) -> int | None:
    if tier_id is None:
        return TIER_IDS_BY_RANK[0]
    rank = TIER_IDS_BY_RANK.index(tier_id) + 1
    return TIER_IDS_BY_RANK[rank] if rank < len(TIER_IDS_BY_RANK) else None
