"""Finds people in both systems: by address, name, or the id of a customer, member or ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.mismatches.scores import name_key
from loyalty_desk.mismatches.searches import find_email_key, find_id
from loyalty_desk.staging.statements import statement
from loyalty_desk.web.desk.evidence import card_name

MOST: Final = 50
"""So many of each are shown."""
_MOST_READ: Final = 500
_ESCAPED: Final = '"\\'
"""What JSON, or a pattern, writes in another way."""
_WORDS_OF_A_NAME: Final = ("first", "second", "third")


@dataclass(frozen=True, slots=True)
class People:
    """Who was found. Whoever is matched or linked to one of them is there too."""

    customers: list[Row[Any]]
    members: list[tuple[Row[Any], str | None]]
    """Each with the name on the card."""
    has_members: bool
    """Whether any member of the store was ever read."""


def find_people(connection: Connection, store: str, words: str) -> People:
    """Find customers and members by what a person typed."""
    search = _Search(connection, store)
    customers, members = search.by_address(words) if "@" in words else search.by_id_or_name(words)
    customer_ids, member_ids = list(customers), [*members, words]
    members |= search.members(
        "desk/people/find_members_of_customers", customer_ids=customer_ids, member_ids=member_ids
    )
    customers |= search.customers(
        "desk/people/find_customers_of_members", member_ids=[*members, words]
    )
    return People(
        customers=[customers[one] for one in sorted(customers)][:MOST],
        members=[(members[one], card_name(members[one].card)) for one in sorted(members)][:MOST],
        has_members=bool(search.rows("desk/people/find_any_member")),
    )


@dataclass(frozen=True, slots=True)
class _Search:
    """Asks for customers and members of one store, each by its id."""

    connection: Connection
    store: str

    def rows(self, name: str, **binds: Any) -> list[Row[Any]]:
        return list(self.connection.execute(statement(name), {"store": self.store, **binds}).all())

    def customers(self, name: str, **binds: Any) -> dict[int, Row[Any]]:
        return {row.customer_id: row for row in self.rows(name, **binds)}

    def members(self, name: str, **binds: Any) -> dict[str, Row[Any]]:
        return {row.member_id: row for row in self.rows(name, **binds)}

    def by_address(self, words: str) -> tuple[dict[int, Row[Any]], dict[str, Row[Any]]]:
        key = find_email_key(words)
        return (
            self.customers("desk/people/find_customers_by_key", email_key=key),
            self.members("desk/people/find_members_by_key", email_key=key),
        )

    def by_id_or_name(self, words: str) -> tuple[dict[int, Row[Any]], dict[str, Row[Any]]]:
        customers: dict[int, Row[Any]] = {}
        members: dict[str, Row[Any]] = {}
        if number := find_id(words):
            customers = self.customers("desk/people/find_customers_by_id", customer_id=number)
        if patterns := _patterns(words):
            named = self.customers("desk/people/find_customers_by_name", **patterns)
            customers |= {one: row for one, row in named.items() if _is_named(row.name, words)}
            known = self.members("desk/people/find_members_by_name", **patterns)
            members |= {
                one: row for one, row in known.items() if _is_named(card_name(row.card), words)
            }
        return customers, members


def _patterns(words: str) -> Mapping[str, Any]:
    """What a name is looked for by; empty for what is none, which spares a look at everybody.

    A letter that is not ASCII may stand in other ways, and what means something in a pattern may
    stay: each lets more through, and `_is_named` looks at what came.
    """
    if not name_key(words) or any(letter.isdigit() for letter in words):
        return {}
    parts = [
        "".join(c.lower() if c.isascii() and c not in _ESCAPED else "%" for c in part)
        for part in sorted(words.split(), key=len, reverse=True)
    ]
    found: dict[str, Any] = dict.fromkeys(_WORDS_OF_A_NAME, "%")
    found |= {name: f"%{part}%" for name, part in zip(_WORDS_OF_A_NAME, parts, strict=False)}
    return found | {"most": _MOST_READ}


def _is_named(name: str | None, words: str) -> bool:
    """Whether a name holds each of the words, in whatever order and spelling of accents."""
    key = name_key(name)
    return all(part in key for part in name_key(words).split())
