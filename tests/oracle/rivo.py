"""Rivo, from the notes on its Merchant REST API, "Customer resource", and from its user guide."""

from __future__ import annotations

from tests.oracle.reading import (
    UNTOLD,
    Row,
    Told,
    at,
    first_told,
    money,
    name_of,
    shown_date,
    text,
    told,
    whole,
)

PROFILE_URL = "https://www.shopify.com/admin/customers/{member_id}"
"""The id is that of the Shopify customer, and Rivo documents no address of its own."""
STATUSES = {
    "member": "member",
    "guest": "guest",
    "candidate": "guest",
    "excluded": "excluded",
}
PLACES = {
    "email": ("email", text),
    "credits_balance": ("credits_tally", money),
    "tier": ("vip_tier.name", text),
    "next_tier": ("next_vip_tier.name", text),
    "referral_url": ("referral_url", text),
    "referral_code": ("referral_code", text),
    "birthday": ("dob", text),
    "points_expire_on": ("points_expire_at", shown_date),
}


def read(row: Row) -> Told:
    """Read one customer's attributes."""
    points = first_told(at(row, "points_tally"), at(row, "loyalty_points_tally"))
    fields = told(row, PLACES) | name_of(row, "first_name", "last_name")
    if points is not UNTOLD:
        fields["points_balance"] = None if points is None else whole(points)
    return Told(str(row["id"]), STATUSES[row["loyalty_status"].lower()], fields)
