"""The card as the documents have it, the cards that stand in Gorgias, and where the two differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

Card = dict[str, Any]
NOT_COMPARED = frozenset(
    {
        # Sentences, which tests of their own are about.
        *("balance_text", "tier_text", "referral_text", "last_award_text"),
        # When it was written, and the same once more in the words of people.
        *(
            "synced_at",
            "as_of",
            "if_member",
            "if_not_member",
            "reason",
            "what_to_do",
            "activity_text",
            "movements_text",
        ),
    }
)
SUMMARIES = {
    "ambiguous": "Membership unclear: more than one loyalty account fits",
    "excluded": "Excluded from the programme",
    "no_email": "Not a member of the programme (no e-mail address to look up)",
    "invalid_email": "Not a member of the programme (the e-mail address is not valid)",
    "customer_not_found": "Not a member of the programme",
    "not_a_member": "Not a member of the programme",
}
NOTHING = "nothing"


def member_card(
    member_id: str, status: str, fields: Mapping[str, Any], profile_url: str | None
) -> Card:
    """The card of a member: what is known, and no address that a browser should not open."""
    card = {name: value for name, value in fields.items() if value is not None}
    card.pop("email", None)
    if profile_url:
        card["profile_url"] = profile_url.format(member_id=member_id)
    if not _is_web(card.get("referral_url", "")):
        card.pop("referral_url", None)
    said = []
    if "points_balance" in card:
        said.append(f"{card['points_balance']:,} points")
    said += [card["tier"]] if "tier" in card else []
    said += ["guest"] if status == "guest" else []
    summary = ", ".join(said) or "Member"
    return {"member": True, "member_id": member_id, "status": status, "summary": summary, **card}


def absent_card(reason: str) -> Card:
    """The card of somebody without a member: no balance, and a line that says why."""
    return {"member": False, "status": reason, "summary": SUMMARIES[reason]}


def shown_cards(customers: Iterable[Mapping[str, Any]]) -> dict[int, Card]:
    """The cards that Gorgias holds, by customer id, without what is not compared."""
    return {
        customer["id"]: {key: card[key] for key in card.keys() - NOT_COMPARED}
        for customer in customers
        if (card := (customer["data"] or {}).get("loyalty")) is not None
    }


def differences(
    wanted: Mapping[Any, Card], shown: Mapping[Any, Card], whose: str = "customer"
) -> Iterator[str]:
    """Each field of each customer, or whoever else is named, that is not as it should be."""
    for one in sorted(wanted.keys() | shown.keys()):
        want, show = wanted.get(one), shown.get(one)
        if want is None or show is None:
            yield f"{whose} {one}: a card is {'missing' if want else 'too many'}"
            continue
        for name in sorted(want.keys() | show.keys()):
            should, does = want.get(name, NOTHING), show.get(name, NOTHING)
            if should != does or type(should) is not type(does):
                yield f"{whose} {one}, {name}: {does!r} is shown, {should!r} is right"


def _is_web(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
