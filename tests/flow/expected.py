"""What should stand in Gorgias after a sync, worked out person by person in plain Python.

Shares no code with the product: it reads the sandbox's own objects and applies the rules of the
documentation one customer at a time, where the product works in sets.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import idna

Card = dict[str, Any]

COMPARED = (
    "member",
    "member_id",
    "name",
    "status",
    "points_balance",
    "credits_balance",
    "tier",
    "referral_url",
    "referral_code",
    "birthday",
    "points_expire_on",
    "summary",
)


def email_key(address: str | None) -> str | None:
    """The key of an address, or None for one that nobody can be found by."""
    text = unicodedata.normalize("NFKC", address or "").strip().lower()
    if text.count("@") != 1 or any(letter.isspace() for letter in text):
        return None
    local, domain = text.split("@")
    if not local or "." not in domain.strip("."):
        return None
    return f"{local}@{idna.encode(domain, uts46=True).decode()}"


def expected_cards(
    members: Iterable[Mapping[str, Any]],
    customers: Iterable[Mapping[str, Any]],
    tickets: Iterable[Mapping[str, Any]],
    survivors: Collection[int] = (),
) -> dict[int, Card]:
    """The card of each customer that should have one, by customer id, cut to `COMPARED`.

    Further addresses count for who has a recent ticket, and for the `survivors` of merges, who show
    the card of whom they took in.
    """
    customers = list(customers)
    holders: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    excluded = set()
    for member in members:
        key = email_key(member["email"])
        if key and member["loyalty_status"] == "excluded":
            excluded.add(key)
        elif key:
            holders[key].append(member)
    recent = _recent_customers(tickets)
    by_channel = _found_by_channel(customers, holders, recent.union(survivors))
    cards = {}
    for customer in customers:
        key = email_key(customer["email"])
        found = holders.get(key or "", [])
        if len(found) == 1:
            cards[customer["id"]] = _member_card(found[0])
        elif not found and len(by_channel.get(customer["id"], [])) == 1:
            cards[customer["id"]] = _member_card(by_channel[customer["id"]][0])
        elif customer["id"] in recent:
            ambiguous = len(found) > 1 or customer["id"] in by_channel
            outcome = "ambiguous" if ambiguous else _outcome(customer["email"], key, excluded)
            cards[customer["id"]] = _absent_card(outcome)
    return cards


def shown_cards(customers: Iterable[Mapping[str, Any]]) -> dict[int, Card]:
    """The cards that Gorgias holds, by customer id, cut to `COMPARED`."""
    return {
        customer["id"]: {key: card[key] for key in COMPARED if key in card}
        for customer in customers
        if (card := (customer["data"] or {}).get("loyalty")) is not None
    }


def _recent_customers(tickets: Iterable[Mapping[str, Any]]) -> set[int]:
    oldest = datetime.now(UTC) - timedelta(days=30)
    return {
        ticket["customer"]["id"]
        for ticket in tickets
        if ticket["customer"] and _moment(ticket["updated_datetime"]) >= oldest
    }


def _found_by_channel(
    customers: list[Mapping[str, Any]],
    holders: Mapping[str, list[Mapping[str, Any]]],
    read_in_full: set[int],
) -> dict[int, list[Mapping[str, Any]]]:
    """By customer: the members that its further addresses lead to, two or more when it is a tie."""
    taken = {
        holders[key][0]["id"]
        for customer in customers
        if (key := email_key(customer["email"])) and len(holders.get(key, [])) == 1
    }
    found: dict[int, dict[int, Mapping[str, Any]]] = {}
    claims: dict[int, int] = defaultdict(int)
    for customer in customers:
        if customer["id"] not in read_in_full or holders.get(email_key(customer["email"]) or ""):
            continue
        keys = {email_key(c["address"]) for c in customer["channels"] if c["type"] == "email"}
        reached = {m["id"]: m for key in keys for m in holders.get(key or "", [])}
        if reached:
            found[customer["id"]] = reached
            for member_id in reached:
                claims[member_id] += 1
    return {
        customer_id: list(reached.values())
        if len(reached) > 1 or all(claims[m] == 1 and m not in taken for m in reached)
        else [{}, {}]
        for customer_id, reached in found.items()
    }


def _outcome(email: str | None, key: str | None, excluded: set[str]) -> str:
    if not (email or "").strip():
        return "no_email"
    if key is None:
        return "invalid_email"
    return "excluded" if key in excluded else "customer_not_found"


def _member_card(member: Mapping[str, Any]) -> Card:
    name = " ".join(filter(None, (member["first_name"], member["last_name"])))
    tier = (member["vip_tier"] or {}).get("name")
    status = "guest" if member["loyalty_status"] in {"guest", "candidate"} else "member"
    points = member["points_tally"]
    summary = f"{points:,} points" + (f", {tier}" if tier else "")
    card = {
        "member": True,
        "member_id": str(member["id"]),
        "name": name or None,
        "status": status,
        "points_balance": points,
        "credits_balance": f"{Decimal(member['credits_tally']).normalize():f}",
        "tier": tier,
        "referral_url": member["referral_url"] or None,
        "referral_code": member["referral_code"],
        "birthday": member["dob"],
        "points_expire_on": _iso_date(member["points_expire_at"]),
        "summary": summary + (", guest" if status == "guest" else ""),
    }
    return {key: value for key, value in card.items() if value is not None}


def _absent_card(outcome: str) -> Card:
    summaries = {
        "ambiguous": "Membership unclear: more than one loyalty account fits",
        "excluded": "Excluded from the programme",
        "no_email": "Not a member of the programme (no e-mail address to look up)",
        "invalid_email": "Not a member of the programme (the e-mail address is not valid)",
        "customer_not_found": "Not a member of the programme",
    }
    return {"member": False, "status": outcome, "summary": summaries[outcome]}


def _iso_date(shown: str | None) -> str | None:
    return datetime.strptime(shown, "%B %d, %Y").date().isoformat() if shown else None  # noqa: DTZ007


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
