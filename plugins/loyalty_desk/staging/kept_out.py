"""Whom not to take in again: people who were erased, known by keyed hashes only.

A hash is HMAC-SHA256 with a random salt of the store. So the list cannot be compared with that of
another store, and does not tell who is on it to whoever has not the salt as well. A member's id is
hashed with the platform that it is of: on another one the same id is somebody else's.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from loyalty_desk.card.emails import read_email
from loyalty_desk.clock import utc_text
from loyalty_desk.records import Customer, Member, MemberStatus, Ticket
from loyalty_desk.staging.journal import Event, write_entry
from loyalty_desk.staging.platform_of import PlatformOf, find_platform_of
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, find_state, keep_first

EMAIL, CUSTOMER, MEMBER = "email", "customer", "member"


@dataclass(frozen=True, slots=True)
class KeptOut:
    """The erased people of one store. Most stores have none, which costs nothing."""

    salt: bytes
    hashes: frozenset[str]
    platform: PlatformOf | None = None
    of_this_platform: frozenset[str] = frozenset()
    """Those that were kept while the store was on the platform that it is on: only of them can a
    bare one be of a member here.
    """

    def has(self, kind: str, value: object) -> bool:
        """Whether that e-mail key or id is of somebody who was erased."""
        if not self.hashes or value is None:
            return False
        if self.hash(kind, value) in self.hashes:
            return True
        return kind == MEMBER and self.bare_hash(kind, value) in self.of_this_platform

    def hash(self, kind: str, value: object) -> str:
        """The hash that is kept; `value` of a platform that the store left has its name."""
        if kind == MEMBER and self.platform is not None and " " not in str(value):
            return self.bare_hash(kind, f"{self.platform.name} {value}")
        return self.bare_hash(kind, value)

    def bare_hash(self, kind: str, value: object) -> str:
        """As earlier versions kept it, without the platform."""
        return hmac.digest(self.salt, f"{kind}:{value}".encode(), "sha256").hex()

    def every_hash(self, kind: str, value: object) -> Iterator[str]:
        """Every hash that was kept of this value: of a member also the bare one, which tells whose
        it is only beside when it was kept.
        """
        yield self.hash(kind, value)
        if kind == MEMBER:
            yield self.bare_hash(kind, value)

    def strip_member(self, member: Member) -> Member | None:
        """The member as staging may hold it: None for who was erased; of somebody else who has the
        address of an erased person now, that there is one.
        """
        if self.has(MEMBER, member.member_id):
            return None
        if not self.has(EMAIL, read_email(member.email)[0]):
            return member
        return Member(member_id=member.member_id, email=None, status=MemberStatus.ERASED, card={})

    def strip_customer(self, customer: Customer) -> Customer | None:
        """The customer as staging may hold it, as `strip_member`.

        What other tools keep in the customer's data stays known: a write must not lose it.
        """
        further = (read_email(email)[0] for email in customer.channels or ())
        if self.has(CUSTOMER, customer.customer_id) or any(self.has(EMAIL, one) for one in further):
            return None
        if not self.has(EMAIL, read_email(customer.email)[0]):
            return customer
        return replace(
            customer, email=None, name=None, external_id=None, channels=(), has_erased_address=True
        )

    def strip_ticket(self, ticket: Ticket) -> Ticket | None:
        return None if self.has(CUSTOMER, ticket.customer_id) else ticket


NOBODY: Final = KeptOut(b"", frozenset())


def load_kept_out(connection: Connection, store: str) -> KeptOut:
    """Read whom to keep out of a store."""
    binds = {"store": store}
    rows = connection.execute(statement("privacy/kept_out/select_hashes"), binds).all()
    if not rows:
        return NOBODY
    platform = find_platform_of(connection, store)
    return KeptOut(
        salt=bytes.fromhex(_salt(connection, store) or ""),
        hashes=frozenset(row.person_hash for row in rows),
        platform=platform,
        of_this_platform=frozenset(
            row.person_hash
            for row in rows
            if platform is not None and platform.was_on_at(row.erased_at_utc) == platform.name
        ),
    )


def strip_batch(
    connection: Connection,
    store: str,
    batch: dict[Any, Any],
    strip: Callable[[KeptOut, Any], Any],
) -> tuple[frozenset[int | str], frozenset[int | str]]:
    """Take erased people out of a batch by id; returns the ids of those who are concerned, and of
    those among them whom the batch holds stripped.
    """
    kept_out = load_kept_out(connection, store)
    if not kept_out.hashes:  # as in most stores, which then pay for no look at each record
        return frozenset(), frozenset()
    concerned, stripped = set(), set()
    for key, record in list(batch.items()):
        allowed = strip(kept_out, record)
        if allowed is record:
            continue
        concerned.add(key)
        if allowed is None:
            del batch[key]
        else:
            stripped.add(key)
            batch[key] = allowed
    return frozenset(concerned), frozenset(stripped)


def keep_out(
    connection: Connection, store: str, people: Iterable[tuple[str, object]], now: datetime
) -> None:
    """Keep these e-mail keys and ids out from now on; those of one call belong together."""
    hasher = make_hasher(connection, store, now)
    hashes = [hasher.hash(kind, value) for kind, value in people]
    keep_hashes_out(connection, store, hashes, now)
    write_entry(connection, store, Event.ERASED, {"hashes": hashes}, now)


def keep_hashes_out(
    connection: Connection, store: str, hashes: Iterable[str], now: datetime
) -> None:
    """Keep out whose hashes these are, and tell the journal nothing of it."""
    for person_hash in hashes:
        binds = {"store": store, "person_hash": person_hash, "now_utc": utc_text(now)}
        connection.execute(statement("privacy/kept_out/upsert_hash"), binds)


def make_hasher(connection: Connection, store: str, now: datetime) -> KeptOut:
    """What hashes people of a store. It is made early, so that every backup can tell them too."""
    salt = keep_first(connection, store, StateKey.ERASE_SALT, secrets.token_hex(32), now)
    return KeptOut(bytes.fromhex(salt), frozenset(), find_platform_of(connection, store))


def find_hasher(connection: Connection, store: str) -> KeptOut | None:
    """What hashes people of a store; None where nobody was hashed yet."""
    salt = _salt(connection, store)
    if salt is None:
        return None
    return KeptOut(bytes.fromhex(salt), frozenset(), find_platform_of(connection, store))


def let_in(connection: Connection, store: str, email_key: str, now: datetime) -> int:
    """Let a person in again, with everything that was erased together; returns how many hashes."""
    hasher = find_hasher(connection, store)
    if hasher is None:
        return 0
    binds = {"store": store, "person_hash": hasher.hash(EMAIL, email_key)}
    found = connection.execute(statement("privacy/kept_out/delete_hashes"), binds).scalars()
    if hashes := sorted(found):
        write_entry(connection, store, Event.LET_IN, {"hashes": hashes}, now)
    return len(hashes)


def _salt(connection: Connection, store: str) -> str | None:
    return find_state(connection, store, StateKey.ERASE_SALT)
