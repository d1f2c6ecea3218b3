"""What other platforms tell of the people whom `expected` works out from Rivo's answers."""

from __future__ import annotations

from sandbox.running import Sandbox
from tests.flow.expected import Card

UNTOLD: dict[str, set[str]] = {
    "rivo": set(),
    "trifft": {"credits_balance", "points_expire_on"},
    "smile": {"credits_balance", "points_expire_on", "referral_code"},
    "loyaltylion": {"credits_balance", "points_expire_on"},
}
YEAR = {"rivo": "", "trifft": "1990-", "smile": "", "loyaltylion": "1988-"}
"""What stands before the day of a birthday: Rivo and Smile do not tell the year."""


def ids_by_rivo_id(sandbox: Sandbox, platform: str) -> dict[str, str]:
    """Members' ids on a platform by their ids on Rivo: both list them in one order."""
    rivo, other = (
        sandbox.control(name, "GET", "members?limit=100000")["data"] for name in ("rivo", platform)
    )
    return {str(one["id"]): str(two["id"]) for one, two in zip(rivo, other, strict=True)}


def as_told_by(platform: str, card: Card, ids: dict[str, str]) -> Card:
    """A card that follows from Rivo's answers, as it follows from the platform's."""
    told = {key: value for key, value in card.items() if key not in UNTOLD[platform]}
    if "member_id" in told:
        told["member_id"] = ids[told["member_id"]]
    if "birthday" in told:
        told["birthday"] = YEAR[platform] + told["birthday"]
    return told
