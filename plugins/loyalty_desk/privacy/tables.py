"""What erasing a person does to each staging table. A table that is not here fails a test.

The statements are built, not in files: they are one statement for thirty tables, and which columns
lead to a person is exactly what is listed here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, or_

from loyalty_desk.privacy.person import Person
from loyalty_desk.staging import schema
from loyalty_desk.staging.account_schema import api_tokens
from loyalty_desk.staging.award_schema import award_events, award_gates, awards, gorgias_agents
from loyalty_desk.staging.lookup_schema import lookups_not_found, member_lookups
from loyalty_desk.staging.mismatch_schema import (
    decisions,
    ignored_mismatches,
    mismatches,
    refused_suggestions,
    suggestions,
)
from loyalty_desk.staging.routing_schema import routed_tickets

CUSTOMER, MEMBER, EMAIL, TICKET = "customer", "member", "email", "ticket"

ROWS_GO: Final[dict[Table, tuple[tuple[str, str], ...]]] = {
    schema.customers: (("customer_id", CUSTOMER),),
    schema.customer_channels: (("customer_id", CUSTOMER), ("email_key", EMAIL)),
    schema.tickets: (("customer_id", CUSTOMER),),
    schema.further_tickets: (("customer_id", CUSTOMER),),
    schema.members: (("member_id", MEMBER),),
    schema.matches: (("customer_id", CUSTOMER), ("member_id", MEMBER)),
    schema.unmatched_customers: (("customer_id", CUSTOMER),),
    schema.unmatched_members: (("member_id", MEMBER),),
    schema.links: (("customer_id", CUSTOMER), ("member_id", MEMBER)),
    schema.to_plan: (("customer_id", CUSTOMER),),
    schema.pushed_cards: (("customer_id", CUSTOMER),),
    schema.changes: (("customer_id", CUSTOMER), ("member_id", MEMBER)),
    schema.cards_to_show: (("member_id", MEMBER),),
    schema.customers_to_show: (("customer_id", CUSTOMER),),
    suggestions: (("customer_id", CUSTOMER), ("member_id", MEMBER)),
    refused_suggestions: (("customer_id", CUSTOMER), ("member_id", MEMBER)),
    lookups_not_found: (("customer_id", CUSTOMER), ("ticket_id", TICKET)),
    member_lookups: (("customer_id", CUSTOMER),),
    routed_tickets: (("customer_id", CUSTOMER), ("ticket_id", TICKET)),
    schema.set_aside: (("email_key", EMAIL),),
}
"""The columns that lead to a person; a row with any of them goes."""
ROWS_GO_BY_KIND: Final[dict[Table, tuple[str, str, dict[str, str]]]] = {
    schema.touched: (
        *("kind", "value"),
        {"customer": CUSTOMER, "member": MEMBER, "card": MEMBER, "email_key": EMAIL},
    ),
    schema.scan_seen: ("source", "subject_id", {"customers": CUSTOMER, "members": MEMBER}),
    schema.set_aside: ("side", "subject_id", {"customer": CUSTOMER, "member": MEMBER}),
    mismatches: ("side", "subject_id", {"customer": CUSTOMER, "member": MEMBER}),
    ignored_mismatches: ("side", "subject_id", {"customer": CUSTOMER, "member": MEMBER}),
}
"""Tables with an id as text, and a column that says what it is of."""
BLANKED: Final = frozenset(
    {
        *(awards, award_events, decisions, schema.quality_results, schema.rejected_records),
        schema.runs,
    }
)
"""What stays, without whom it is about; `erase.py` has a statement for each."""
NOBODY_IN_IT: Final = frozenset(
    {
        *(api_tokens, award_gates, schema.erased_people, schema.gorgias_objects, schema.locks),
        schema.lock_turns,
        *(schema.oauth_tokens, schema.request_budgets, schema.run_counters, schema.store_state),
        *(schema.watermarks, gorgias_agents),
        *(schema.tellings, schema.owed_alerts),
    }
)
"""No customers and no members; `gorgias_agents` has who works at the helpdesk, and nobody else."""


def delete_rows(connection: Connection, store: str, person: Person) -> int:
    """Delete every row about the person; returns how many."""
    values: dict[str, Collection[Any]] = {
        CUSTOMER: person.customer_ids,
        MEMBER: person.member_ids,
        EMAIL: person.email_keys,
        TICKET: person.ticket_ids,
    }
    count = 0
    for table, columns in ROWS_GO.items():
        leads: list[ColumnElement[bool]] = [
            table.c[name].in_(sorted(values[kind])) for name, kind in columns
        ]
        count += _delete(connection, table, store, or_(*leads))
    for table, (kind_name, id_name, kinds) in ROWS_GO_BY_KIND.items():
        kind_column: Column[Any] = table.c[kind_name]
        leads = [
            and_(kind_column == text, table.c[id_name].in_(sorted(map(str, values[kind]))))
            for text, kind in kinds.items()
        ]
        count += _delete(connection, table, store, or_(*leads))
    return count


def _delete(connection: Connection, table: Table, store: str, leads: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(table.c.store == store, leads)).rowcount
