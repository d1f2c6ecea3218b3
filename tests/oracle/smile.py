"""Smile.io, from the notes on its REST API, "Customer" and "VIP tier"."""

from __future__ import annotations

from collections.abc import Mapping

from tests.oracle.reading import UNTOLD, Row, Told, at, name_of, text, told, whole

STATUSES = {"member": "member", "candidate": "guest", "disabled": "excluded"}
NO_YEAR = "1004-"


def _birthday(value: str) -> str:
    return value.removeprefix(NO_YEAR)


PLACES = {
    "email": ("email", text),
    "points_balance": ("points_balance", whole),
    "referral_url": ("referral_url", text),
    "birthday": ("date_of_birth", _birthday),
}
TIERS = {
    "tier": ("vip_status.vip_tier_id", "vip_tier_id"),  # the second is deprecated
    "next_tier": ("vip_status.next_vip_tier_id",),
}


def read(row: Row, tiers: Mapping[int, str]) -> Told:
    """Read one customer; `tiers` are the names of the tiers by their ids."""
    fields = told(row, PLACES) | name_of(row, "first_name", "last_name")
    for name, places in TIERS.items():
        tier_id = next((it for place in places if (it := at(row, place)) is not UNTOLD), UNTOLD)
        if tier_id is not UNTOLD:
            fields[name] = tiers.get(tier_id)
    return Told(str(row["id"]), STATUSES[row["state"]], fields)
