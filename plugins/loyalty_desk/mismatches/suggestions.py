"""Keeps who each customer without a member may be, from what staging holds now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Engine, Row

from loyalty_desk.mismatches.email_slips import Domains
from loyalty_desk.mismatches.scores import Reason, name_key
from loyalty_desk.mismatches.suggest import Profile, Suggestion, count_domains, suggest
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.load import bulk_insert
from loyalty_desk.staging.mismatch_schema import suggestions
from loyalty_desk.staging.row_types import SuggestionRow
from loyalty_desk.staging.statements import statement

ROWS_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """The member that a customer may be, as kept."""

    member_id: str
    score: float
    reasons: tuple[Reason, ...]
    name: str | None


def suggest_members(engine: Engine, store: str) -> int:
    """Make the store's suggestions anew; returns how many. Members pass by, none is held.

    What is kept is everything found: how sure a suggestion must be to be shown is asked later.
    """
    found = list(_iter_suggestions(engine, store))
    rows = sorted(
        SuggestionRow(
            store=store,
            customer_id=int(one.customer_id),
            member_id=one.member_id,
            score=one.score,
            reasons=orjson.dumps(one.reasons).decode(),
        )
        for one in found
    )
    with engine.begin() as connection:
        connection.execute(statement("mismatches/suggestions/delete_suggestions"), {"store": store})
        return bulk_insert(connection, suggestions, rows)


def best_suggestions(connection: Connection, store: str, min_score: float) -> dict[int, Suggested]:
    """The surest suggestion for each customer, of those sure enough."""
    binds = {"store": store, "min_score": min_score}
    rows = connection.execute(statement("mismatches/suggestions/select_best_suggestions"), binds)
    return {
        row.customer_id: Suggested(
            member_id=row.member_id,
            score=row.score,
            reasons=tuple(map(Reason, orjson.loads(row.reasons))),
            name=orjson.loads(row.card or "{}").get("name"),
        )
        for row in rows
    }


def _iter_suggestions(engine: Engine, store: str) -> Iterator[Suggestion]:
    with reading(engine) as connection:
        customers = [
            _customer(row)
            for row in _rows(connection, "mismatches/suggestions/select_customers", store)
        ]
        if not customers:
            return
        keys = (
            row.email_key
            for row in _rows(connection, "mismatches/suggestions/select_member_keys", store)
        )
        domains = Domains(count_domains(keys))
        members = (
            _member(row)
            for row in _rows(connection, "mismatches/suggestions/select_members", store)
        )
        yield from suggest(customers, members, domains)


def _rows(connection: Connection, name: str, store: str) -> Iterator[Row[Any]]:
    streaming = connection.execution_options(yield_per=ROWS_AT_ONCE)
    yield from streaming.execute(statement(name), {"store": store})


def _customer(row: Row[Any]) -> Profile:
    return Profile(
        id=str(row.customer_id),
        email_key=row.email_key,
        email=row.email,
        name=name_key(row.name),
        external_id=row.external_id,
    )


def _member(row: Row[Any]) -> Profile:
    return Profile(
        id=row.member_id,
        email_key=row.email_key,
        email=row.email,
        name=name_key(orjson.loads(row.card).get("name")),
        external_id=row.external_id,
    )
