"""Who is whom, worked out person by person where the product works in sets.

In this order: a link that a person made, the e-mail address, another e-mail address. A tie is
never broken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.oracle.emails import email_key

Customer = Mapping[str, Any]
RECENT_DAYS = 30


@dataclass(frozen=True)
class People:
    """The members by their addresses. `eligible` may have a card, `barred` may not."""

    eligible: Mapping[str, list[str]]
    barred: Collection[str]

    @classmethod
    def of(cls, members: Iterable[tuple[str, str, str | None]], *, guests_count: bool) -> People:
        """Sort members, each as id, status and address; guests may count or not."""
        eligible, barred = defaultdict(list), set()
        for member_id, status, address in members:
            key = email_key(address)
            if key and (status == "member" or (status == "guest" and guests_count)):
                eligible[key].append(member_id)
            elif key:
                barred.add(key)
        return cls(eligible, barred)

    def by(self, address: str | None) -> list[str]:
        return self.eligible.get(email_key(address) or "", [])


@dataclass(frozen=True)
class Verdicts:
    """The members of those customers who have exactly one, and why the others have none."""

    members: dict[int, str] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)


def decide(
    customers: Collection[Customer], people: People, recent: set[int], read_in_full: set[int]
) -> Verdicts:
    """Decide of each customer.

    The further addresses of those alone are known who are `read_in_full`: lists do not tell them.
    """
    channels = _by_channel(customers, people, read_in_full)
    verdicts = Verdicts()
    for customer in customers:
        customer_id, address = customer["id"], customer["email"]
        found = people.by(address) or channels.get(customer_id, [])
        if len(found) == 1:
            verdicts.members[customer_id] = found[0]
        elif found:
            verdicts.reasons[customer_id] = "ambiguous"
        else:
            verdicts.reasons[customer_id] = _reason(address, people, customer_id in recent)
    return verdicts


def recent_customers(tickets: Iterable[Mapping[str, Any]]) -> set[int]:
    oldest = datetime.now(UTC) - timedelta(days=RECENT_DAYS)
    return {
        ticket["customer"]["id"]
        for ticket in tickets
        if ticket["customer"] and moment(ticket["updated_datetime"]) >= oldest
    }


def moment(text: str) -> datetime:
    """When a stamp is. All of Gorgias' are UTC, also those that its pages show without an offset
    (notes on its API, "Datetimes": "UTC ISO 8601 … Doc samples often have no offset").
    """
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def _by_channel(
    customers: Collection[Customer], people: People, read_in_full: set[int]
) -> dict[int, list[str]]:
    """By customer: the members of its further addresses, two or more when it is a tie.

    A member whom two customers reach that way, or whom one has by the address, is nobody's.
    """
    taken = {one[0] for c in customers if len(one := people.by(c["email"])) == 1}
    reached: dict[int, set[str]] = {}
    claims: dict[str, int] = defaultdict(int)
    for customer in customers:
        if customer["id"] not in read_in_full or people.by(customer["email"]):
            continue
        further = [one["address"] for one in customer["channels"] if one["type"] == "email"]
        found = {member for address in further for member in people.by(address)}
        for member in found:
            claims[member] += 1
        if found:
            reached[customer["id"]] = found
    return {
        customer_id: list(found)
        if len(found) > 1 or all(claims[one] == 1 and one not in taken for one in found)
        else ["one", "another"]
        for customer_id, found in reached.items()
    }


def _reason(address: str | None, people: People, is_recent: bool) -> str:  # noqa: FBT001 - a fact
    key = email_key(address)
    if not (address or "").strip():
        return "no_email"
    if key is None:
        return "invalid_email"
    if key in people.barred:
        return "excluded"
    return "customer_not_found" if is_recent else "not_a_member"
