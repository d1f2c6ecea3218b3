"""The rows of the report's files: who they are, for the workbook."""

from __future__ import annotations

from sqlalchemy import Engine

from loyalty_desk.mismatches.suggestions import suggest_members
from loyalty_desk.report.mismatch_rows import iter_mismatches
from loyalty_desk.staging import schema
from tests.factories import NOW, STORE
from tests.sql.staged import EARLIER, Staged


def test_rows_that_need_somebody_have_names_and_no_address_for_one(staging: Engine) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.customer(1, "ada@gmial.com", name="Ada Byron")
        staged.customer(2, "bo@shop.example", name="bo@shop.example")
        staged.customer(3, "cy@shop.example")
        for customer_id in (1, 2, 3):
            staged.unmatched(customer_id, "customer_not_found")
        for member_id, key, outcome in (
            ("m1", "ada@gmail.com", "member_not_in_gorgias"),
            ("m2", "twin@shop.example", "ambiguous"),
            ("m3", None, "no_email"),
        ):
            card = "{}" if member_id == "m3" else f'{{"name":"Member {member_id}"}}'
            staged.member(member_id, key, card=card)
            row = {"store": STORE, "member_id": member_id, "outcome": outcome}
            connection.execute(schema.unmatched_members.insert(), {**row, "since_utc": EARLIER})
    suggest_members(staging, STORE)

    rows = {row.id: row for row in iter_mismatches(staging, STORE, NOW)}

    assert {key: row.name for key, row in rows.items()} == {
        "1": "Ada Byron",
        "2": None,
        "3": None,
        "m1": None,
        "m2": "Member m2",
        "m3": None,
    }
    assert (rows["1"].may_be_member, rows["1"].may_be_name) == ("m1", "Member m1")
    assert rows["3"].may_be_name is None
