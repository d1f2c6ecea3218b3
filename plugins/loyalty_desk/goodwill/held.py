"""What the members held, as it was kept by day, with what moved since the day before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from loyalty_desk.goodwill.money import as_decimal, worth
from loyalty_desk.records import LedgerKind
from loyalty_desk.staging.statements import statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One per day, or per tier of a day. Credits are in hundredths; None is not known."""

    day: str
    tier: str
    members: int
    members_told: int
    points: int
    points_pending: int | None
    credits: int | None
    points_before: int | None
    points_by_hand: int | None
    point_value_millionths: int | None
    points_earned: int | None = None
    points_redeemed: int | None = None
    points_expired: int | None = None
    points_adjusted: int | None = None
    points_added: int | None = None
    points_taken: int | None = None

    @property
    def money(self) -> int | None:
        """What points, pending ones and credits come to, by what a point was worth that day."""
        points = self.points + (self.points_pending or 0)
        return worth(points, self.credits or 0, self.point_value_millionths)

    @property
    def points_moved(self) -> int | None:
        return None if self.points_before is None else self.points - self.points_before

    @property
    def points_unexplained(self) -> int | None:
        if self.points_moved is None or self.points_by_hand is None:
            return None
        return self.points_moved - self.points_by_hand - sum(self.told.values())

    @property
    def told(self) -> dict[LedgerKind, int]:
        """What the platform's ledger tells of what moved; nothing where it was not read whole."""
        found = {kind: getattr(self, f"points_{kind}") for kind in LedgerKind}
        return {kind: points for kind, points in found.items() if points is not None}

    def worth_of(self, points: int | None) -> Decimal | None:
        """What so many points were worth that day."""
        found = None if points is None else worth(points, 0, self.point_value_millionths)
        return None if found is None else as_decimal(found)

    def sums(self) -> tuple[int, int, int, int | None, Decimal | None, Decimal | None]:
        return (
            *(self.members, self.members_told, self.points, self.points_pending),
            None if self.credits is None else as_decimal(self.credits),
            None if self.money is None else as_decimal(self.money),
        )


def load_days(connection: Connection, store: str, first: date, last: date) -> list[Held]:
    """One a day, all tiers together, the earliest first."""
    binds = {"store": store, "first_day": first.isoformat(), "last_day": last.isoformat()}
    rows = connection.execute(statement("goodwill/liability/select_days"), binds)
    return [Held(tier="", **row._mapping) for row in rows]


def load_tiers(connection: Connection, store: str, first: date, last: date) -> list[Held]:
    """The tiers of the last of these days, the most points first."""
    binds = {"store": store, "first_day": first.isoformat(), "last_day": last.isoformat()}
    rows = connection.execute(statement("goodwill/liability/select_tiers_of_last_day"), binds)
    return [Held(points_before=None, points_by_hand=None, **row._mapping) for row in rows]
