"""The points ledger: three generated entries a member, and the ones that callers made."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sandbox.clock import DAY_US
from sandbox.ground import Ground
from sandbox.programme.member_rows import credit_text, ledger_amounts
from sandbox.programme.member_store import Members

FIRST_EVENT_ID = 810_000_001
ENTRIES_PER_MEMBER = 3
FIRST_ORDER_ID, FIRST_ORDER_NUMBER = 5_500_000_001, 10_001
GENERATED = (
    ("order_placed", "Order"),
    ("points_purchase", "Reward"),
    ("manual", "Manual adjustment"),
)


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
    pending: bool = False
    foreign_id: str | None = None
    order: tuple[int, str] | None = None
    """The shop's id and number of the order that it is for; few platforms say it."""
    due_us: int | None = None
    """When a pending one is credited."""
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

    def newest_first(self, since_us: int | None = None) -> Iterator[Entry]:
        """Yield the visible entries of everybody, ids descending.

        Those that were generated are left out where all of them are older than wanted.
        """
        is_wanted = since_us is None or since_us < self._ground.clock.base_us - DAY_US
        least = -1 if is_wanted else self.generated - 1
        places = range(self.count - 1, least, -1)
        yield from (entry for place in places if (entry := self.entry_at(place)) is not None)

    def new_of_member(self, row: int) -> list[Entry]:
        """Return the entries of a member that callers made."""
        return self._new_of_member.get(row, [])

    def of_member(self, row: int) -> list[Entry]:
        """Return the visible entries of a member, ids ascending."""
        entries: list[Entry] = []
        if row < self._ground.people.members:
            entries = [self._generate(row, nth) for nth in range(ENTRIES_PER_MEMBER)]
        now_s = self._ground.clock.run_s()
        new = self._new_of_member.get(row, ())
        return entries + [entry for entry in new if now_s >= entry.visible_s]

    def count_unseen(self) -> int:
        """Return how many entries are not visible yet."""
        now_s = self._ground.clock.run_s()
        return sum(now_s < entry.visible_s for entry in self.new)

    def add(
        self,
        row: int,
        amounts: tuple[int, int],
        about: dict[str, Any],
        visible_after_s: float = 0.0,
    ) -> Entry:
        """Book (points, credits in cents) for a member, move the balance, return the entry.

        `about` has the other fields of `Entry`: source, title, notes, and `applied_us` if given. A
        pending one moves no balance until somebody says so.
        """
        points, credits_cents = amounts
        entry = Entry(
            **{"applied_us": self._ground.platform_now_us()} | about,
            id=FIRST_EVENT_ID + self.count,
            member_row=row,
            points=points,
            credits_cents=credits_cents,
            visible_s=self._ground.clock.run_s() + visible_after_s,
        )
        self.new.append(entry)
        self._new_of_member.setdefault(row, []).append(entry)
        if not entry.pending:
            self._move(row, points, credits_cents)
        return entry

    def revoke(self, entry_id: int) -> Entry | None:
        """Take back what a caller booked, its balance too; None when nobody booked it."""
        entry = next((one for one in self.new if one.id == entry_id), None)
        if entry is None or entry.revoked_us is not None:
            return entry
        revoked = replace(entry, revoked_us=self._ground.platform_now_us())
        for entries in (self.new, self._new_of_member[entry.member_row]):
            entries[entries.index(entry)] = revoked
        if not entry.pending:
            self._move(entry.member_row, -entry.points, -entry.credits_cents)
        return revoked

    def _move(self, row: int, points: int, credits_cents: int) -> None:
        held = self._members.fields(row)
        total = round(float(held["credits_tally"]) * 100) + credits_cents
        balance = {
            "points_tally": held["points_tally"] + points,
            "credits_tally": credit_text(total),
        }
        self._members.update(row, balance)

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
            order=(FIRST_ORDER_ID + row, f"#{FIRST_ORDER_NUMBER + row}") if nth == 0 else None,
        )
