"""Customers and transactions as LoyaltyLion's answers carry them."""

from typing import Any

from sandbox.clock import DAY_US, iso_z
from sandbox.programme.ids import NumberedIds
from sandbox.programme.ledger import Entry
from sandbox.programme.member_rows import SHOP_URL, TIER_IDS_BY_RANK, TIERS, member_id_of
from sandbox.programme.programme import Programme

CUSTOMER_IDS = NumberedIds(88_000_001, 1)
"""LoyaltyLion's own ids; `merchant_id` is the shop's."""
RESOURCES = {
    "order_placed": "activity",
    "points_purchase": "claimed_reward",
    "expiry": "expiry",
}
"""What a booking is about, by its source; by hand it is an adjustment."""


def show_customer(programme: Programme, row: int) -> dict[str, Any]:
    """Return a customer. There is no status: it follows from three flags."""
    held = programme.members.fields(row)
    created = iso_z(programme.ground.clock.base_us - (2_000 - row % 1_900) * DAY_US)
    is_member = held["status"] == "member"
    entries = programme.ledger.new_of_member(row)
    birthday = held["dob"]
    shown = {
        "id": CUSTOMER_IDS.of(row),
        "merchant_id": str(member_id_of(row)),
        "email": held["email"],
        "points_approved": held["points_tally"],
        "points_pending": sum(entry.points for entry in entries if entry.pending),
        "points_spent": 0,
        "rewards_claimed": 0,
        "enrolled": is_member,
        "enrolled_at": created if is_member else None,
        "guest": held["status"] == "guest",
        "blocked": held["status"] == "excluded",
        "properties": {
            name: held[name] for name in ("first_name", "last_name") if held[name] is not None
        },
        "metadata": {"shopify_source_url": f"{SHOP_URL}/account"},
        "referral_id": held["referral_code"],
        "referral_url": held["referral_url"],
        "referred_by": None,
        "loyalty_tier_membership": _membership(held["tier_id"], created),
        "insights_segment": "At Risk" if row % 9 == 0 else None,
        "birthday": f"1988-{birthday}" if birthday else None,
        "linked_merchant_ids": [],
        "created_at": created,
        "updated_at": held["remote_updated_at"],
    }
    return programme.members.answered.apply("loyaltylion", row, shown)


def _membership(tier_id: int | None, since: str) -> dict[str, Any] | None:
    if tier_id not in TIER_IDS_BY_RANK:
        return None
    place = TIER_IDS_BY_RANK.index(tier_id)
    bounds = {known_id: threshold for known_id, _, threshold in TIERS}
    above = TIER_IDS_BY_RANK[place + 1 : place + 2]
    return {
        "started_at": since,
        "expires_at": None,
        "manual": False,
        "loyalty_tier": {
            "id": tier_id,
            "name": next(name for known_id, name, _ in TIERS if known_id == tier_id),
            "number": place + 1,
            "default": place == 0,
            "hidden": False,
            # Bounds of points tiers are divided by a hundred, as text.
            "lower_bound": f"{bounds[tier_id] / 100:.2f}",
            "upper_bound": f"{bounds[above[0]] / 100:.2f}" if above else None,
            "position": place,
        },
    }


def show_entry(programme: Programme, entry: Entry) -> dict[str, Any]:
    """Return a transaction: what it is about is in the one object that `resource` names.

    The customer beside it is as of now. That the reason of a booking is the adjustment's note is
    an assumption, and so are the few keys of the other objects that are shown.
    """
    customer = show_customer(programme, entry.member_row)
    waits = entry.points if entry.pending else 0
    stamp = iso_z(entry.applied_us)
    resource = RESOURCES.get(entry.source, "adjustment")
    about: dict[str, dict[str, Any]] = {
        "adjustment": {"note": entry.external_note},
        "activity": {
            "id": entry.id,
            "merchant_id": f"order-{entry.id}",
            "value": None,
            "state": "approved",
            "created_at": stamp,
            "rule": {"id": 1, "name": "$purchase", "title": entry.title},
            "order": _order(entry),
        },
        "claimed_reward": {
            "id": entry.id,
            "claimed_at": stamp,
            "point_cost": -entry.points,
            "state": "fulfilled",
            "reward": {"id": 1, "title": entry.title},
            "expires_at": None,
        },
    }
    about["expiry"] = {"id": entry.id}
    keys = ("id", "merchant_id", "email", "points_pending", "points_approved", "points_spent")
    return {
        "id": entry.id,
        "customer": {key: customer[key] for key in keys},
        "points_approved": entry.points - waits,
        "points_pending": waits,
        "created_at": stamp,
        "resource": resource,
        **dict.fromkeys(("activity", "adjustment", "claimed_reward", "expiry")),
        resource: about[resource],
    }


def _order(entry: Entry) -> dict[str, Any] | None:
    """Return what a connector's schema has of the order that an activity is for."""
    if entry.order is None:
        return None
    order_id, number = entry.order
    return {"id": entry.id, "merchant_id": str(order_id), "merchant_number": number}
