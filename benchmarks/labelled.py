"""People for suggestions with the right answer beside them: always the same ones.

Names are as common as in real directories, and addresses are made as people make them: of first and
last name, an initial, a nickname, a year of birth, and with a number only where the address was
taken. Each customer has no member at their own address. Some are a member all the same, known here;
the others are nobody, and members who look like them are there to mislead.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from benchmarks.names import Name, draw_first, draw_language, draw_name, letters
from loyalty_desk.card.emails import read_email
from loyalty_desk.mismatches.scores import name_key
from loyalty_desk.mismatches.suggest import Profile

CUSTOMERS: Final = 5_000
BYSTANDERS: Final = 20_000
"""Members who are none of the customers, in households of one to four."""
SLIPS: Final = {
    "gmail.com": ("gmial.com", "gmail.con", "gmai.com", "gnail.com", "gmail.co"),
    "outlook.com": ("outlok.com", "outlook.con", "oulook.com"),
    "yahoo.com": ("yaho.com", "yahoo.con", "yhaoo.com"),
    "icloud.com": ("iclod.com", "icloud.con", "iclould.com"),
    "hotmail.com": ("hotmal.com", "hotmail.con", "hotmial.com"),
    "web.de": ("web.ed",),
    "orange.fr": ("orage.fr", "orangr.fr"),
}
DOMAINS: Final = (*SLIPS, "mail.com", "ymail.com", "gmx.de", "gmx.net", "free.fr", "libero.it")
"""Some of them are a letter from another, and people have the same name before the @ there."""
COMMON: Final = (30, 12, 10, 8, 12, 6, 4, 3, 2, 5, 3, 3, 2)
HABITS: Final = {
    "{first}.{last}": 22,
    "{first}{last}": 14,
    "{first}_{last}": 4,
    "{last}.{first}": 6,
    "{f}.{last}": 8,
    "{f}{last}": 8,
    "{first}{yy}": 6,
    "{first}.{last}{yy}": 10,
    "{first}{last}{year}": 6,
    "{last}{yy}": 4,
    "{nick}{yy}": 6,
    "{nick}.{f}": 6,
}
"""What of a hundred addresses are made of. Nobody has a number of their own."""
NICKS: Final = (
    *("sunny", "skipper", "bookworm", "daisy", "tiger", "moonlight", "runner", "coffee", "garden"),
    *("blue", "lucky", "rocket", "sailor", "music", "pixel", "honey", "forest", "summer", "bear"),
)
KEEPS_HABIT: Final = 0.75
"""How many make a further address as they made the first one."""


@dataclass(slots=True)
class Labelled:
    """Both sides, and by customer id the member that is right. Who is nobody is not in `right`."""

    customers: list[Profile] = field(default_factory=list)
    members: list[Profile] = field(default_factory=list)
    right: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Person:
    name: Name
    language: str
    born: int
    habit: str
    nick: str
    domain: str


class _Maker:
    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self.made = Labelled()
        self._taken: set[str] = set()
        self._names: set[str] = set()
        self._shop_ids = 9_000_000

    def make(self) -> Labelled:
        while len(self.made.members) < BYSTANDERS:
            self._household()
        kinds: list[tuple[float, Callable[[], None]]] = [
            (0.14, self._plus_or_dots),
            (0.16, self._customer_slipped),
            (0.08, self._member_slipped),
            (0.08, self._same_shop_id),
            (0.06, self._unusable_address),
            (0.12, self._another_address),
            (0.12, self._namesake),
            (0.12, self._relative),
            (0.04, self._shared_mailbox),
            (0.08, self._nobody),
        ]
        for share, make in kinds:
            for _ in range(round(CUSTOMERS * share)):
                make()
        self._dice.shuffle(self.made.members)
        return self.made

    # --- people and their addresses ------------------------------------------------------------

    def _person(self) -> _Person:
        language = draw_language(self._dice)
        return _Person(
            name=draw_name(self._dice, language),
            language=language,
            born=self._dice.randint(1945, 2007),
            habit=self._habit(),
            nick=self._dice.choice(NICKS),
            domain=self._dice.choices(DOMAINS, COMMON)[0],
        )

    def _relative_of(self, one: _Person) -> _Person:
        """The same last name, and often the same provider and way to make an address."""
        first = draw_first(self._dice, one.language)
        while first == one.name.first:
            first = draw_first(self._dice, one.language)
        other = self._person()
        return replace(
            other,
            name=Name(first, one.name.last),
            language=one.language,
            habit=one.habit if self._dice.random() < 0.5 else other.habit,
            domain=one.domain if self._dice.random() < 0.7 else other.domain,
        )

    def _habit(self) -> str:
        return self._dice.choices(list(HABITS), list(HABITS.values()))[0]

    def _address(self, one: _Person) -> str:
        """An address that nobody has yet; where it is taken, with the year or a number."""
        first, last = letters(one.name.first) or "x", letters(one.name.last) or "y"
        year = str(one.born)
        local = one.habit.format(
            first=first, last=last, f=first[0], nick=one.nick, year=year, yy=year[2:]
        )
        address = f"{local}@{one.domain}"
        while address in self._taken:
            more = self._dice.choice((year, year[2:], str(self._dice.randint(1, 999))))
            address = f"{local}{more}@{one.domain}"
        self._taken.add(address)
        return address

    def _household(self) -> None:
        one = self._person()
        others = self._dice.choice((0, 0, 0, 1, 1, 2, 3))
        for person in (one, *(self._relative_of(one) for _ in range(others))):
            self._member(self._address(person), person)

    # --- who is a member -----------------------------------------------------------------------

    def _plus_or_dots(self) -> None:
        one = self._person()
        address = self._address(one)
        local, _, domain = address.rpartition("@")
        if domain == "gmail.com" and self._dice.random() < 0.5:
            own = f"{local[:2]}.{local[2:]}@{domain}".replace("..", ".")
        else:
            own = f"{local}+shop@{domain}"
        self._pair(own, address, one)

    def _customer_slipped(self) -> None:
        one = self._with_slips()
        address = self._address(one)
        self._pair(self._slip(address), address, one)

    def _member_slipped(self) -> None:
        one = self._with_slips()
        address = self._address(one)
        self._pair(address, self._slip(address), one)

    def _same_shop_id(self) -> None:
        one = self._person()
        self._shop_ids += 1
        work = f"{letters(one.name.first)}@{letters(one.name.last)}-shop.example"
        self._pair(work, self._address(one), one, shop_id=str(self._shop_ids))

    def _unusable_address(self) -> None:
        one = self._person()
        address = self._address(one)
        broken = (address.replace("@", "@@"), address + ".", f"<{address}>", f"{address},")
        self._pair(self._dice.choice(broken), address, one)

    def _another_address(self) -> None:
        """The same person, with another provider, and maybe another way to make an address."""
        one = self._person()
        habit = one.habit if self._dice.random() < KEEPS_HABIT else self._habit()
        other = replace(self._person(), name=one.name, born=one.born, habit=habit, nick=one.nick)
        while other.domain == one.domain:
            other = replace(other, domain=self._dice.choices(DOMAINS, COMMON)[0])
        self._pair(self._address(other), self._address(one), one)

    # --- who is not ----------------------------------------------------------------------------

    def _namesake(self) -> None:
        """Another person of the name of a member, as it happens: mostly of a common name."""
        one = self._person()
        while one.name.whole not in self._names:
            one = self._person()
        self._customer(self._address(one), one)

    def _relative(self) -> None:
        """One of the family is a member, at an address that is nearly the same."""
        one = self._person()
        other = self._relative_of(one)
        self._customer(self._address(one), one)
        self._member(self._address(replace(other, domain=one.domain)), other)

    def _shared_mailbox(self) -> None:
        """Another of the family, who share one mailbox and sign up with a tag each."""
        one = self._person()
        other = self._relative_of(one)
        local, _, domain = self._address(replace(one, habit="{last}")).rpartition("@")
        self._customer(f"{local}+{letters(one.name.first)}@{domain}", one)
        self._member(f"{local}+{letters(other.name.first)}@{domain}", other)

    def _nobody(self) -> None:
        one = self._person()
        self._customer(self._address(one), one)

    # --- rows ----------------------------------------------------------------------------------

    def _pair(self, own: str, other: str, one: _Person, shop_id: str | None = None) -> None:
        customer = self._customer(own, one, shop_id)
        self.made.right[customer] = self._member(other, one, shop_id)

    def _customer(self, email: str, one: _Person, shop_id: str | None = None) -> str:
        """One in five never told a name; others an initial or the first name only."""
        first, last = one.name.first, one.name.last
        told = self._dice.choices(
            ("", f"{first[0]}. {last}", first, f"{last} {first}", one.name.whole),
            (20, 8, 5, 7, 60),
        )[0]
        made = _profile(str(len(self.made.customers)), email, told, shop_id)
        self.made.customers.append(made)
        return made.id

    def _member(self, email: str, one: _Person, shop_id: str | None = None) -> str:
        told = one.name.whole if self._dice.random() < 0.95 else one.name.first
        made = _profile(f"m{len(self.made.members)}", email, told, shop_id)
        self.made.members.append(made)
        self._names.add(one.name.whole)
        return made.id

    def _with_slips(self) -> _Person:
        one = self._person()
        while one.domain not in SLIPS:
            one = self._person()
        return one

    def _slip(self, address: str) -> str:
        local, _, domain = address.rpartition("@")
        return f"{local}@{self._dice.choice(SLIPS[domain])}"


def _profile(identifier: str, email: str, name: str, shop_id: str | None) -> Profile:
    return Profile(
        id=identifier,
        email_key=read_email(email)[0],
        email=email,
        name=name_key(name),
        external_id=shop_id,
    )


def labelled(seed: int = 1) -> Labelled:
    """The labelled set; its numbers are in the module."""
    return _Maker(seed).make()
