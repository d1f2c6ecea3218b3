"""Members and entries as Rivo's answers and webhooks carry them."""

from typing import Any

from sandbox.clock import iso_z
from sandbox.ground import Ground
from sandbox.programme import member_rows
from sandbox.programme.ledger import Entry
from sandbox.programme.member_rows import TIER_IDS_BY_RANK, TIERS, credit_text, member_id_of
from sandbox.programme.member_store import Members

SHOP_ID = 90_210
TIER_OPENED = "2024-01-01T00:00:00.000Z"

# Keys of a profile snapshot that the customer inside a points event lacks.
NOT_IN_EVENTS = {
    "vip_tier", "referral_url", "referral_code", "points_expire_at", "remote_updated_at",
    "dob_last_updated_at", "loyalty_status_last_changed_at",
}  # fmt: skip


def show_member(ground: Ground, members: Members, row: int) -> dict[str, Any]:
    """Return a member's attributes as REST answers carry them."""
    fields = members.fields(row)
    attributes = _common(ground, row, fields)
    if ground.switches.rivo_remote_updated_at_in_rest:
        attributes["remote_updated_at"] = fields["remote_updated_at"]
    tier_id = fields["tier_id"]
    attributes |= {
        "vip_tier": find_tier(tier_id),
        "next_vip_tier": find_tier(_next_tier_id(tier_id)) if fields["shows_next_tier"] else None,
        "lifetime_earnings_tally": fields["lifetime_earnings_tally"],
        "completed_earning_rule_ids": fields["completed_earning_rule_ids"],
        "icon_url": fields["icon_url"],
    }
    return members.answered.apply("rivo", row, attributes)


def snapshot(ground: Ground, members: Members, row: int, event_type: str) -> dict[str, Any]:
    """Return a member as webhooks carry one: flat, live names, tier with other keys."""
    fields = members.fields(row)
    tier = find_tier(fields["tier_id"])
    if tier is not None:
        tier = {name: tier[name] for name in ("id", "name", "threshold", "perks")}
        tier |= {"created_at": TIER_OPENED, "updated_at": TIER_OPENED}
    return _common(ground, row, fields, live=True) | {
        "vip_tier": tier,
        "remote_updated_at": fields["remote_updated_at"],
        "event_type": event_type,
    }


def _common(
    ground: Ground, row: int, fields: dict[str, Any], *, live: bool = False
) -> dict[str, Any]:
    switches = ground.switches
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


def show_entry(entry: Entry) -> dict[str, Any]:
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


def hook_body(ground: Ground, members: Members, entry: Entry) -> dict[str, Any]:
    """Return the flat body of a `points_event/created` webhook."""
    customer = snapshot(ground, members, entry.member_row, "points_event/created")
    customer = {key: value for key, value in customer.items() if key not in NOT_IN_EVENTS}
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
        "order_id": entry.order[0] if entry.order else None,
        "customer": customer,
    }
