"""What is guessed of TRIFFT's API: every path and name, with what a row tells of the card by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from loyalty_desk.platforms.guesses import Guess


def _field(value: str | None, about: str) -> Guess:
    return Guess(value=value, about=about)


def _needed(value: str | int, about: str, *fills: str) -> Guess:
    return Guess(value=value, about=about, fills=fills, may_be_null=False)


def _word(value: str, about: str) -> Guess:
    return Guess(value=value, about=about, dotted=False)


GUESSES: Final[Mapping[str, Guess]] = {
    "path.members": Guess(value="/member", about="the list of members; null: there is none"),
    "path.member": _needed("/member/{member_id}", "one member", "member_id"),
    "path.member_by_email": _needed("/member/email/{email}", "one member by address", "email"),
    "path.transaction": _needed("/transaction", "where a transaction is posted"),
    "path.transactions": Guess(
        value="/member/{member_id}/transaction",
        about="a member's transactions; null: a booking whose answer was lost is for a person",
        fills=("member_id",),
    ),
    "page.parameter": _needed("page", "the query parameter with the number of a page"),
    "page.first": _needed(1, "the number of the first page"),
    "page.size_parameter": _needed("limit", "the query parameter with the size of a page"),
    "page.size": _needed(100, "how many rows are asked for"),
    "updated.parameter": _field(
        None, "the query parameter that cuts the list to what changed; null: full reads only"
    ),
    "answer.data": _field("data", "where an answer holds what was asked for; null: it is that"),
    "member.id": _needed("id", "a member's id"),
    "member.email": _needed("email", "the address"),
    "member.first_name": _field("firstName", "the first name"),
    "member.last_name": _field("lastName", "the last name"),
    "member.points": _field("points", "the balance of points"),
    "member.points_pending": _field("pendingPoints", "points that are credited later"),
    "member.tier": _field("tier.name", "the tier's name"),
    "member.tier_threshold": _field("tier.threshold", "what the tier starts at"),
    "member.status": _field("status", "whether somebody takes part"),
    "member.support_id": _field("supportId", "the id that members tell support"),
    "member.referral_code": _field("referralCode", "the id by which others are referred"),
    "member.referral_url": _field("referralUrl", "the address to share"),
    "member.birthday": _field("birthDate", "the birthday"),
    "member.segments": _field("segments", "the list of segments"),
    "member.coupons": _field("coupons", "the list of coupons"),
    "member.favorite_location": _field("favouriteVenue.name", "the favourite location"),
    "member.shop_id": _field(None, "the customer's id in the shop, such as params.shop_id"),
    "segment.name": _field("name", "a segment's name, where segments are objects"),
    "coupon.name": _field("name", "a coupon's name"),
    "coupon.value": _field("value", "a coupon's redeem value, in cents"),
    "coupon.percent": _field(None, "a coupon's value in percent, where it is no amount"),
    "coupon.usable": _field(None, "whether a coupon can be used now, true or false"),
    "coupon.code": _field("code", "a coupon's code"),
    "coupon.expires_on": _field("expiresAt", "a coupon's last day"),
    "word.guest": _word("guest", "the status of somebody who has not joined"),
    "word.excluded": _word("excluded", "the status of somebody who was taken out"),
    "transaction.own_id": _needed("transactionId", "field 1: our own id"),
    "transaction.type": _needed("type", "field 2: the type"),
    "transaction.time": _needed("time", "field 3: UNIX seconds"),
    "transaction.member_id_type": _needed("memberIdType", "field 4: the type of the member's id"),
    "transaction.member_id": _needed("memberId", "field 5: the member's id"),
    "transaction.amount": _needed("amount", "field 6: the amount in cents"),
    "transaction.currency": _needed("currency", "field 7: the currency"),
    "transaction.points": _needed("points", "field 8: the forced points"),
    "transaction.venue_id_type": _needed("venueIdType", "field 9: the type of the venue's id"),
    "transaction.venue_id": _needed("venueId", "field 10: the venue's id"),
    "transaction.note": _needed("note", "field 11: the note that the member sees"),
    "value.type": _needed("standard", "what the type of an award is"),
    "value.member_id_type": _needed("MemberID", "what the type of a member's id is"),
    "value.currency": Guess(
        value="USD", about="the programme's currency", may_be_null=False, dotted=False
    ),
    "value.venue_id_type": _needed("CustomParam", "what the type of a venue's id is"),
    "value.venue_id": Guess(
        value=None, about="the venue of an award, such as slug:value", dotted=False
    ),
    "entry.id": _needed("id", "a transaction's id at TRIFFT"),
    "entry.own_id": _needed("transactionId", "our own id of a transaction"),
    "entry.state": _field("state", "whether a transaction's points are credited"),
    "entry.cancelled": _field("cancelled", "whether a transaction was taken back"),
    "entry.points": _field("points", "a transaction's points, signed; null: no movement is shown"),
    "entry.time": _field("time", "when a transaction was, in UNIX seconds"),
    "entry.note": _field("note", "its note, which the member sees"),
    "entry.order": _field(
        "transactionId", "the number of the order that a transaction is for; null: it is not told"
    ),
    "entry.pending_until": _field(None, "the day on which a pending transaction is credited"),
    "word.pending": _word("pending", "the state of one that is credited later"),
    "webhook.member_id": _needed("member_id", "where your webhook's body holds the member's id"),
    "webhook.header": Guess(
        value="x-webhook-secret",
        about="the header that holds the secret, where no login is set",
        may_be_null=False,
        dotted=False,
    ),
    "profile_url": Guess(
        value=None,
        about="where a person opens a member in TRIFFT's admin, with {member_id} in it",
        fills=("member_id",),
    ),
}

CARD_KEYS: Final = {
    "points_balance": "member.points",
    "points_pending": "member.points_pending",
    "name": "member.first_name",
    "tier": "member.tier",
    "support_id": "member.support_id",
    "referral_code": "member.referral_code",
    "referral_url": "member.referral_url",
    "birthday": "member.birthday",
    "segments": "member.segments",
    "coupons": "member.coupons",
    "favorite_location": "member.favorite_location",
    "profile_url": "profile_url",
}
"""Keys of the card by the guess that each needs."""
TOLD_AT: Final[Mapping[str, tuple[str, ...]]] = {
    **{name: (key,) for name, key in CARD_KEYS.items() if name != "profile_url"},
    "name": ("member.first_name", "member.last_name"),
    "email": ("member.email",),
    "external_id": ("member.shop_id",),
}
"""By which guesses a row tells each field; null or empty there says that there is none."""
