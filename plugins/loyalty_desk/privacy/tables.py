"""Which rows of each staging table lead to a person: to erase them, to hand them out, to find whom
a hash is of. A table that is not here fails a test.

The statements are built, not in files: they are one statement for thirty tables, and which columns
lead to a person is exactly what is listed here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, and_, delete, or_, select

from loyalty_desk.privacy.person import Person
from loyalty_desk.staging import schema
from loyalty_desk.staging.account_schema import api_tokens
from loyalty_desk.staging.award_schema import award_events, award_gates, awards, gorgias_agents
from loyalty_desk.staging.incident_schema import incident_people, incidents
from loyalty_desk.staging.lookup_schema import activities, lookups_not_found, member_lookups
from loyalty_desk.staging.mismatch_schema import (
    decisions,
    ignored_mismatches,
    mismatches,
    refused_suggestions,
    suggestions,
)
from loyalty_desk.staging.routing_schema import routed_tickets

CUSTOMER, MEMBER, EMAIL, TICKET = "customer", "member", "email", "ticket"
AWARD: Final = "award"

ROWS_GO: Final[dict[Table, tuple[tuple[str, str], ...]]] = {
    schema.customers: (("customer_id", CUSTOMER), ("email_key", EMAIL)),
    schema.customer_channels: (("customer_id", CUSTOMER), ("email_key", EMAIL)),
    schema.tickets: (("customer_id", CUSTOMER),),
    schema.further_tickets: (("customer_id", CUSTOMER),),
    schema.members: (("member_id", MEMBER), ("email_key", EMAIL)),
    schema.matches: (("customer_id", CUSTOMER), ("member_id", MEMBER)),
    schema.unmatched_customers: (("customer_id", CUSTOMER),),
    schema.unmatched_members: (("member_id", MEMBER),),
    schema.links: (("customer_id", CUSTOMER), ("member_id", MEMBER)),
    schema.to_plan: (("customer_id", CUSTOMER),),
    schema.pushed_cards: (("customer_id", CUSTOMER),),
    schema.changes: (("customer_id", CUSTOMER), ("member_id", MEMBER)),
    schema.card_writes: (("customer_id", CUSTOMER), ("member_id", MEMBER)),
    schema.cards_to_show: (("member_id", MEMBER),),
    schema.customers_to_show: (("customer_id", CUSTOMER),),
    suggestions: (("customer_id", CUSTOMER), ("member_id", MEMBER)),
    refused_suggestions: (("customer_id", CUSTOMER), ("member_id", MEMBER)),
    lookups_not_found: (("customer_id", CUSTOMER), ("ticket_id", TICKET)),
    member_lookups: (("customer_id", CUSTOMER),),
    activities: (("member_id", MEMBER),),
    routed_tickets: (("customer_id", CUSTOMER), ("ticket_id", TICKET)),
    schema.set_aside: (("email_key", EMAIL),),
    schema.former_members: (("member_id", MEMBER),),
    incident_people: (("customer_id", CUSTOMER), ("award_id", AWARD)),
}
"""The columns that lead to a person; a row with any of them goes."""
ROWS_GO_BY_KIND: Final[dict[Table, tuple[str, str, dict[str, str]]]] = {
    schema.touched: (
        *("kind", "value"),
        {"customer": CUSTOMER, "member": MEMBER, "card": MEMBER, "email_key": EMAIL},
    ),
    schema.former_members: (
        *("kind", "value"),
        {"email_key": EMAIL, "customer": CUSTOMER, "member": MEMBER},
    ),
    schema.scan_seen: ("source", "subject_id", {"customers": CUSTOMER, "members": MEMBER}),
    schema.set_aside: ("side", "subject_id", {"customer": CUSTOMER, "member": MEMBER}),
    mismatches: ("side", "subject_id", {"customer": CUSTOMER, "member": MEMBER}),
    ignored_mismatches: ("side", "subject_id", {"customer": CUSTOMER, "member": MEMBER}),
}
"""Tables with an id as text, and a column that says what it is of."""
BLANKED_BY: Final[dict[Table, tuple[tuple[str, str], ...]]] = {
    awards: (("email", EMAIL), ("subject", EMAIL), ("subject", MEMBER), ("member_id", MEMBER)),
    decisions: (("member_id", MEMBER),),
}
BLANKED_BY_KIND: Final[dict[Table, tuple[str, str, dict[str, str]]]] = {
    decisions: ("side", "subject_id", {"customer": CUSTOMER, "member": MEMBER}),
    schema.rejected_records: (
        *("source", "record_id"),
        {"customers": CUSTOMER, "members": MEMBER, "member_lookups": MEMBER, "tickets": TICKET},
    ),
}
BLANKED_BY_TEXT: Final = {schema.quality_results: "failing_ids", schema.runs: "failure"}
"""A text that may name somebody among others."""
BLANKED: Final = frozenset({*BLANKED_BY, *BLANKED_BY_KIND, *BLANKED_BY_TEXT, award_events})
"""What stays, without whom it is about; `erase.py` has a statement for each. The events of an award
are found by the award.
"""
NOBODY_IN_IT: Final = frozenset(
    {
        *(api_tokens, award_gates, schema.erased_people, schema.gorgias_objects, schema.locks),
        *(schema.journal, schema.lock_turns),
        *(schema.oauth_tokens, schema.request_budgets, schema.run_counters, schema.store_state),
        *(schema.watermarks, gorgias_agents),
        *(schema.tellings, schema.owed_alerts, schema.liability_days, incidents),
        schema.ledger_entries,
    }
)
"""No customers and no members; `gorgias_agents` has who works at the helpdesk, and nobody else."""


def delete_rows(connection: Connection, store: str, person: Person) -> int:
    """Delete every row about the person; returns how many."""
    count = 0
    for table in dict.fromkeys((*ROWS_GO, *ROWS_GO_BY_KIND)):
        gone = delete(table).where(table.c.store == store, rows_about(table, person))
        count += connection.execute(gone).rowcount
    return count


def rows_about(table: Table, person: Person) -> ColumnElement[bool]:
    """Which rows of a table lead to the person, whatever erasing does to them."""
    values: dict[str, Collection[Any]] = {
        CUSTOMER: person.customer_ids,
        MEMBER: person.member_ids,
        EMAIL: person.email_keys,
        TICKET: person.ticket_ids,
        AWARD: person.award_ids,
    }
    leads: list[ColumnElement[bool]] = []
    for name, kind in _BY_COLUMN.get(table, ()):
        such = table.c[name].in_(sorted(values[kind]))
        # An award may name somebody else's ticket: whose it is says the row, where it says so.
        leads.append(and_(such, table.c.customer_id.is_(None)) if kind == TICKET else such)
    if table in _BY_KIND:
        kind_name, id_name, kinds = _BY_KIND[table]
        kind_column: Column[Any] = table.c[kind_name]
        leads += [
            and_(kind_column == text, table.c[id_name].in_(sorted(map(str, values[kind]))))
            for text, kind in kinds.items()
        ]
    return or_(*leads)


def select_rows(
    connection: Connection, store: str, table: Table, person: Person
) -> Iterator[Row[Any]]:
    """Yield the rows of a table that are about the person, in the order of its key; of those that
    name people in a text, each that has one.
    """
    if table in BLANKED_BY_TEXT:
        such: ColumnElement[bool] = table.c[BLANKED_BY_TEXT[table]].is_not(None)
    elif table is award_events:
        such = table.c.award_id.in_(sorted(person.award_ids))
    else:
        such = rows_about(table, person)
    asked = select(table).where(table.c.store == store, such).order_by(*table.primary_key)
    yield from connection.execute(asked)


def iter_values(connection: Connection, store: str) -> Iterator[tuple[str, Any]]:
    """Yield every address and id that leads to anybody, with its kind; some more than once."""
    for table, columns in _BY_COLUMN.items():
        for name, kind in columns:
            if kind not in {TICKET, AWARD}:
                yield from ((kind, value) for value in _distinct(connection, store, table.c[name]))
    for table, (kind_name, id_name, kinds) in _BY_KIND.items():
        for text, kind in kinds.items():
            if kind != TICKET:
                of_kind = table.c[kind_name] == text
                found = _distinct(connection, store, table.c[id_name], of_kind)
                yield from ((kind, value) for value in found)


def _distinct(
    connection: Connection, store: str, column: Column[Any], *such: ColumnElement[bool]
) -> Iterator[Any]:
    asked = select(column).distinct().where(column.table.c.store == store, column.is_not(None))
    yield from connection.execute(asked.where(*such)).scalars()


_BY_COLUMN: Final = {**ROWS_GO, **BLANKED_BY}
_BY_KIND: Final = {**ROWS_GO_BY_KIND, **BLANKED_BY_KIND}
