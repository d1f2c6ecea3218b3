"""Which member a customer without one probably is. No I/O.

The customers without a member are few and are put into indexes; the members without a customer,
who may be a million, pass by one after the other, each once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nlargest
from typing import Final

from rapidfuzz import fuzz

from loyalty_desk.mismatches.email_slips import Domains, mailbox, repair, tag
from loyalty_desk.mismatches.namesakes import Namesakes
from loyalty_desk.mismatches.scores import Reason, is_same_name, score

MOST_PER_CUSTOMER: Final = 3
SIMILAR_ADDRESS: Final = 80.0
"""From this likeness on, of 100, the parts before the @ are nearly the same."""
MOST_OF_A_NAME: Final = 50
"""A name that more customers have, or have in the address, says nothing."""
MOST_NAMESAKES: Final = 0.02
"""So many others of a name there may be by chance for it to say who somebody is."""
TELLING_DIGITS: Final = 2
SAID_BY_DIGITS: Final = 50
"""Of so many people one has the same two digits, which are mostly a year of birth."""
TIE: Final = 0.05
TIED: Final = 0.6
"""What is left of a score when two members fit a customer equally well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One side of a possible pair: a customer or a member. `name` is a name key, or empty.

    `email` is as received, for who has no `email_key`.
    """

    id: str
    email_key: str | None
    email: str | None
    name: str
    external_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A member that a customer may be. One per pair; `score` is from 0 to 1."""

    customer_id: str
    member_id: str
    reasons: tuple[Reason, ...]
    score: float


def count_domains(email_keys: Iterable[str]) -> Counter[str]:
    """How many addresses there are in each domain."""
    return Counter(key.rpartition("@")[2] for key in email_keys)


def suggest(
    customers: Iterable[Profile], members: Iterable[Profile], domains: Domains
) -> Iterator[Suggestion]:
    """Yield up to three members a customer, the surest first.

    Two that fit equally well take from each other: a tie is for a person to break.
    """
    index, namesakes = _Index(customers, domains), Namesakes()
    found: dict[str, list[tuple[Profile, set[Reason]]]] = defaultdict(list)
    for member in members:
        namesakes.add(member.name)
        for customer, reasons in index.candidates(member).items():
            found[customer].append((member, reasons))
    for customer, candidates in found.items():
        known = index.people[customer]
        yield from _best(
            [
                Suggestion(
                    customer_id=customer,
                    member_id=member.id,
                    reasons=tuple(sorted(reasons)),
                    score=score(reasons, known.name, member.name),
                )
                for member, reasons in candidates
                if reasons != {Reason.NAME_AND_ADDRESS} or not _may_be_another(member, namesakes)
            ]
        )


class _Index:
    """The customers by everything that a member may share with them."""

    def __init__(self, customers: Iterable[Profile], domains: Domains) -> None:
        self._domains = domains
        self.people: dict[str, Profile] = {}
        self._by_external_id: dict[str, list[str]] = defaultdict(list)
        self._by_key: dict[str, list[str]] = defaultdict(list)
        self._by_mailbox: dict[str, list[str]] = defaultdict(list)
        self._by_repaired: dict[str, list[str]] = defaultdict(list)
        self._by_meant: dict[str, list[str]] = defaultdict(list)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_local: dict[tuple[str, str], list[str]] = defaultdict(list)
        for customer in customers:
            self._add(customer)

    def _add(self, customer: Profile) -> None:
        self.people[customer.id] = customer
        if customer.external_id:
            self._by_external_id[customer.external_id].append(customer.id)
        if " " in customer.name:
            self._by_name[customer.name].append(customer.id)
        if customer.email_key:
            self._by_local[_parts(customer.email_key)].append(customer.id)
            self._by_key[customer.email_key].append(customer.id)
            self._by_mailbox[mailbox(customer.email_key)].append(customer.id)
            for meant in self._meant(customer.email_key):
                self._by_meant[meant].append(customer.id)
        # An address may be valid and hold a slip all the same, such as two dots in a row.
        if customer.email and (mended := repair(customer.email)) not in {None, customer.email_key}:
            self._by_repaired[str(mended)].append(customer.id)

    def candidates(self, member: Profile) -> dict[str, set[Reason]]:
        """The customers that a member may be, each with the reasons."""
        found: dict[str, set[Reason]] = defaultdict(set)
        for identifier in {member.id, member.external_id} - {None}:
            self._note(found, self._by_external_id.get(identifier or ""), Reason.EXTERNAL_ID)
        key = member.email_key
        if key is None and member.email and (mended := repair(member.email)):
            self._note(found, self._by_key.get(mended), Reason.REPAIRED)
        if key:
            for customer in self._by_mailbox.get(mailbox(key), ()):
                other = self.people[customer].email_key or ""
                tags = {tag(key), tag(other)}
                each = len(tags) > 1 and "" not in tags
                found[customer].add(Reason.OTHER_TAG if each else Reason.SAME_MAILBOX)
            self._note(found, self._by_repaired.get(key), Reason.REPAIRED)
            self._note(found, self._by_meant.get(key), Reason.MISTYPED_DOMAIN)
            for meant in self._meant(key):
                self._note(found, self._by_key.get(meant), Reason.MISTYPED_DOMAIN)
            # Where an address or an id tells already, this would count the same thing twice.
            alike = [one for one in self._alike(member, key) if one not in found]
            self._note(found, alike, Reason.NAME_AND_ADDRESS)
        return found

    def _note(
        self, found: dict[str, set[Reason]], customers: Iterable[str] | None, reason: Reason
    ) -> None:
        for customer in customers or ():
            found[customer].add(reason)

    def _meant(self, email_key: str) -> Iterator[str]:
        local, _, domain = email_key.rpartition("@")
        for meant in self._domains.meant(domain):
            yield f"{local}@{meant}"

    def _alike(self, member: Profile, key: str) -> Iterator[str]:
        """Customers of the same name, at nearly the same address with another provider.

        Who told no name, or a part of one, has it in the address.
        """
        same_name = self._by_name.get(member.name, ())
        if len(same_name) <= MOST_OF_A_NAME:
            for customer in same_name:
                other = self.people[customer].email_key
                if other is not None and _are_alike(key, other):
                    yield customer
        parts = _parts(key)
        same_local = self._by_local.get(parts, ())
        if len(same_local) <= MOST_OF_A_NAME and _has_whole_name(parts[1], member.name):
            for customer in same_local:
                told = self.people[customer].name
                if told != member.name and is_same_name(told, member.name):
                    yield customer


def _has_whole_name(letters: str, name: str) -> bool:
    words = name.split()
    return len(words) > 1 and all(word in letters for word in words)


def _may_be_another(member: Profile, namesakes: Namesakes) -> bool:
    """Whether somebody of the member's name, at a similar address, is by chance another person."""
    digits, _ = _parts(member.email_key or "")
    says = SAID_BY_DIGITS if len(digits) >= TELLING_DIGITS else 1
    return namesakes.expected(member.name) > MOST_NAMESAKES * says


def _are_alike(key: str, other: str) -> bool:
    """Whether the parts before the @ are nearly the same. Other digits make another person."""
    (digits, letters), (other_digits, other_letters) = _parts(key), _parts(other)
    return digits == other_digits and fuzz.ratio(letters, other_letters) >= SIMILAR_ADDRESS


def _parts(key: str) -> tuple[str, str]:
    local = mailbox(key).rpartition("@")[0]
    digits = "".join(character for character in local if character.isdigit())
    return digits, "".join(character for character in local if character.isalpha())


def _best(suggestions: list[Suggestion]) -> list[Suggestion]:
    best = nlargest(MOST_PER_CUSTOMER, suggestions, key=lambda one: (one.score, one.member_id))
    if len(best) < 2 or best[0].score - best[1].score >= TIE:
        return best
    return [
        Suggestion(
            customer_id=one.customer_id,
            member_id=one.member_id,
            reasons=one.reasons,
            score=round(one.score * TIED, 3) if best[0].score - one.score < TIE else one.score,
        )
        for one in best
    ]
