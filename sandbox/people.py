"""Who the members and the customers are, and how their two records disagree.

Most people are in both systems with the same e-mail. Every twelfth pair has one of the troubles in
`TROUBLES`, in turn, so each is there several times in a few thousand rows.
"""

import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from sandbox.emails import CUSTOMER_ONLY, MEMBER_ONLY, PAIR, Owner
from sandbox.mixing import Shuffle, mix

PAIRED_PERCENT = 85
TROUBLE_EVERY = 12
SHARER_EVERY = 10  # every tenth unpaired person shares the address of a pair, while pairs last
SHARER_PLACE = 4

FIRST_NAMES = ("Mira", "Jonas", "Zoë", "Tariq", "Åse", "Lena", "Oskar", "Priya", "Nils", "Amara",
               "René", "Sofia", "Kenji", "Ines", "Pavel", "Aoife", "Milan", "Noor", "Elif", "Hugo",
               "Tove", "Ravi", "Juno", "Marek", "Saga", "Dario", "Yara", "Emil", "Leïla", "Otto",
               "Ida")  # fmt: skip
LAST_NAMES = ("Holm", "Olsen", "Bauer", "Castell", "Ndiaye", "Fjord", "Tanaka", "Moreau", "Silva",
              "Kowal", "Brandt", "Iyer", "Quist", "Rossi", "Vesely", "Amari", "Lind", "Okafor",
              "Strand", "Weiß", "Núñez", "Dahl", "Petrov", "Ekberg", "Marsh", "Yildiz", "Cole",
              "Farrow", "Grant")  # fmt: skip
DOMAINS = ("example.com", "example.test", "mail.test", "inbox.example", "post.test")


class Person(NamedTuple):
    """One human. A side that does not know them, or not by e-mail, has None there.

    `other_emails` are further e-mail channels of the customer. `dice` are 64 repeatable bits.
    """

    owner: Owner
    trouble: str
    dice: int
    first: str
    last: str
    member_email: str | None
    customer_email: str | None
    other_emails: tuple[str, ...]


Emails = tuple[str | None, str | None]
Spelling = Callable[[str, str, str], Emails]

# Each makes (member's e-mail, customer's e-mail) of (local part, domain, owner token).
TROUBLES: dict[str, Spelling] = {
    "member_mixed_case": lambda loc, dom, _: (f"{loc.title()}@{dom.title()}", f"{loc}@{dom}"),
    "customer_plus_tag": lambda loc, dom, _: (f"{loc}@{dom}", f"{loc}+shop@{dom}"),
    "two_customers": lambda loc, dom, _: (f"{loc}@{dom}", f"{loc}@{dom}"),
    "customer_padded": lambda loc, dom, _: (f"{loc}@{dom}", f"\u00a0{loc}@{dom} "),
    "gmail_dots": lambda _l, _d, own: (f"sandbox.{own}@gmail.com", f"s.and.box.{own}@gmail.com"),
    "guest": lambda loc, dom, _: (f"{loc}@{dom}", f"{loc}@{dom}"),
    "secondary_channel": lambda loc, dom, _: (f"{loc}@{dom}", f"work.{loc}@office.example"),
    "customer_no_email": lambda loc, dom, _: (f"{loc}@{dom}", None),
    "two_members": lambda loc, dom, _: (f"{loc}@{dom}", f"{loc}@{dom}"),
    "mistyped_domain": lambda loc, _dom, _own: (f"{loc}@example.test", f"{loc}@exmaple.test"),
    "html_name": lambda loc, dom, _: (f"{loc}@{dom}", f"{loc}@{dom}"),
    "excluded": lambda loc, dom, _: (f"{loc}@{dom}", f"{loc}@{dom}"),
    "idna_domain": lambda loc, _dom, _own: (
        f"{loc}@bücher.example",
        f"{loc}@xn--bcher-kva.example",
    ),
    "customer_mixed_case": lambda loc, dom, _: (f"{loc}@{dom}", f"{loc.upper()}@{dom}"),
    "negative_balance": lambda loc, dom, _: (f"{loc}@{dom}", f"{loc}@{dom}"),
    "formula_name": lambda loc, dom, _: (f"{loc}@{dom}", f"{loc}@{dom}"),
    "other_tool": lambda loc, dom, _: (f"{loc}@{dom}", f"{loc}@{dom}"),
    "member_padded": lambda loc, dom, _: (f"  {loc}@{dom}", f"{loc}@{dom}"),
    "unicode_local": lambda loc, dom, _: (f"josé.{loc}@{dom}", _split_accents(f"josé.{loc}@{dom}")),
    "customer_invalid_email": lambda loc, dom, _: (f"{loc}@{dom}", f"{loc} at {dom}"),
    "zero_balance": lambda loc, dom, _: (f"{loc}@{dom}", f"{loc}@{dom}"),
    "mistyped_ending": lambda _l, _d, own: (f"sandbox.{own}@gmail.com", f"sandbox.{own}@gmail.con"),
    "member_plus_tag": lambda loc, dom, _: (f"{loc}+club@{dom}", f"{loc}@{dom}"),
    "member_no_email": lambda loc, dom, _: (None, f"{loc}@{dom}"),
    "wide_letters": lambda loc, dom, _: (f"{loc}@{dom}", f"{_widen(loc)}@{dom}"),
    "same_external_id": lambda loc, dom, _: (f"{loc}@{dom}", f"private.{loc}@home.example"),
    "member_invalid_email": lambda loc, dom, _: (f"{loc}@", f"{loc}@{dom}"),
    "customer_no_name": lambda loc, dom, _: (f"{loc}@{dom}", f"{loc}@{dom}"),
}  # fmt: skip
TROUBLE_NAMES = tuple(TROUBLES)
CYCLE = TROUBLE_EVERY * len(TROUBLE_NAMES)
TROUBLE_PLACE = 5


def _split_accents(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def _widen(local: str) -> str:
    """Write the first word in full-width letters, as some Asian keyboards do."""
    word, dot, rest = local.partition(".")
    return "".join(chr(ord(letter) + 0xFEE0) for letter in word) + dot + rest


def ascii_of(text: str) -> str:
    """Return text with accents taken off, as people spell their names in addresses."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return plain.encode("ascii", "ignore").decode().lower()


ASCII_NAMES = {name: ascii_of(name) for name in FIRST_NAMES + LAST_NAMES}


def trouble_of(pair: int) -> str:
    """Return the name of the trouble with a pair; "none" for most."""
    place = pair % CYCLE
    if place % TROUBLE_EVERY != TROUBLE_PLACE:
        return "none"
    return TROUBLE_NAMES[place // TROUBLE_EVERY]


def pair_with(trouble: str, nth: int) -> int:
    """Return the number of the nth pair with a trouble."""
    return nth * CYCLE + TROUBLE_NAMES.index(trouble) * TROUBLE_EVERY + TROUBLE_PLACE


class People:
    """Everybody, by owner, by member row and by customer row. Rows are numbers from 0."""

    def __init__(self, seed: int, members: int, customers: int) -> None:
        self.seed, self.members, self.customers = seed, members, customers
        self.pairs = min(members, customers) * PAIRED_PERCENT // 100
        self._member_rows = Shuffle(seed, 1, members)
        self._customer_rows = Shuffle(seed, 2, customers)
        self._last: Person | None = None

    def owner_of_member(self, row: int) -> Owner:
        """Return who stands in a member row."""
        number = self._member_rows.forward(row)
        if number < self.pairs:
            return Owner(PAIR, number)
        return Owner(MEMBER_ONLY, number - self.pairs)

    def owner_of_customer(self, row: int) -> Owner:
        """Return who stands in a customer row."""
        number = self._customer_rows.forward(row)
        if number < self.pairs:
            return Owner(PAIR, number)
        return Owner(CUSTOMER_ONLY, number - self.pairs)

    def find_member_row(self, owner: Owner) -> int | None:
        """Return the member row in which somebody stands, None when they are no member."""
        number = owner.number + (self.pairs if owner.kind == MEMBER_ONLY else 0)
        if owner.kind == CUSTOMER_ONLY or number >= self.members:
            return None
        if owner.kind == PAIR and number >= self.pairs:
            return None
        return self._member_rows.backward(number)

    def find_customer_row(self, owner: Owner) -> int | None:
        """Return the customer row in which somebody stands, None when they are no customer."""
        number = owner.number + (self.pairs if owner.kind == CUSTOMER_ONLY else 0)
        if owner.kind == MEMBER_ONLY or number >= self.customers:
            return None
        if owner.kind == PAIR and number >= self.pairs:
            return None
        return self._customer_rows.backward(number)

    def sharers(self, owner: Owner) -> list[Owner]:
        """Return everybody who may have the addresses generated for somebody, them included."""
        if owner.kind != PAIR:
            return [owner]
        kind = {"two_customers": CUSTOMER_ONLY, "two_members": MEMBER_ONLY}.get(
            trouble_of(owner.number)
        )
        if kind is None:
            return [owner]
        return [owner, Owner(kind, owner.number // CYCLE * SHARER_EVERY + SHARER_PLACE)]

    def person(self, owner: Owner) -> Person:
        """Return the human behind an owner. One row asks for the same person several times."""
        if self._last is None or self._last.owner != owner:
            self._last = self._make(owner)
        return self._last

    def _make(self, owner: Owner) -> Person:
        dice = mix(self.seed, ord(owner.kind), owner.number)
        first = FIRST_NAMES[dice % len(FIRST_NAMES)]
        last = LAST_NAMES[(dice >> 8) % len(LAST_NAMES)]
        token = f"{owner.kind}{owner.number:07d}"
        local = f"{ASCII_NAMES[first]}.{ASCII_NAMES[last]}.{token}"
        domain = DOMAINS[(dice >> 16) % len(DOMAINS)]
        trouble = trouble_of(owner.number) if owner.kind == PAIR else "none"
        if owner.kind != PAIR:
            emails = self._unpaired_emails(owner, f"{local}@{domain}")
        elif trouble == "none":
            emails = (f"{local}@{domain}", f"{local}@{domain}")
        else:
            emails = TROUBLES[trouble](local, domain, token)
        others = (emails[0],) if trouble == "secondary_channel" and emails[0] else ()
        return Person(owner, trouble, dice, first, last, emails[0], emails[1], others)

    def _unpaired_emails(self, owner: Owner, address: str) -> Emails:
        shared = self._shared_address(owner)
        if owner.kind == MEMBER_ONLY:
            return (None if owner.number % 50 == 31 else shared or address), None
        return None, (None if owner.number % 10 == 7 else shared or address)

    def _shared_address(self, owner: Owner) -> str | None:
        nth, place = divmod(owner.number, SHARER_EVERY)
        trouble = "two_members" if owner.kind == MEMBER_ONLY else "two_customers"
        pair = pair_with(trouble, nth)
        if place != SHARER_PLACE or pair >= self.pairs:
            return None
        sharer = self._make(Owner(PAIR, pair))
        address = sharer.member_email if owner.kind == MEMBER_ONLY else sharer.customer_email
        # Every second one differs in case, as when a till and a web shop both made the record.
        return address.upper() if address and nth % 2 else address
