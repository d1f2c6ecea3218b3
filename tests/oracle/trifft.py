"""TRIFFT, from its user guide ("What's in the TRIFFT widget") and the notes on its API.

The guide promises name, support id, referral id, points, tier, segments, coupons with their values,
favourite location and a link to the profile. The names of the fields are nowhere to be seen; these
are the ones that the sandbox has, as an account would that answers by our guesses.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.oracle.reading import Row, Told, at, money, name_of, text, told, whole

CENTS = 100
"""Money is always in cents; points never are (pitfall 1)."""


def _segments(rows: list[Any]) -> list[str]:
    return [text(row["name"]) for row in rows]


def _coupons(rows: list[Row]) -> list[dict[str, Any]]:
    return [_coupon(row) for row in rows]


def _coupon(row: Row) -> dict[str, Any]:
    coupon = {
        "name": at(row, "name"),
        "value": None if row.get("value") is None else money(Decimal(str(row["value"])) / CENTS),
        "code": row.get("code"),
        "expires_on": row.get("expiresAt"),
    }
    return {name: value for name, value in coupon.items() if value is not None}


PLACES = {
    "email": ("email", text),
    "points_balance": ("points", whole),
    "points_pending": ("pendingPoints", whole),
    "tier": ("tier.name", text),
    "support_id": ("supportId", text),
    "referral_code": ("referralCode", text),
    "referral_url": ("referralUrl", text),
    "birthday": ("birthDate", text),
    "segments": ("segments", _segments),
    "coupons": ("coupons", _coupons),
    "favorite_location": ("favouriteVenue.name", text),
}


def read(row: Row) -> Told:
    """Read one member. Who is not said to be a guest or taken out takes part."""
    status = at(row, "status")
    return Told(
        str(row["id"]),
        status if status in {"guest", "excluded"} else "member",
        told(row, PLACES) | name_of(row, "firstName", "lastName"),
    )
