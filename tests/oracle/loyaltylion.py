"""LoyaltyLion, from the notes on its Admin API v2, "Customer"."""

from __future__ import annotations

from tests.oracle.reading import UNTOLD, Row, Told, at, name_of, text, told, whole

PLACES = {
    "email": ("email", text),
    "points_balance": ("points_approved", whole),  # what can be spent (pitfall 1)
    "points_pending": ("points_pending", whole),
    "tier": ("loyalty_tier_membership.loyalty_tier.name", text),
    "referral_url": ("referral_url", text),
    "referral_code": ("referral_id", text),
    "birthday": ("birthday", text),
}


def read(row: Row) -> Told:
    """Read one customer. There is no status: it follows from the flags."""
    fields = told(row, PLACES)
    name = name_of(row, "properties.first_name", "properties.last_name")
    fields |= name if name.get("name") else {**name_of(row, "properties.name"), **name}
    segment = at(row, "insights_segment")
    if segment is not UNTOLD:
        fields["segments"] = [] if segment is None else [text(segment)]
    status = "member" if row["enrolled"] else "guest"
    return Told(str(row["id"]), "excluded" if row["blocked"] else status, fields)
