"""What erasing leaves in every table: nothing of the person, and all of everybody else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert

from loyalty_desk.privacy.person import Who, find_person
from loyalty_desk.privacy.tables import BLANKED
from loyalty_desk.staging import schema
from loyalty_desk.staging.award_schema import award_events, awards
from loyalty_desk.staging.mismatch_schema import decisions, ignored_mismatches
from loyalty_desk.tasks.erase import erase_rows
from tests.factories import NOW, STORE
from tests.http.api_client import forget_settings
from tests.sql.test_export import ADA, EXPORTED, GRACE, row_of

OTHER = "other"
KEPT = {
    awards: {
        *("unit", "reason", "agent", "door", "reverses", "token_id", "queued_by", "batch_id"),
        *("claimed_by", "asked_run_id", "alert_run_id"),
    },
    award_events: {"actor"},
    decisions: {"actor", "action", "decision_id", "batch_id", "undone_by"},
    schema.quality_results: {"step", "expectation", "severity", "says"},
    schema.rejected_records: {"field", "reason"},
    schema.runs: {"params", "report_path"},
}
"""What stays of a row about the person beside ids of its own, numbers and times: who here did what.
"""


def rows(engine: Engine, table: Table, store: str = STORE) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        found = connection.execute(table.select().where(table.c.store == store))
        return sorted((dict(row._mapping) for row in found), key=repr)


@pytest.fixture
def full(staging: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Ada and Grace in every table; another store, which has somebody with all of Ada's ids."""
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path / "var"))
    forget_settings()
    with staging.begin() as connection:
        for table in EXPORTED - {schema.run_counters}:
            of_all = [
                row_of(table, ADA),
                row_of(table, GRACE),
                {**row_of(table, ADA), "store": OTHER},
            ]
            connection.execute(insert(table), of_all)
        # A member whose id is the number of Ada's customer.
        another = {**row_of(ignored_mismatches, ADA), "side": "member"}
        connection.execute(insert(ignored_mismatches).values(another))
    return staging


def tells(value: object) -> bool:
    """Whether a value was made for Ada, or names her."""
    text = str(value)
    # As a word, as any hash may have these three letters in it.
    named = re.search(r"\bada\b", text) is not None
    return text.endswith(" of 7") or "m7" in text or "customer 7" in text or named


def erase_ada(engine: Engine) -> None:
    with engine.begin() as connection:
        person = find_person(connection, STORE, Who(customer_id=ADA))
        erase_rows(connection, STORE, person, NOW)


def test_everybody_else_stays_whole(full: Engine) -> None:
    of_other_store = {table: rows(full, table, OTHER) for table in EXPORTED}
    grace = {table: rows(full, table)[-1] for table in EXPORTED - {schema.run_counters}}

    erase_ada(full)

    assert {table: rows(full, table, OTHER) for table in EXPORTED} == of_other_store
    assert {table.name for table, row in grace.items() if row not in rows(full, table)} == set()
    assert [row["side"] for row in rows(full, ignored_mismatches)] == ["customer", "member"]


def test_what_stays_of_a_row_says_nothing_of_the_person(full: Engine) -> None:
    erase_ada(full)

    for table in BLANKED:
        telling = {
            name
            for row in rows(full, table)
            for name, value in row.items()
            if not name.endswith("_utc") and tells(value)
        }
        assert telling <= KEPT[table] | {"award_id", "run_id"}, table.name
    [blank] = [row for row in rows(full, awards) if row["subject"] == "erased"]
    assert (blank["ticket_id"], blank["email"], blank["member_id"]) == (None, None, None)
    assert [row["failing_ids"] for row in rows(full, schema.quality_results)] == ["[]", '["8"]']
