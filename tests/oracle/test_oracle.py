"""The oracle itself: what it makes of each platform's answers, and that it finds what is spoilt.

The rows are written from the platforms' documents and the user guides; none comes from the sandbox.
"""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.oracle.cards import Card, differences, shown_cards
from tests.oracle.emails import email_key
from tests.oracle.matching import moment
from tests.oracle.oracle import Oracle, expected_cards

TIER = {"id": 77, "name": "Gold", "threshold": 500, "perks": [], "icon_url": None, "rewards": []}
MIRA_ON_RIVO = {
    "id": 6400000000123,
    "email": "mira@shop.example",
    "first_name": "Mira",
    "last_name": "Holm",
    "loyalty_status": "member",
    "points_tally": 1820,
    "credits_tally": "12.50",
    "dob": "03-19",
    "referral_url": "https://shop.example?referral_code=AbC123",
    "referral_code": "AbC123",
    "points_expire_at": "March 05, 2027",
    "vip_tier": TIER,
    "next_vip_tier": TIER | {"id": 78, "name": "Platinum", "threshold": 2000},
}
MIRA_ON_TRIFFT = {
    "id": "mem-7",
    "email": "mira@shop.example",
    "firstName": "Mira",
    "lastName": "Holm",
    "points": 1820,
    "pendingPoints": 40,
    "tier": {"name": "Gold", "threshold": 500},
    "status": "member",
    "supportId": "S000123",
    "referralCode": "AbC123",
    "referralUrl": "https://shop.example/r/AbC123",
    "birthDate": "1990-03-19",
    "segments": [{"id": 1, "name": "Registered in last 7 days"}, {"id": 2, "name": "VIP"}],
    "coupons": [
        {"id": 9, "name": "5 off", "value": 1223, "code": "FIVE", "expiresAt": "2027-03-05"},
        {"id": 10, "name": "Free coffee", "value": None, "code": None, "expiresAt": None},
    ],
    "favouriteVenue": {"name": "Lakeside Store"},
    "params": {},
}
IDA_ON_SMILE = {
    "id": 501,
    "first_name": "Ida",
    "last_name": None,
    "email": "ida@shop.example",
    "state": "member",
    "date_of_birth": "1004-11-02",
    "points_balance": 140,
    "referral_url": "http://refs.shop.example/x1",
    "vip_tier_id": 9,
    "vip_status": {"vip_tier_id": 9, "next_vip_tier_id": 10, "delta_to_next_vip_tier": 360.0},
}
SMILE_TIERS = [{"id": 9, "name": "Insider"}, {"id": 10, "name": "Ambassador"}]
OLAF_ON_LOYALTYLION = {
    "id": 88,
    "merchant_id": "70012",
    "email": "olaf@shop.example",
    "points_approved": 260,
    "points_pending": 40,
    "points_spent": 100,
    "properties": {"first_name": "Olaf"},
    "blocked": False,
    "guest": False,
    "enrolled": True,
    "referral_id": None,
    "loyalty_tier_membership": {"manual": False, "loyalty_tier": {"id": 3, "name": "Silver"}},
    "insights_segment": "At Risk",
    "birthday": None,
    "referral_url": "https://refs.shop.example/o",
}
PROFILE_URL = "https://admin.shop.example/members/{member_id}"
ANSWERS: dict[str, dict[str, Any]] = {
    "rivo": {"data": [MIRA_ON_RIVO]},
    "trifft": {"data": [MIRA_ON_TRIFFT]},
    "smile": {"data": [IDA_ON_SMILE], "vip_tiers": SMILE_TIERS},
    "loyaltylion": {"data": [OLAF_ON_LOYALTYLION]},
}
CARDS: dict[str, Card] = {
    "rivo": {
        "member": True,
        "member_id": "6400000000123",
        "name": "Mira Holm",
        "status": "member",
        "points_balance": 1820,
        "credits_balance": "12.5",
        "tier": "Gold",
        "next_tier": "Platinum",
        "referral_url": "https://shop.example?referral_code=AbC123",
        "referral_code": "AbC123",
        "points_expire_on": "2027-03-05",
        "birthday": "03-19",
        "profile_url": "https://www.shopify.com/admin/customers/6400000000123",
        "summary": "1,820 points, Gold",
    },
    "trifft": {
        "member": True,
        "member_id": "mem-7",
        "name": "Mira Holm",
        "status": "member",
        "points_balance": 1820,
        "points_pending": 40,
        "tier": "Gold",
        "support_id": "S000123",
        "referral_url": "https://shop.example/r/AbC123",
        "referral_code": "AbC123",
        "birthday": "1990-03-19",
        "segments": ["Registered in last 7 days", "VIP"],
        "coupons": [
            {"name": "5 off", "value": "12.23", "code": "FIVE", "expires_on": "2027-03-05"},
            {"name": "Free coffee"},
        ],
        "favorite_location": "Lakeside Store",
        "profile_url": "https://admin.shop.example/members/mem-7",
        "summary": "1,820 points, Gold",
    },
    "smile": {
        "member": True,
        "member_id": "501",
        "name": "Ida",
        "status": "member",
        "points_balance": 140,
        "tier": "Insider",
        "next_tier": "Ambassador",
        "referral_url": "http://refs.shop.example/x1",
        "birthday": "11-02",
        "profile_url": "https://admin.shop.example/members/501",
        "summary": "140 points, Insider",
    },
    "loyaltylion": {
        "member": True,
        "member_id": "88",
        "name": "Olaf",
        "status": "member",
        "points_balance": 260,
        "points_pending": 40,
        "tier": "Silver",
        "referral_url": "https://refs.shop.example/o",
        "segments": ["At Risk"],
        "profile_url": "https://admin.shop.example/members/88",
        "summary": "260 points, Silver",
    },
}
CUSTOMER_ID = 7001


def customer(email: str | None, customer_id: int = CUSTOMER_ID, **fields: Any) -> dict[str, Any]:
    return {"id": customer_id, "email": email, "channels": [], "data": None, **fields}


def ticket(customer_id: int = CUSTOMER_ID, days_ago: float = 1) -> dict[str, Any]:
    stamp = datetime.now(UTC) - timedelta(days=days_ago)
    return {"customer": {"id": customer_id}, "updated_datetime": stamp.isoformat()}


def oracle_of(platform: str, **values: Any) -> Oracle:
    link = None if platform == "rivo" else PROFILE_URL
    return Oracle(platform=platform, profile_url=link, **values)


def answers_with(platform: str, change: dict[str, Any] | None = None) -> dict[str, Any]:
    """The platform's answer about the one member, changed at some fields."""
    answers = copy.deepcopy(ANSWERS[platform])
    answers["data"][0] |= change or {}
    return answers


def card_of(oracle: Oracle, answers: dict[str, Any]) -> Card:
    address = ANSWERS[oracle.platform]["data"][0]["email"]
    return oracle.cards(answers, [customer(address)], [ticket()])[CUSTOMER_ID]


@pytest.mark.parametrize("platform", CARDS)
def test_a_row_as_its_document_has_it_becomes_the_card_that_follows(platform: str) -> None:
    assert card_of(oracle_of(platform), answers_with(platform)) == CARDS[platform]


# Spoilt one by one, each on a right card: what is on it in place of what should be.
SPOILT = {
    "a wrong next tier": ("rivo", "next_tier", "Silver"),
    "a wrong next tier of another platform": ("smile", "next_tier", "Insider"),
    "a next tier that is missing": ("rivo", "next_tier", None),
    "a missing coupon": ("trifft", "coupons", CARDS["trifft"]["coupons"][:1]),
    "all coupons missing": ("trifft", "coupons", None),
    "a coupon in units instead of cents": (
        "trifft",
        "coupons",
        [{**CARDS["trifft"]["coupons"][0], "value": "1223"}, CARDS["trifft"]["coupons"][1]],
    ),
    "a segment of somebody else": ("trifft", "segments", ["Without Transaction", "VIP"]),
    "a segment too many": ("loyaltylion", "segments", ["At Risk", "Loyal"]),
    "a stale profile link": ("trifft", "profile_url", "https://admin.shop.example/members/mem-6"),
    "a stale profile link to the shop": (
        "rivo",
        "profile_url",
        "https://www.shopify.com/admin/customers/6400000000260",
    ),
    "a wrong support id": ("trifft", "support_id", "S000124"),
    "a favourite location left out": ("trifft", "favorite_location", None),
    "a balance as text": ("smile", "points_balance", "140"),
    "a flag for a number": ("loyaltylion", "member", 1),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_spoilt_is_named_with_customer_and_field(what: str) -> None:
    platform, name, value = SPOILT[what]
    right = {CUSTOMER_ID: CARDS[platform], 7002: CARDS[platform]}
    card = {**CARDS[platform], name: value}
    spoilt = {7002: CARDS[platform], CUSTOMER_ID: {k: v for k, v in card.items() if v is not None}}

    found = list(differences(right, spoilt))

    shown = "nothing" if value is None else value
    should = CARDS[platform][name]
    assert found == [f"customer {CUSTOMER_ID}, {name}: {shown!r} is shown, {should!r} is right"]
    assert list(differences(right, right)) == []


def test_a_card_too_many_and_one_too_few_are_named() -> None:
    card = CARDS["rivo"]

    assert list(differences({1: card}, {2: card})) == [
        "customer 1: a card is missing",
        "customer 2: a card is too many",
    ]


CLEARS = [
    *(("rivo", {"next_vip_tier": None}, "next_tier"), ("rivo", {"dob": None}, "birthday")),
    *(("rivo", {"credits_tally": None}, "credits_balance"),),
    *(("trifft", {"favouriteVenue": None}, "favorite_location"),),
    *(("trifft", {"coupons": None}, "coupons"), ("trifft", {"supportId": ""}, "support_id")),
    *(("smile", {"referral_url": None}, "referral_url"),),
    *(("loyaltylion", {"loyalty_tier_membership": None}, "tier"),),
]


@pytest.mark.parametrize(("platform", "change", "name"), CLEARS)
def test_a_null_clears_and_a_card_that_keeps_the_value_is_named(
    platform: str, change: dict[str, Any], name: str
) -> None:
    oracle = oracle_of(platform)
    before = card_of(oracle, answers_with(platform))

    after = card_of(oracle, answers_with(platform, change))

    assert name in before
    assert name not in after
    kept = {**after, name: before[name]}
    assert list(differences({CUSTOMER_ID: after}, {CUSTOMER_ID: kept})) == [
        f"customer {CUSTOMER_ID}, {name}: {before[name]!r} is shown, 'nothing' is right"
    ]


@pytest.mark.parametrize(("platform", "change", "name"), CLEARS)
def test_what_is_not_there_keeps_what_was_known(
    platform: str, change: dict[str, Any], name: str
) -> None:
    oracle, without = oracle_of(platform), answers_with(platform)
    for place in change:
        del without["data"][0][place]

    assert name not in card_of(oracle_of(platform), without), "nothing was known before"
    before = card_of(oracle, answers_with(platform))
    assert card_of(oracle, without) == before


def test_a_guest_counts_where_guests_do() -> None:
    guest = answers_with("rivo", {"loyalty_status": "guest"})

    assert card_of(oracle_of("rivo"), guest)["summary"] == "1,820 points, Gold, guest"
    uncounted = card_of(oracle_of("rivo", guests_count=False), guest)
    assert uncounted["member"] is False
    assert "points_balance" not in uncounted


def test_who_had_a_members_card_keeps_one_that_says_that_they_are_none() -> None:
    oracle, nobody = oracle_of("rivo"), {"data": []}
    shows = customer("mira@shop.example", data={"loyalty": CARDS["rivo"]})

    cards = oracle.cards(nobody, [shows, customer("ada@shop.example", 2)], [])

    assert cards == {
        CUSTOMER_ID: {
            "member": False,
            "status": "not_a_member",
            "summary": "Not a member of the programme",
        }
    }


def test_who_is_linked_by_two_addresses_or_twice_is_unclear() -> None:
    twice = {"data": [MIRA_ON_RIVO, MIRA_ON_RIVO | {"id": 6400000000260}]}
    cards = expected_cards(twice, [customer("mira@shop.example")], [ticket()])

    assert cards[CUSTOMER_ID]["status"] == "ambiguous"


@pytest.mark.parametrize(
    "address",
    [
        *("Mira@Shop.example", " mira@shop.example\u00a0", "m\u200bira@shop.example"),
        *("\ufeffmira@shop.example", "mi\u00adra@shop.ex\u2060ample", "\uff4dira@shop.example"),
        *("mi\u034fra@shop.example", "mira\ufe0f@shop.example", '"mira"@shop.example'),
        *("mira@shop.example.", "mira@shop.exa\u3164mple"),
    ],
)
def test_one_address_in_many_spellings(address: str) -> None:
    assert email_key(address) == "mira@shop.example"


@pytest.mark.parametrize("address", ["mira", "mira@", "@shop.example", "mi ra@shop.example", "a@b"])
def test_no_address_at_all(address: str) -> None:
    assert email_key(address) is None


def test_a_stamp_without_a_zone_is_utc_wherever_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")

    assert moment("2026-01-31T09:30:00.000001") == moment("2026-01-31T10:30:00.000001+01:00")


def test_the_sentences_and_what_stands_beside_are_not_compared() -> None:
    card = {**CARDS["rivo"], "synced_at": "now", "balance_text": "You have.", "if_member": {}}

    assert shown_cards([customer(None, data={"loyalty": card})]) == {CUSTOMER_ID: CARDS["rivo"]}
