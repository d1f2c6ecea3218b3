"""Rows go to their table by place, so a row that is not as the table is must never get there."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.staging.load import bulk_insert, bulk_upsert
from loyalty_desk.staging.row_types import CustomerRow, MemberRow, TicketRow
from loyalty_desk.staging.schema import to_plan
from loyalty_desk.staging.statements import statement
from tests.factories import STORE


class Swapped(NamedTuple):
    customer_id: int
    store: str


@pytest.mark.parametrize("write", [bulk_insert, bulk_upsert])
def test_a_row_in_another_order_than_its_table_is_refused(staging: Engine, write: object) -> None:
    with staging.begin() as connection:
        with pytest.raises(TypeError, match="Swapped has not the columns of to_plan"):
            write(connection, to_plan, [Swapped(1, STORE)])  # type: ignore[operator]

        assert connection.execute(select(to_plan)).all() == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("stage/members/select_members", MemberRow._fields),
        (
            "stage/customers/select_customers",
            (
                *CustomerRow._fields,
                "pushed_fingerprint",
                "pushed_shown_fingerprint",
                "pushed_at_utc",
            ),
        ),
        ("stage/tickets/select_tickets", TicketRow._fields),
    ],
)
def test_what_is_staged_is_read_in_the_order_of_its_row(
    staging: Engine, path: str, expected: tuple[str, ...]
) -> None:
    with staging.begin() as connection:
        found = connection.execute(statement(path), {"store": STORE, "ids": [None]})

        assert tuple(found.keys()) == expected
