"""The row types against the tables that they are written to."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Table

from loyalty_desk.staging import mismatch_schema, row_types, schema
from loyalty_desk.staging.row_types import (
    CUSTOMER_GROUPS,
    MEMBER_GROUPS,
    ColumnGroups,
    CustomerRow,
    MemberRow,
)

TABLES: dict[type[NamedTuple], Table] = {
    MemberRow: schema.members,
    CustomerRow: schema.customers,
    row_types.ChannelRow: schema.customer_channels,
    row_types.TicketRow: schema.tickets,
    row_types.IncidentPersonRow: schema.incident_people,
    row_types.FurtherTicketRow: schema.further_tickets,
    row_types.TouchedRow: schema.touched,
    row_types.ToPlanRow: schema.to_plan,
    row_types.SeenRow: schema.scan_seen,
    row_types.RejectedRow: schema.rejected_records,
    row_types.SuggestionRow: mismatch_schema.suggestions,
}
GROUPS: list[tuple[ColumnGroups[Any], type[NamedTuple], Table]] = [
    (MEMBER_GROUPS, MemberRow, schema.members),
    (CUSTOMER_GROUPS, CustomerRow, schema.customers),
]


def test_every_row_type_is_held_against_its_table() -> None:
    found = {kind for kind in vars(row_types).values() if hasattr(kind, "_fields")}

    assert found == set(TABLES)


@pytest.mark.parametrize("row_type", TABLES)
def test_a_row_has_the_columns_of_its_table_in_their_order(row_type: type[NamedTuple]) -> None:
    assert row_type._fields == tuple(TABLES[row_type].columns.keys())


@pytest.mark.parametrize(("groups", "row_type", "table"), GROUPS)
def test_a_column_counts_as_exactly_one_thing(
    groups: ColumnGroups[Any], row_type: type[NamedTuple], table: Table
) -> None:
    grouped = Counter(name for names in groups.columns.values() for name in names)

    assert grouped == Counter(table.columns.keys())
    assert set(groups.columns["identity"]) == set(table.primary_key.columns.keys())


@pytest.mark.parametrize(("groups", "row_type", "table"), GROUPS)
def test_a_row_is_changed_by_every_column_but_the_times(
    groups: ColumnGroups[Any], row_type: Any, table: Table
) -> None:
    row = row_type._make(table.columns.keys())
    others = {name: row._replace(**{name: "another"}) for name in row_type._fields}

    changed = {name for name in others if groups.content(others[name]) != groups.content(row)}
    assert changed == set(row_type._fields) - set(groups.columns["times"])
    matched = {name for name in others if groups.match_key(others[name]) != groups.match_key(row)}
    assert matched == set(groups.columns["match_key"])
