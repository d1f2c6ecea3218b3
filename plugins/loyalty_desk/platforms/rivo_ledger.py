"""What a `points_event` of Rivo's tells: as an entry of a member's ledger, as a movement of their
balance, and as a booking of anybody.
"""

from __future__ import annotations

from typing import Any

from loyalty_desk.http.reading import read_money, read_points, read_text
from loyalty_desk.platforms.base import LedgerEntry, ShopEntry
from loyalty_desk.platforms.reading import booked_id, find_utc, untold, whose
from loyalty_desk.platforms.rivo_resources import read_resource
from loyalty_desk.records import LedgerKind, Movement, MovementKind

ENTRY_TYPE = "points_event"

# --- Guesses: what the documentation leaves open ------------------------------------------------
KIND_BY_SOURCE = {
    "manual": MovementKind.BY_HAND,
    "points_purchase": MovementKind.REWARD,  # these two were seen
    "order_placed": MovementKind.ORDER,  # the name of the rule's trigger
}
LEDGER_KIND_BY_SOURCE = {
    "manual": LedgerKind.ADJUSTED,
    "points_purchase": LedgerKind.REDEEMED,
    "order_placed": LedgerKind.EARNED,
    # What may be booked for an action, by the documentation.
    "custom_action": LedgerKind.EARNED,
    "referral_complete": LedgerKind.EARNED,
    "visit_url": LedgerKind.EARNED,
    "instagram_follow": LedgerKind.EARNED,
    "tiktok_follow": LedgerKind.EARNED,
    "facebook_like": LedgerKind.EARNED,
    "facebook_share": LedgerKind.EARNED,
    "twitter_follow": LedgerKind.EARNED,
    "twitter_share": LedgerKind.EARNED,
}
"""What an expiry is called was seen nowhere: it is `taken`, as all of another source."""
# -------------------------------------------------------------------------------------------------


def read_entry(row: Any) -> LedgerEntry:
    """Read one `points_event` resource; raises BadFieldError."""
    entry_id, fields = read_resource(row)
    return LedgerEntry(
        entry_id=entry_id,
        marker_text=read_text(fields, "internal_note"),
        member_id=whose(fields.get("customer_identifier")),  # or an address
        is_revoked=bool(fields.get("revoked_at")) or fields.get("hidden") is True,
    )


def read_movement(row: Any) -> tuple[Movement | None, str | None]:
    """Read one `points_event` with whose it is; a hidden one is not shown. Raises BadFieldError."""
    entry_id, fields = read_resource(row)
    if fields.get("hidden") is True:
        return None, whose(fields.get("customer_identifier"))
    # Unsigned in reads is `points_amount`; credits have a sign where it is below zero, no more.
    credit = read_money(fields, "credits_amount", 2)
    movement = Movement(
        movement_id=entry_id,
        kind=KIND_BY_SOURCE.get(read_text(fields, "source") or "", MovementKind.OTHER),
        at_utc=find_utc(read_text(fields, "applied_at") or read_text(fields, "created_at")),
        points=read_points(fields, "points_diff") or 0,
        credits=None if credit == "0" else credit,
        title=read_text(fields, "title"),
        note=read_text(fields, "external_note"),
        staff_note=read_text(fields, "internal_note"),
        is_revoked=bool(fields.get("revoked_at")),
    )
    return movement, whose(fields.get("customer_identifier"))


def read_shop_entry(row: Any) -> ShopEntry:
    """Read one `points_event` of anybody; what is revoked or hidden moves nothing. Raises
    BadFieldError.
    """
    entry_id, fields = read_resource(row)
    points = read_points(fields, "points_diff") or 0
    source = read_text(fields, "source") or ""
    is_gone = bool(fields.get("revoked_at")) or fields.get("hidden") is True
    return ShopEntry(
        entry_id=entry_id,
        kind=LEDGER_KIND_BY_SOURCE.get(source) or untold(points),
        points=0 if is_gone else points,
        member_id=whose(fields.get("customer_identifier")),  # or an address
        created_at_utc=find_utc(read_text(fields, "created_at")),
        marker_text=read_text(fields, "internal_note"),
    )


def find_booked(row: Any, marker: str) -> str | None:
    """The id of the entry that an answer shows, if it is the one with that marker."""
    found = booked_id(row, marker, read_entry)
    is_entry = found is not None and row.get("type", ENTRY_TYPE) == ENTRY_TYPE
    return found if is_entry else None
