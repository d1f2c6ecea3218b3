"""What became of everybody in a batch, as a table and as a file whose sums add up."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine, select

from loyalty_desk.awards.batch_results import Outcome, load_outcomes, sum_up
from loyalty_desk.awards.not_taken_back import reversals_of
from loyalty_desk.awards.taking_back_all import Wish, take_back_all
from loyalty_desk.elsewhere import Elsewhere
from loyalty_desk.report.batch_files import COLUMNS, as_csv, as_xlsx
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading
from tests.factories import LATER, STORE, store_settings
from tests.sql.incident_world import TICKETS, ask_for, fill
from tests.sql.test_award_batches import send
from tests.sql.test_award_decisions import set_state

GORGIAS, DESK = "https://my-shop.gorgias.com", "https://airflow.shop.example/loyalty/desk/acme"
ELSEWHERE = Elsewhere(
    gorgias=GORGIAS, member_page="https://admin.shop.example/{member_id}", desk=DESK
)


def outcomes(staging: Engine, batch_id: str | None) -> list[Outcome]:
    with reading(staging) as connection:
        return load_outcomes(connection, STORE, str(batch_id))


def results(staging: Engine, batch_id: str | None) -> dict[str, tuple[int, int, Decimal, Decimal]]:
    return {
        one.result: (one.people, one.tickets, one.asked, one.booked)
        for one in sum_up(outcomes(staging, batch_id))
    }


def award_ids(staging: Engine) -> list[str]:
    with reading(staging) as connection:
        awards = schema.awards
        found = connection.execute(select(awards.c.award_id).order_by(awards.c.member_id))
        return list(found.scalars())


@pytest.fixture
def batch(staging: Engine) -> str:
    fill(staging)
    return str(ask_for(staging).batch_id)


def test_everybody_behind_the_tickets_has_a_result_and_the_sums_are_the_whole(
    staging: Engine, batch: str
) -> None:
    first, second = award_ids(staging)
    set_state(staging, first, "applied")
    set_state(staging, second, "refused", detail="guest")

    found = results(staging, batch)

    assert found == {
        "Booked": (1, 3, 100, 100),
        "Refused": (1, 1, 100, 0),
        "The same member": (1, 3, 0, 0),
        "Excluded": (1, 1, 0, 0),
        "Not a member": (1, 1, 0, 0),
        "Unclear": (1, 1, 0, 0),
        "Gone": (1, 1, 0, 0),
        "Not read yet": (1, 1, 0, 0),
    }
    assert sum(tickets for _, tickets, _, _ in found.values()) == TICKETS
    booked = next(one for one in outcomes(staging, batch) if one.result == "Booked")
    assert (booked.member_id, booked.customer_id, booked.ticket_id) == ("m1", 1, 3)
    assert booked.email == "p1@shop.example"
    refused = next(one for one in outcomes(staging, batch) if one.result == "Refused")
    assert refused.why == "guest"


@pytest.mark.parametrize(
    ("state", "result"),
    [
        ("queued", "Under way"),
        ("needs_approval", "Waits for approval"),
        ("approved", "Under way"),
        ("applying", "Under way"),
        ("applied", "Booked"),
        ("unknown", "Perhaps booked"),
        ("refused", "Refused"),
        ("rejected", "Rejected"),
    ],
)
def test_each_state_is_said_in_a_word(staging: Engine, batch: str, state: str, result: str) -> None:
    for award_id in award_ids(staging):
        set_state(staging, award_id, state)

    assert results(staging, batch)[result][0] == 2


def test_what_was_taken_back_does_not_count_as_booked_once_it_is(
    staging: Engine, batch: str
) -> None:
    first, second = award_ids(staging)
    set_state(staging, first, "applied")
    set_state(staging, second, "rejected")
    wish = Wish(batch_id=batch, by="ada", why="oh")
    take_back_all(staging, store_settings(), wish, LATER)
    assert results(staging, batch)["Booked, to be taken back"] == (1, 3, 100, 100)

    [reversal] = [one for one in outcomes(staging, reversals_of(batch)) if one.award_id]
    set_state(staging, str(reversal.award_id), "applied")

    assert results(staging, batch)["Taken back"] == (1, 3, 100, 0)
    assert results(staging, reversals_of(batch)) == {"Booked": (1, 0, -100, -100)}


def test_a_file_of_awards_has_its_results_too(staging: Engine) -> None:
    batch_id = send(staging, (7, 60), (8, -40)).batch_id

    assert results(staging, batch_id) == {"Waits for approval": (2, 0, 20, 0)}
    assert {one.member_id for one in outcomes(staging, batch_id)} == {"7", "8"}


def test_the_files_hold_everybody_and_the_sums_add_up(staging: Engine, batch: str) -> None:
    with staging.begin() as connection:
        key = schema.customers.c.customer_id == 1
        connection.execute(schema.customers.update().where(key).values(email="=cmd()@shop.example"))
    first, _ = award_ids(staging)
    set_state(staging, first, "applied")
    everybody = outcomes(staging, batch)

    rows = list(csv.DictReader(io.StringIO(as_csv(everybody).decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(everybody, sum_up(everybody), ELSEWHERE)))

    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == len(everybody) == 8
    assert sum(int(row["tickets"]) for row in rows) == TICKETS
    assert sum(int(row["booked"]) for row in rows) == 100
    booked = next(row for row in rows if row["result"] == "Booked")
    assert booked["email"] == "'=cmd()@shop.example"
    sheet: Any = book["Everybody"]
    shown = list(sheet.iter_rows(values_only=True))
    assert len(shown) == 4 + len(everybody)
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    [row] = [row for row in sheet.iter_rows(min_row=5) if row[5].value == "Booked"]
    assert [row[place].value for place in (0, 2, 3, 7, 8, 9)] == [
        "3",
        "1",
        "m1",
        100,
        100,
        "points",
    ]
    assert [row[place].hyperlink.target for place in (0, 2, 3, 10)] == [
        *(f"{GORGIAS}/app/ticket/3", f"{GORGIAS}/app/customer/1"),
        *("https://admin.shop.example/m1", f"{DESK}/awards/{first}"),
    ]
    sums = {row[0]: row[1:] for row in book["Sums"].iter_rows(values_only=True)}
    assert sums["All"] == (8, TICKETS, None, None, None)
    assert sums["All points"] == (None, None, 200, 100, "points")
    assert sums["Booked"] == (1, 3, 100, 100, "points")
