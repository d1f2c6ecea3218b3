"""What is kept of one person is handed out whole, and nothing of anybody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Engine, Float, Integer, Table, insert

from loyalty_desk.privacy.export import EXPORTED, export_person
from loyalty_desk.privacy.export_page import as_page
from loyalty_desk.privacy.person import PersonError, Who
from loyalty_desk.privacy.tables import BLANKED, NOBODY_IN_IT, ROWS_GO, ROWS_GO_BY_KIND
from loyalty_desk.staging import schema
from loyalty_desk.staging.kept_out import EMAIL, keep_out
from loyalty_desk.staging.schema import METADATA
from tests.factories import NOW, STORE

ADA, GRACE = 7, 8
IDS: dict[int, dict[str, Any]] = {
    number: {
        "customer_id": number,
        "member_id": f"m{number}",
        "ticket_id": 100 + number,
        "email_key": f"{name}@example.test",
        "email": f"{name}@example.test",
        "subject": f"m{number}",
        "subject_id": str(number),
        "record_id": str(number),
        "value": str(number),
        "award_id": f"a{number}",
        "name": f"{name} byron",
        "card": json.dumps({"name": f"{name} byron"}),
        "facts": json.dumps({"subject": f"m{number}"}),
        "failing_ids": json.dumps([str(number)]),
        "failure": f"match: customer {number}",
        "side": "customer",
        "kind": "customer",
        "source": "customers",
        "state": "applied",
    }
    for number, name in ((ADA, "ada"), (GRACE, "grace"))
}


def value_of(column: Column[Any], number: int) -> Any:
    if column.name in IDS[number] and not isinstance(column.type, Boolean):
        return IDS[number][column.name]
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Integer | Float):
        return number
    return f"{column.name} of {number}"


def row_of(table: Table, number: int) -> dict[str, Any]:
    row = {column.name: value_of(column, number) for column in table.columns} | {"store": STORE}
    if table is schema.pushed_cards:
        row["destination"] = "customer_data"
    return row


@pytest.fixture
def full(staging: Engine) -> Engine:
    """Two people in every table that may hold one."""
    with staging.begin() as connection:
        for table in EXPORTED:
            for number in (ADA, GRACE):
                row = row_of(table, number)
                if table is schema.run_counters:
                    continue
                connection.execute(insert(table).values(row))
    return staging


def test_a_table_is_exported_exactly_when_erasing_does_something_to_it() -> None:
    erased = {*ROWS_GO, *ROWS_GO_BY_KIND, *BLANKED}

    assert erased == EXPORTED
    assert set(METADATA.sorted_tables) - NOBODY_IN_IT == EXPORTED


@pytest.mark.parametrize("who", [Who(customer_id=ADA), Who(member_id="m7")])
def test_an_export_has_the_person_from_every_table_and_nobody_else(
    full: Engine, who: Who, tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    for name, text in (("r1", "customer 7"), ("r2", "customer 8")):
        (reports / name).mkdir(parents=True)
        (reports / name / "mismatches.csv").write_text(text)

    found = export_person(full, STORE, who, {"reports": reports}, NOW)

    assert {part.table for part in found.parts} == {table.name for table in EXPORTED}
    assert all(len(part.rows) == 1 for part in found.parts)
    assert (found.customer_ids, found.member_ids) == ([7], ["m7"])
    assert found.files == [f"reports/{STORE}/r1"]
    text = found.as_json()
    assert "grace" not in text
    assert "m8" not in text
    [card] = [part.rows[0]["card"] for part in found.parts if part.table == "members"]
    assert card == {"name": "ada byron"}
    assert "ada" not in repr(found)


def test_a_card_of_another_member_that_somebody_had_by_mistake_is_not_told(full: Engine) -> None:
    with full.begin() as connection:
        for version, number in (("1", GRACE), ("3", None)):
            row = row_of(schema.card_writes, ADA) | {"version_utc": version, "member_id": None}
            if number is not None:
                row |= {"member_id": f"m{number}", "card": IDS[number]["card"]}
            connection.execute(insert(schema.card_writes).values(row))

    found = export_person(full, STORE, Who(customer_id=ADA), {}, NOW)

    [part] = [part for part in found.parts if part.table == "card_writes"]
    assert [(row["member_id"], row["card"]) for row in part.rows] == [
        ("of another member", "of another member"),
        (None, {"name": "ada byron"}),
        ("m7", {"name": "ada byron"}),
    ]
    assert "grace" not in found.as_json()


def test_the_page_has_every_value_and_escapes_what_others_wrote(full: Engine) -> None:
    with full.begin() as connection:
        connection.execute(schema.customers.update().values(name="<script>alert(1)</script>"))

    page = as_page(export_person(full, STORE, Who(customer_id=ADA), {}, NOW))

    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "ada@example.test" in page
    assert "Read from gorgias" in page


def test_who_is_not_known_is_said_so_and_who_was_erased_too(staging: Engine) -> None:
    with pytest.raises(PersonError, match="knows nobody"):
        export_person(staging, STORE, Who(customer_id=99), {}, NOW)
    who = Who(email="ada@example.test")
    nothing = export_person(staging, STORE, who, {}, NOW)
    assert (nothing.parts, nothing.is_kept_out) == ([], False)
    with staging.begin() as connection:
        keep_out(connection, STORE, [(EMAIL, "ada@example.test")], NOW)

    assert export_person(staging, STORE, who, {}, NOW).is_kept_out
