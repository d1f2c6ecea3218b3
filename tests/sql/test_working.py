"""What match and plan tell the databases about the tables."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.staging import working


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT name FROM customers WHERE store = 'a' AND email_key = 'k'", "by_email_key"),
        ("SELECT status FROM tickets WHERE store = 'a' AND customer_id = 1", "by_customer"),
        ("SELECT name FROM customers WHERE store = 'a' ORDER BY customer_id", "PRIMARY KEY"),
        ("SELECT name FROM customers WHERE store = 'a' AND gone_at_utc IS NOT NULL", "_gone"),
    ],
)
def test_sqlite_looks_a_key_up_instead_of_reading_the_store(
    staging: Engine, query: str, index: str
) -> None:
    if staging.dialect.name != "sqlite":
        pytest.skip("PostgreSQL counts its tables itself")
    with staging.begin() as connection:
        working.describe_tables(connection)
        steps = connection.execute(text(f"EXPLAIN QUERY PLAN {query}")).all()
    assert len(steps) == 1
    assert index in steps[0].detail
