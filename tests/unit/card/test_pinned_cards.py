"""Cards as they stand in every account today; with another byte a sync writes them all anew."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.card.cards import absent_card, card_json, fingerprint, member_card
from loyalty_desk.card.texts import with_texts
from loyalty_desk.records import MemberStatus, Outcome

EVERYTHING = {
    "name": "Ada Example",
    "points_balance": 1840,
    "points_pending": 25,
    "credits_balance": "12.5",
    "tier": "Gold",
    "next_tier": "Platinum",
    "points_to_next_tier": 160,
    "points_expire_on": "2027-03-05",
    "referral_url": "https://shop.example/r/7",
    "referral_code": "ADA7",
    "support_id": "S-4711",
    "segments": ["New", "VIP"],
    "coupons": [
        {"name": "Tea for two", "value": "5", "code": "T5", "expires_on": "2027-01-31"},
    ],
    "favorite_location": "Harbour Street",
    "birthday": "03-19",
    "profile_url": "https://admin.example/members/7",
}
MEMBERS = [
    (EVERYTHING, MemberStatus.MEMBER, "35cb23c3838410a523301e9ad115ef46"),
    ({"name": "Zoë Łukasz"}, MemberStatus.MEMBER, "8558fbe6db1de9b42d500c7f23901dbe"),
    ({"points_balance": 0, "segments": []}, MemberStatus.GUEST, "0237e2820b49133bc9f687372c347d66"),
]
NOT_FOUND = "We found no loyalty account for this e-mail address."
NOT_VALID = (
    "The e-mail address that we have of you is not valid, so we could not find a loyalty account."
)
NOBODY = {
    Outcome.CUSTOMER_NOT_FOUND: ("Not a member of the programme", NOT_FOUND),
    Outcome.NOT_A_MEMBER: ("Not a member of the programme", NOT_FOUND),
    Outcome.NO_EMAIL: (
        "Not a member of the programme (no e-mail address to look up)",
        "We have no e-mail address of yours to find a loyalty account by.",
    ),
    Outcome.INVALID_EMAIL: (
        "Not a member of the programme (the e-mail address is not valid)",
        NOT_VALID,
    ),
    Outcome.AMBIGUOUS: (
        "Membership unclear: more than one loyalty account fits",
        "We are still checking which loyalty account is yours.",
    ),
    Outcome.EXCLUDED: (
        "Excluded from the programme",
        "We found no active loyalty account for this e-mail address.",
    ),
    Outcome.ERASED: ("Not a member of the programme", NOT_FOUND),
}
PINNED = {
    Outcome.CUSTOMER_NOT_FOUND: "2b12fa2912a59029571c5047c9e694f9",
    Outcome.NOT_A_MEMBER: "52f04e963af7478a12976efb1ddc0b7a",
    Outcome.NO_EMAIL: "4b759c9384be8c4b3de4cac81481d454",
    Outcome.INVALID_EMAIL: "b57b8ae7c93db0af2e532835a2885b23",
    Outcome.AMBIGUOUS: "5a9670042c45c803c31bb9b37085f405",
    Outcome.EXCLUDED: "d1142d099a718f4efc4e67343bb550e5",
    Outcome.ERASED: "df2c5870825cc01f5422232df0137bc3",
}


@pytest.mark.parametrize(("fields", "status", "pinned"), MEMBERS)
def test_a_members_card_is_the_one_that_stands_in_gorgias(
    fields: dict[str, Any], status: MemberStatus, pinned: str
) -> None:
    assert fingerprint(member_card("7", status, fields)) == pinned


def test_a_card_is_kept_as_json_with_sorted_keys() -> None:
    assert card_json(member_card("7", MemberStatus.GUEST, {"points_balance": 0})) == (
        '{"member":true,"member_id":"7","points_balance":0,"status":"guest",'
        '"summary":"0 points, guest"}'
    )


@pytest.mark.parametrize("outcome", PINNED)
def test_everybody_elses_card_is_the_one_that_stands_in_gorgias(outcome: Outcome) -> None:
    card = absent_card(outcome)
    summary, sentence = NOBODY[outcome]

    assert fingerprint(card) == PINNED[outcome]
    assert with_texts(card) == {
        "member": False,
        "status": outcome.value,
        "summary": summary,
        "balance_text": sentence,
        "tier_text": sentence,
        "referral_text": sentence,
        "last_award_text": "",
    }


def test_the_sentences_on_a_members_card_are_the_ones_that_stand_in_gorgias() -> None:
    shown = with_texts(member_card("7", MemberStatus.MEMBER, EVERYTHING))

    assert {key: shown[key] for key in shown if key.endswith("_text")} == {
        "balance_text": "You have 1,840 points and 12.5 in store credit.",
        "tier_text": "Your VIP tier is Gold. Next is Platinum, 160 points away.",
        "referral_text": "Your referral link: https://shop.example/r/7",
        "last_award_text": "",
    }
