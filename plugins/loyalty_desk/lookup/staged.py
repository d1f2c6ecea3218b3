"""The card of an e-mail address as staging has it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row

from loyalty_desk.card.cards import absent_card
from loyalty_desk.records import MemberStatus, Outcome
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.statements import statement
from loyalty_desk.texts.of_store import shipped_english, texts_of
from loyalty_desk.texts.wording import Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Who an e-mail address is. `member_id` is None exactly when the card is of no member.

    `as_of_utc` is when the platform was last known to say so, None when it never was. `wording` is
    what the customer is told in.
    """

    member_id: str | None
    card: Mapping[str, Any]
    as_of_utc: str | None
    wording: Wording = field(default_factory=shipped_english)
    activity: str | None = None
    """What was read of the member's last movements, while the card is the one of then."""


def find_staged(connection: Connection, store: StoreSettings, email_key: str) -> Found:
    """Find the card that belongs to an address by what is staged now.

    In the order of the match, yet without its results where addresses may have changed hands since:
    a link, then who holds the address, then a further address. Several customers with one address
    count when they are the same member.
    """
    binds = {"store": store.name, "email_key": email_key}
    holders = connection.execute(statement("lookup/staged/select_members_by_email"), binds).all()
    members = [row.member_id for row in holders if _counts(row.status, store)]
    customers = connection.execute(
        statement("lookup/staged/select_customer"),
        {**binds, "guest_status": store.guest_status.value},
    ).all()
    language = next((row.language for row in customers if row.language), None)
    wording = texts_of(store).of(language)
    found = {
        member_id
        for row in customers
        for member_id in _candidates(row, members)
        if member_id is not None
    }
    if not customers:
        found = set(members)
    is_tie = not found and any(row.outcome == Outcome.AMBIGUOUS for row in customers)
    if len(found) > 1 or is_tie:
        return replace(_nobody(connection, store, Outcome.AMBIGUOUS), wording=wording)
    others = [row.member_id for row in holders]
    one = find_staged_member(connection, store, next(iter(found or others), ""))
    return replace(one, wording=wording)


def _candidates(row: Row[Any], holders: Sequence[str]) -> Sequence[str | None]:
    """The members that a customer may be; more than one for a tie."""
    if row.linked_member_id is not None:
        return [row.linked_member_id]
    return holders or [row.further_member_id]


def find_staged_member(connection: Connection, store: StoreSettings, member_id: str) -> Found:
    """The card of a member, or of whoever does not count as one."""
    binds = {"store": store.name, "member_id": member_id}
    row = connection.execute(statement("lookup/staged/select_member"), binds).first()
    if row is None:
        return _nobody(connection, store, Outcome.CUSTOMER_NOT_FOUND)
    if not _counts(row.status, store):
        is_erased = row.status == MemberStatus.ERASED
        return _nobody(connection, store, Outcome.ERASED if is_erased else Outcome.EXCLUDED)
    as_of = _read_at(connection, store, member_id)
    card = json.loads(row.card)
    return Found(member_id=member_id, card=card, as_of_utc=as_of, activity=row.said)


def _counts(status: str, store: StoreSettings) -> bool:
    """Whether the store counts that status as a member, as its match does."""
    return status in {MemberStatus.MEMBER, store.guest_status}


def _nobody(connection: Connection, store: StoreSettings, outcome: Outcome) -> Found:
    as_of = _read_at(connection, store, "")
    return Found(member_id=None, card=absent_card(outcome), as_of_utc=as_of)


def _read_at(connection: Connection, store: StoreSettings, member_id: str) -> str | None:
    binds = {"store": store.name, "member_id": member_id}
    row = connection.execute(statement("lookup/staged/select_read_at"), binds).one()
    return max((at for at in row if at is not None), default=None)
