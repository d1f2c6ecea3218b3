"""Finding people by e-mail address without an index of everybody.

A generated address carries the person it belongs to ("mira.holm.p0000123@example.com"), so the
owner is read from it; only addresses that somebody changed need an index.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

OWNER = re.compile(r"([pmc])(\d{7,})(?=[+@ ]|$)")
PAIR, MEMBER_ONLY, CUSTOMER_ONLY = "p", "m", "c"


class Owner(NamedTuple):
    """Whom an address was generated for: a kind (p: pair, m: member only, c: customer only)."""

    kind: str
    number: int


def fold(address: str) -> str:
    """Return the form in which spellings of one address agree: blanks, case, width and IDNA."""
    plain = unicodedata.normalize("NFKC", address).strip().lower()
    local, at, domain = plain.rpartition("@")
    if not at or domain.isascii():
        return plain
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return plain


def find_owner(address: str) -> Owner | None:
    """Read from an address whom it was generated for."""
    found = OWNER.search(fold(address))
    return Owner(found[1], int(found[2])) if found else None


class ChangedAddresses:
    """The addresses of those whose addresses are no longer the generated ones."""

    def __init__(self) -> None:
        self._by_row: dict[int, tuple[str, ...]] = {}
        self._rows: dict[str, set[int]] = {}

    def __contains__(self, row: int) -> bool:
        return row in self._by_row

    def put(self, row: int, addresses: Iterable[str | None]) -> None:
        """Note the addresses that a row now has; none at all when it is gone."""
        for old in self._by_row.get(row, ()):
            self._rows[old].discard(row)
        folded = tuple({fold(address) for address in addresses if address})
        self._by_row[row] = folded
        for address in folded:
            self._rows.setdefault(address, set()).add(row)

    def rows(self, address: str) -> set[int]:
        """Return the changed rows that have an address, in any spelling."""
        return set(self._rows.get(fold(address), ()))
