"""Customers and points transactions as Smile's answers carry them."""

from typing import Any

from sandbox.clock import DAY_US, iso_z
from sandbox.programme.ids import NumberedIds
from sandbox.programme.ledger import Entry
from sandbox.programme.member_rows import TIER_IDS_BY_RANK, TIERS
from sandbox.programme.programme import Programme

CUSTOMER_IDS = NumberedIds(700_000_001, 7)
"""Smile's own ids: they rise with the date of joining."""
IMAGES_URL = "https://cdn.shop.example/tiers"
STATES = {"member": "member", "guest": "candidate", "excluded": "disabled"}
STATUSES = {state: status for status, state in STATES.items()}
MILESTONES = {tier_id: threshold for tier_id, _, threshold in TIERS}


def next_tier_id(tier_id: int | None) -> int | None:
    """Return the tier above one; above none is the lowest."""
    rank = TIER_IDS_BY_RANK.index(tier_id) + 1 if tier_id in TIER_IDS_BY_RANK else 0
    return TIER_IDS_BY_RANK[rank] if rank < len(TIER_IDS_BY_RANK) else None


def show_tier(tier_id: int | None) -> dict[str, Any] | None:
    """Return a tier, None for none."""
    found = next((tier for tier in TIERS if tier[0] == tier_id), None)
    if found is None:
        return None
    image_url = f"{IMAGES_URL}/{found[0]}.png"
    return {"id": found[0], "name": found[1], "image_url": image_url, "milestone": float(found[2])}


def show_customer(programme: Programme, row: int, include: frozenset[str]) -> dict[str, Any]:
    """Return a customer, with `vip_status` and the tiers in it where they are asked for."""
    held = programme.members.fields(row)
    birthday = held["dob"]
    shown = {
        "id": CUSTOMER_IDS.of(row),
        "first_name": held["first_name"],
        "last_name": held["last_name"],
        "email": held["email"],
        "state": STATES[held["status"]],
        "date_of_birth": f"1004-{birthday}" if birthday else None,
        "points_balance": held["points_tally"],
        "referral_url": held["referral_url"],
        "vip_tier_id": held["tier_id"],
        "created_at": iso_z(programme.ground.clock.base_us - (2_000 - row % 1_900) * DAY_US),
        "updated_at": held["remote_updated_at"],
    }
    if any(name.startswith("vip_status") for name in include):
        shown["vip_status"] = _vip_status(held, include)
    return programme.members.answered.apply("smile", row, shown)


def _vip_status(held: dict[str, Any], include: frozenset[str]) -> dict[str, Any]:
    tier_id, above = held["tier_id"], next_tier_id(held["tier_id"])
    missing = None if above is None else max(0.0, MILESTONES[above] - float(held["points_tally"]))
    status = {
        "vip_tier_id": tier_id,
        "vip_tier_expires_at": None,
        "progress_value": float(held["points_tally"]),
        "current_vip_period_end": None,
        "delta_to_retain_vip_tier": None,
        "next_vip_tier_id": above,
        "delta_to_next_vip_tier": missing,
    }
    if "vip_status.vip_tier" in include:
        status["vip_tier"] = show_tier(tier_id)
    if "vip_status.next_vip_tier" in include:
        status["next_vip_tier"] = show_tier(above)
    return status


def show_entry(entry: Entry) -> dict[str, Any]:
    """Return a points transaction."""
    stamp = iso_z(entry.applied_us)
    return {
        "id": entry.id,
        "customer_id": CUSTOMER_IDS.of(entry.member_row),
        "points_change": entry.points,
        "description": entry.external_note or entry.title,
        "internal_note": entry.internal_note,
        "created_at": stamp,
        "updated_at": stamp,
    }
