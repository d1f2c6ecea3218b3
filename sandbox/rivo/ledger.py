"""The points ledger: three generated entries a member, and the ones that callers made."""

from dataclasses import dataclass
from typing import Any

from sandbox.clock import DAY_US, iso_z
from sandbox.ground import Ground
from sandbox.rivo.member_rows import credit_text, ledger_amounts, member_id_of
from sandbox.rivo.member_store import Members

SHOP_ID = 90_210
FIRST_EVENT_ID = 810_000_001
ENTRIES_PER_MEMBER = 3
GENERATED = (
    ("order_placed", "Order"),
    ("points_purchase", "Reward"),
    ("manual", "Manual adjustment"),
)

# Keys of a profile snapshot that the customer inside a points event lacks.
NOT_IN_EVENTS = {
    "vip_tier", "referral_url", "referral_code", "points_expire_at", "remote_updated_at",
    "dob_last_updated_at", "loyalty_status_last_changed_at",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One ledger entry. `points` and `credits_cents` are signed."""

    id: int
    member_row: int
    points: int
    credits_cents: int
    source: str
    title: str
    internal_note: str | None
    external_note: str | None
    applied_us: int
    revoked_us: int | None = None
    hidden: bool = False
    visible_s: float = 0.0


class Ledger:
    """All entries, ids ascending: those of member row 0, of row 1, and so on, then the new ones."""

    def __init__(self, ground: Ground, members: Members) -> None:
        self._ground, self._members = ground, members
        self.generated = ENTRIES_PER_MEMBER * ground.people.members
        self.new: list[Entry] = []
        self._new_of_member: dict[int, list[Entry]] = {}

    @property
    def count(self) -> int:
        """How many entries there are."""
        return self.generated + len(self.new)

    def entry_at(self, place: int) -> Entry | None:
        """Return the entry at a place in the order of ids, None while it is not visible yet."""
        if place < self.generated:
            return self._generate(*divmod(place, ENTRIES_PER_MEMBER))
        entry = self.new[place - self.generated]
        return entry if self._ground.clock.run_s() >= entry.visible_s else None

    def first_place_beyond(self, event_id: int) -> int:
        """Return the first place whose id is greater than a number."""
        return max(0, event_id - FIRST_EVENT_ID + 1)

    def of_member(self, row: int) -> list[Entry]:
        """Return the visible entries of a member, ids ascending."""
        entries: list[Entry] = []
        if row < self._ground.people.members:
            entries = [self._generate(row, nth) for nth in range(ENTRIES_PER_MEMBER)]
        now_s = self._ground.clock.run_s()
        new = self._new_of_member.get(row, ())
        return entries + [entry for entry in new if now_s >= entry.visible_s]

    def add(self, row: int, amounts: tuple[int, int], about: dict[str, Any]) -> Entry:
        """Book (points, credits in cents) for a member, move the balance, return the entry.

        `about` has the other fields of `Entry`: source, title, notes, and `applied_us` if given.
        """
        points, credits_cents = amounts
        delay_s = self._ground.switches.rivo_event_visible_after_s
        entry = Entry(
            **{"applied_us": self._ground.clock.now_us()} | about,
            id=FIRST_EVENT_ID + self.count,
            member_row=row,
            points=points,
            credits_cents=credits_cents,
            visible_s=self._ground.clock.run_s() + delay_s,
        )
        self.new.append(entry)
        self._new_of_member.setdefault(row, []).append(entry)
        held = self._members.fields(row)
        total = round(float(held["credits_tally"]) * 100) + credits_cents
        balance = {
            "points_tally": held["points_tally"] + points,
            "credits_tally": credit_text(total),
        }
        self._members.update(row, balance)
        return entry

    def shown(self, entry: Entry) -> dict[str, Any]:
        """Return an entry's attributes as reads show them: unsigned amount, signed difference."""
        applied = iso_z(entry.applied_us)
        return {
            "id": [SHOP_ID, entry.id],
            "customer_identifier": str(member_id_of(entry.member_row)),
            "points_amount": abs(entry.points),
            "points_diff": entry.points,
            "credits_amount": credit_text(entry.credits_cents),
            "source": entry.source,
            "title": entry.title,
            "internal_note": entry.internal_note,
            "external_note": entry.external_note,
            "applied_at": applied,
            "approved_at": applied,
            "expires_at": None,
            "per_event_expiration_at": None,
            "created_at": applied,
            "revoked_at": None if entry.revoked_us is None else iso_z(entry.revoked_us),
            "hidden": entry.hidden,
        }

    def hook_body(self, entry: Entry) -> dict[str, Any]:
        """Return the flat body of a `points_event/created` webhook."""
        snapshot = self._members.snapshot(entry.member_row, "points_event/created")
        customer = {key: value for key, value in snapshot.items() if key not in NOT_IN_EVENTS}
        return {
            "id": entry.id,
            "points_amount": abs(entry.points),
            "points_diff": entry.points,
            "credits_amount": credit_text(entry.credits_cents),
            "credits_diff": entry.credits_cents / 100,
            "applied_at": iso_z(entry.applied_us),
            "internal_note": entry.internal_note,
            "external_note": entry.external_note,
            "event_type": "points_event/created",
            "source": entry.source,
            "order_id": None,
            "customer": customer,
        }

    def _generate(self, row: int, nth: int) -> Entry:
        earned, spent, kind, third, credit_cents = ledger_amounts(self._ground, row)
        points = (earned, -spent, third)[nth]
        source, title = GENERATED[nth]
        day = self._ground.clock.base_us - (40 + row % 600 - 10 * nth) * DAY_US
        is_third = nth == 2
        return Entry(
            id=FIRST_EVENT_ID + row * ENTRIES_PER_MEMBER + nth,
            member_row=row,
            points=points,
            credits_cents=credit_cents if is_third else 0,
            source=source,
            title=title,
            internal_note="by ops@lakeside.test" if is_third else None,
            external_note="manual points adjustment" if is_third else None,
            applied_us=day,
            revoked_us=day + 60_000_000 if is_third and kind == "revoked" else None,
            hidden=is_third and kind == "hidden",
        )
