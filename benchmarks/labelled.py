"""People for suggestions with the right answer beside them: always the same ones.

Each customer has no member at their own address. Some are a member all the same, known here; the
others are nobody, and members who look like them are there to mislead.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from loyalty_desk.card.emails import read_email
from loyalty_desk.mismatches.scores import name_key
from loyalty_desk.mismatches.suggest import Profile

CUSTOMERS: Final = 5_000
BYSTANDERS: Final = 20_000
"""Members who are none of the customers, with names and domains from the same pools."""
FIRST: Final = (
    *("ada", "anna", "ben", "carla", "david", "elena", "felix", "grace", "hanna", "igor", "jana"),
    *("karl", "lena", "marco", "nina", "oskar", "paula", "quentin", "rosa", "simon", "tara"),
    *("ulf", "vera", "walter", "xenia", "yusuf", "zoe", "adam", "hannah", "marc", "paul", "tom"),
)
LAST: Final = (
    *("abel", "berger", "costa", "dupont", "ebert", "fischer", "garcia", "hansen", "ito", "jansen"),
    *("keller", "lopez", "martin", "nowak", "olsen", "peters", "quist", "rossi", "schmidt"),
    *("tanaka", "ueda", "varga", "weber", "young", "zimmer", "berg", "jensen", "peterson"),
)
DOMAINS: Final = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com", "web.de", "orange.fr")
SLIPS: Final = {
    "gmail.com": ("gmial.com", "gmail.con", "gmai.com", "gnail.com", "gmail.co"),
    "outlook.com": ("outlok.com", "outlook.con", "oulook.com"),
    "yahoo.com": ("yaho.com", "yahoo.con", "yhaoo.com"),
    "icloud.com": ("iclod.com", "icloud.con", "iclould.com"),
    "web.de": ("web.ed",),
    "orange.fr": ("orage.fr", "orangr.fr"),
}


@dataclass(slots=True)
class Labelled:
    """Both sides, and by customer id the member that is right. Who is nobody is not in `right`."""

    customers: list[Profile] = field(default_factory=list)
    members: list[Profile] = field(default_factory=list)
    right: dict[str, str] = field(default_factory=dict)


class _Maker:
    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self.made = Labelled()
        self._number = 0

    def make(self) -> Labelled:
        kinds: list[tuple[float, Callable[[], None]]] = [
            (0.14, self._plus_or_dots),
            (0.16, self._customer_slipped),
            (0.08, self._member_slipped),
            (0.08, self._same_shop_id),
            (0.06, self._unusable_address),
            (0.12, self._similar_address),
            (0.12, self._namesake),
            (0.12, self._sibling),
            (0.04, self._shared_mailbox),
            (0.08, self._nobody),
        ]
        for share, make in kinds:
            for _ in range(round(CUSTOMERS * share)):
                make()
        for _ in range(BYSTANDERS):
            first, last = self._name()
            self._member(self._address(first, last), first, last)
        self._dice.shuffle(self.made.members)
        return self.made

    def _plus_or_dots(self) -> None:
        first, last = self._name()
        number = self._next()
        if self._dice.random() < 0.5:
            own, other = f"{first}{last}{number}@gmail.com", f"{first}.{last}{number}@gmail.com"
        else:
            domain = self._dice.choice(DOMAINS)
            own, other = f"{first}{number}+shop@{domain}", f"{first}{number}@{domain}"
        self._pair(own, other, first, last)

    def _customer_slipped(self) -> None:
        first, last = self._name()
        address = self._address(first, last)
        self._pair(self._slip(address), address, first, last)

    def _member_slipped(self) -> None:
        first, last = self._name()
        address = self._address(first, last)
        self._pair(address, self._slip(address), first, last)

    def _same_shop_id(self) -> None:
        first, last = self._name()
        shop_id = str(9_000_000 + self._next())
        work = f"{first}.{last}@firm{self._next()}.example"
        self._pair(work, self._address(first, last), first, last, shop_id=shop_id)

    def _unusable_address(self) -> None:
        first, last = self._name()
        address = self._address(first, last)
        broken = self._dice.choice(
            (
                address.replace("@", "@@"),
                address + ".",
                address.replace(".", "..", 1),
                f"<{address}>",
            )
        )
        self._pair(broken, address, first, last)

    def _similar_address(self) -> None:
        first, last = self._name()
        number = self._next()
        own = f"{first}.{last}{number}@{self._dice.choice(DOMAINS)}"
        other = f"{first}{last}{number}@{self._dice.choice(DOMAINS)}"
        if own.rpartition("@")[2] == other.rpartition("@")[2] == "gmail.com":
            own = own.replace("gmail.com", "web.de")
        self._pair(own, other, first, last)

    def _namesake(self) -> None:
        """Another person of the same name, at an address of their own."""
        first, last = self._name()
        self._customer(self._address(first, last), first, last)
        self._member(f"{last[:3]}{self._next()}@{self._dice.choice(DOMAINS)}", first, last)

    def _sibling(self) -> None:
        """One of the family: the same last name and domain, an address that is nearly the same."""
        (first, last), (other, _) = self._name(), self._name()
        domain, number = self._dice.choice(DOMAINS), self._next()
        self._customer(f"{last}{number}@{domain}", first, last)
        if other != first:
            self._member(f"{last}{number}{other[0]}@{domain}", other, last)

    def _shared_mailbox(self) -> None:
        """Another of the family, who share one mailbox and sign up with a tag each."""
        (first, last), (other, _) = self._name(), self._name()
        domain, number = self._dice.choice(DOMAINS), self._next()
        self._customer(f"{last}{number}+{first}@{domain}", first, last)
        if other != first:
            self._member(f"{last}{number}+{other}@{domain}", other, last)

    def _nobody(self) -> None:
        first, last = self._name()
        self._customer(self._address(first, last), first, last)

    def _pair(
        self, own: str, other: str, first: str, last: str, shop_id: str | None = None
    ) -> None:
        customer = self._customer(own, first, last, shop_id)
        self.made.right[customer] = self._member(other, first, last, shop_id)

    def _customer(self, email: str, first: str, last: str, shop_id: str | None = None) -> str:
        # One in five never told a name.
        name = "" if self._dice.random() < 0.2 else f"{first} {last}"
        one = self._person(str(len(self.made.customers)), email, name, shop_id)
        self.made.customers.append(one)
        return one.id

    def _member(self, email: str, first: str, last: str, shop_id: str | None = None) -> str:
        one = self._person(f"m{len(self.made.members)}", email, f"{first} {last}", shop_id)
        self.made.members.append(one)
        return one.id

    def _person(self, identifier: str, email: str, name: str, shop_id: str | None) -> Profile:
        return Profile(
            id=identifier,
            email_key=read_email(email)[0],
            email=email,
            name=name_key(name),
            external_id=shop_id,
        )

    def _name(self) -> tuple[str, str]:
        return self._dice.choice(FIRST), self._dice.choice(LAST)

    def _address(self, first: str, last: str) -> str:
        return f"{first}.{last}{self._next()}@{self._dice.choice(DOMAINS)}"

    def _slip(self, address: str) -> str:
        local, _, domain = address.rpartition("@")
        return f"{local}@{self._dice.choice(SLIPS[domain])}"

    def _next(self) -> int:
        self._number += 1
        return self._number


def labelled(seed: int = 1) -> Labelled:
    """The labelled set; its numbers are in the module."""
    return _Maker(seed).make()
