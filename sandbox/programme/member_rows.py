"""What a generated member is, computed from the row number."""

from typing import Any

from sandbox.clock import DAY_US, display_date, iso_z
from sandbox.ground import Ground
from sandbox.mixing import mix
from sandbox.people import Person
from sandbox.programme.ids import NumberedIds

SHOP_URL = "https://lakeside-tea.example"
# In no order, as live answers are: clients sort by threshold.
TIERS: tuple[tuple[int, str, int], ...] = (
    (77, "Gold", 500),
    (75, "Bronze", 0),
    (78, "Platinum", 2000),
    (76, "Silver", 200),
)
TIER_IDS_BY_RANK = (75, 76, 77, 78)


MEMBER_IDS = NumberedIds(6_400_000_000_123, 137)
"""Shopify customer ids of 13 digits."""
member_id_of, find_row_of = MEMBER_IDS.of, MEMBER_IDS.find_row
first_row_beyond = MEMBER_IDS.first_beyond


def ledger_amounts(ground: Ground, row: int) -> tuple[int, int, str, int, int]:
    """Return the three generated ledger entries that make up a member's balance.

    (points earned, points spent, kind of the third, its points, credits in cents). The third is
    `credits`, `revoked`, `hidden` or `manual`; only `manual` counts towards the points.
    """
    person = ground.people.person(ground.people.owner_of_member(row))
    dice = mix(ground.seed, 31, row)
    earned = 20 + dice % 3_000
    spent = (dice >> 16) % (earned + 1) if dice % 3 else 0
    kind = ("credits", "revoked", "hidden", "manual", "manual")[(dice >> 32) % 5]
    third = 0 if kind == "credits" else 5 + (dice >> 40) % 200
    if person.trouble == "negative_balance":
        kind, third = "manual", -(earned - spent) - 1 - dice % 90
    elif person.trouble == "zero_balance" or dice % 11 == 0:
        kind, third = "manual", -(earned - spent)
    credit_cents = 50 + 10 * ((dice >> 48) % 600) if kind == "credits" else 0
    return earned, spent, kind, third, credit_cents


def credit_text(cents: int) -> str:
    """Write an amount of cents as Rivo writes credits: "12.5", "0.25", "0.0"."""
    text = f"{cents / 100:.2f}"
    return text[:-1] if text.endswith("0") else text


def generate(ground: Ground, row: int) -> dict[str, Any]:
    """Return a generated member's attributes under the live names; `status` and `tier_id` beside.

    `status` is `member`, `guest` or `excluded`, whatever its spelling on the wire.
    """
    person = ground.people.person(ground.people.owner_of_member(row))
    earned, spent, kind, third, credit_cents = ledger_amounts(ground, row)
    dice = mix(ground.seed, 32, row)
    base_us = ground.clock.base_us
    first, last = _names(person)
    code = f"{dice & 0xFFFFFFFF:08X}"
    expires_us = base_us + (10 + dice % 300) * DAY_US
    return {
        "email": person.member_email,
        "first_name": first,
        "last_name": last,
        "accepts_marketing": dice % 2 == 0,
        "orders_count": dice % 30,
        "verified_email": dice % 5 != 0,
        "total_spent": round((dice >> 8) % 200_000 / 100, 2),
        "shopify_tags": ["club"] if dice % 4 == 0 else [],
        "status": _status(person, dice),
        "status_changed_at": iso_z(base_us - (30 + dice % 900) * DAY_US),
        "points_tally": earned - spent + (third if kind == "manual" else 0),
        "credits_tally": credit_text(credit_cents),
        "dob": f"{1 + dice % 12:02d}-{1 + (dice >> 12) % 28:02d}" if dice % 5 < 3 else None,
        "dob_last_updated_at": iso_z(base_us - 400 * DAY_US) if dice % 5 < 3 else None,
        "referral_url": "" if dice % 29 == 0 else f"{SHOP_URL}?referral_code={code}",
        "referral_code": code,
        "points_expire_at_us": expires_us if dice % 3 == 0 else None,
        "remote_updated_at": iso_z(base_us - (1 + dice % 700) * DAY_US),
        "tier_id": None if dice % 13 == 0 else TIER_IDS_BY_RANK[(dice >> 20) % 10 // 3],
        "shows_next_tier": dice % 3 == 1,
        "lifetime_earnings_tally": earned if dice % 6 == 0 else None,
        "completed_earning_rule_ids": [5511] if dice % 2 else [],
        "icon_url": None,
    }


def expiry_text(moment_us: int | None, iso: bool) -> str | None:  # noqa: FBT001 - a format
    """Write the day on which points expire, as a display date or ISO."""
    if moment_us is None:
        return None
    return iso_z(moment_us) if iso else display_date(moment_us)


def _names(person: Person) -> tuple[str | None, str | None]:
    hostile = {
        "html_name": "<script>alert(1)</script>",
        "formula_name": '=HYPERLINK("http://click.example","prize")',
    }.get(person.trouble)
    return hostile or person.first, person.last


def _status(person: Person, dice: int) -> str:
    if person.trouble in ("guest", "excluded"):
        return person.trouble
    return "guest" if dice % 60 == 17 else "member"
