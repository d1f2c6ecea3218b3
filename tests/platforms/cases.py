"""The platforms that the conformance suite is run for. A new one adds a case here.

Every case needs a side in the sandbox, which is asked as the platform is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loyalty_desk.settings.stores_file import OWN_PLATFORMS

TRIFFT_OTHERWISE = {
    "path.members": "/crm/members",
    "path.member": "/crm/member?type=ID&value={member_id}",
    "path.member_by_email": "/crm/member?type=EMAIL&value={email}",
    "path.transaction": "/crm/transactions",
    "path.transactions": "/crm/transactions?member={member_id}",
    "page.parameter": "p",
    "page.first": 0,
    "page.size_parameter": "per_page",
    "page.size": 500,  # more than there are in a page
    "updated.parameter": "modified_from",
    "answer.data": "result",
    "member.id": "member_id",
    "member.email": "email_address",
    "member.first_name": "first_name",
    "member.last_name": "last_name",
    "member.points": "wallet_points",
    "member.points_pending": "wallet_pending",
    "member.tier": "level.name",
    "member.tier_threshold": "level.threshold",
    "member.status": "state",
    "member.support_id": "support_id",
    "member.referral_code": "referral_id",
    "member.referral_url": "referral_link",
    "member.birthday": "born_on",
    "member.segments": "member_segments",
    "member.coupons": "user_coupons",
    "member.favorite_location": "favourite_location.name",
    "member.shop_id": "params.shop_id",
    "transaction.own_id": "external_id",
    "transaction.type": "kind",
    "transaction.time": "ts",
    "transaction.member_id_type": "member_type",
    "transaction.member_id": "member",
    "transaction.amount": "total",
    "transaction.currency": "currency_code",
    "transaction.points": "forced_points",
    "transaction.venue_id_type": "venue_type",
    "transaction.venue_id": "venue",
    "transaction.note": "remark",
    "value.type": "correction",
    "value.currency": "EUR",
    "entry.id": "uid",
    "entry.own_id": "external_id",
    "entry.state": "wallet_state",
    "entry.cancelled": "voided",
    "entry.points": "forced_points",
    "entry.time": "ts",
    "entry.note": "remark",
    "entry.order": "external_id",
    "entry.pending_until": "credited_on",
}
"""The table of TRIFFT with every name corrected, for an account where each guess was wrong."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One account of one platform, and what the sandbox calls things there."""

    name: str
    award_route: str
    member_route: str
    ledger_route: str
    hides_entries: str
    """The switch with the seconds until a booking shows."""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, Any] = field(default_factory=dict)
    variant: str = ""

    def __str__(self) -> str:
        return self.name + self.variant


CASES = (
    Case(
        name="rivo",
        award_route="*points_events*",
        member_route="*customers*",
        ledger_route="*points_events*",
        hides_entries="rivo_event_visible_after_s",
    ),
    Case(
        name="trifft",
        award_route="*/transaction",
        member_route="*/member/*",
        ledger_route="*/transaction",
        hides_entries="trifft_entry_visible_after_s",
    ),
    Case(
        name="trifft",
        award_route="*/transactions",
        member_route="*/crm/member",
        ledger_route="*/transactions",
        hides_entries="trifft_entry_visible_after_s",
        overrides=TRIFFT_OTHERWISE,
        switches={"trifft_style": "other"},
        variant="-otherwise",
    ),
    Case(
        name="smile",
        award_route="*points_transactions*",
        member_route="*customers*",
        ledger_route="*points_transactions*",
        hides_entries="smile_entry_visible_after_s",
    ),
    Case(
        name="loyaltylion",
        award_route="*points",
        member_route="*/customers",
        ledger_route="*/transactions",
        hides_entries="loyaltylion_entry_visible_after_s",
    ),
)


def test_every_platform_has_a_case() -> None:
    assert {case.name for case in CASES} == set(OWN_PLATFORMS)
