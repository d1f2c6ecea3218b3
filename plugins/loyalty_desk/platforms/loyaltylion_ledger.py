"""What a transaction of LoyaltyLion's tells: as an entry of a member's ledger, as a movement of
their balance, and as a booking of anybody; by the places of the table of guesses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from loyalty_desk.http.reading import (
    BadFieldError,
    read_id,
    read_points,
    read_text,
    read_text_or_number,
)
from loyalty_desk.platforms.base import LedgerEntry, ShopEntry
from loyalty_desk.platforms.guesses import pick, stands
from loyalty_desk.platforms.reading import as_object, find_utc, order_keys, untold, whose
from loyalty_desk.records import LedgerKind, Movement, MovementKind

KIND_BY_RESOURCE: Final = {
    "claimed_reward": MovementKind.REWARD,
    "adjustment": MovementKind.BY_HAND,
    "expiry": MovementKind.EXPIRY,
}
"""An `activity` is for an order only where it names one."""
LEDGER_KIND_BY_RESOURCE: Final = {
    "activity": LedgerKind.EARNED,
    "claimed_reward": LedgerKind.REDEEMED,
    "adjustment": LedgerKind.ADJUSTED,
    "expiry": LedgerKind.EXPIRED,
}
"""A void is a booking of the same resource, the other way."""
TITLES: Final = ("activity.rule.title", "activity.rule.name", "claimed_reward.reward.title")
"""Where a booking says what it is for; of a reward's object no more than this was seen anywhere."""


def read_entry(row: Any, answers: Mapping[str, Any]) -> LedgerEntry:
    """Read one booking as what a marker is looked for in; raises BadFieldError."""
    if not stands(row, answers["transaction.reason"]):
        raise BadFieldError(answers["transaction.reason"], "is missing")
    return LedgerEntry(
        entry_id=str(read_id({"id": pick(row, answers["transaction.id"])})),
        marker_text=read_text({"reason": pick(row, answers["transaction.reason"])}, "reason"),
        member_id=whose(pick(row, "customer.id")),
        is_pending=bool(pick(row, answers["transaction.pending"])),
    )


def read_movement(row: Any, answers: Mapping[str, Any]) -> tuple[Movement, str | None]:
    """Read one booking with whose it is. A void is a booking of its own, the other way."""
    row = as_object(row)
    place = answers["transaction.pending"]
    order = [
        read_text_or_number({name: pick(row, answers[f"transaction.{name}"])}, name)
        for name in ("order_id", "order_number")
    ]
    kind = KIND_BY_RESOURCE.get(read_text(row, "resource") or "", MovementKind.OTHER)
    movement = Movement(
        movement_id=str(read_id({"id": pick(row, answers["transaction.id"])})),
        kind=MovementKind.ORDER if any(order) else kind,
        at_utc=find_utc(read_text(row, "created_at")),
        points=read_points(row, "points_approved") or 0,
        pending=(read_points({place: pick(row, place)}, place) or 0) if place else 0,
        title=next((text for at in TITLES if isinstance(text := pick(row, at), str)), None),
        note=read_text({"note": pick(row, answers["transaction.reason"])}, "note"),
        order=order[1] or order[0],
        orders=order_keys(*order),
    )
    return movement, whose(pick(row, "customer.id"))


def read_shop_entry(row: Any, answers: Mapping[str, Any]) -> ShopEntry:
    """Read one booking of anybody. What only waits moves no balance yet."""
    movement, member_id = read_movement(row, answers)
    kind = LEDGER_KIND_BY_RESOURCE.get(read_text(as_object(row), "resource") or "")
    return ShopEntry(
        entry_id=movement.movement_id,
        kind=kind or untold(movement.points),
        points=movement.points,
        member_id=member_id,
        created_at_utc=movement.at_utc,
        marker_text=movement.note,
    )
