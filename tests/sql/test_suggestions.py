"""Suggestions from staging, on both databases: who is looked at, what is kept, where it shows."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.mismatches.suggestions import best_suggestions, suggest_members
from loyalty_desk.report.files import CSV, write_files
from loyalty_desk.report.html import write_report
from loyalty_desk.report.mismatch_rows import iter_mismatches
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_record import start_run
from tests.factories import NOW, STORE
from tests.sql.staged import Staged

SHOP_ID = "9001"


@pytest.fixture
def people(staging: Engine) -> Engine:
    """Customer 1 with a slip in the address, 2 with the shop's id, 3 nobody; and their members."""
    with staging.begin() as connection:
        staged = Staged(connection)
        for customer_id, key, values in (
            (1, "ada@gmial.com", {"name": "Ada Byron"}),
            (2, "work@firm.example", {"external_id": SHOP_ID}),
            (3, "nobody@shop.example", {}),
        ):
            staged.customer(customer_id, key, **values)
            staged.unmatched(customer_id, "customer_not_found")
            staged.ticket(customer_id, customer_id)
        member(staged, "m1", "ada@gmail.com", card='{"name":"Ada Byron"}')
        member(staged, "m2", "home@web.de", external_id=SHOP_ID)
        member(staged, "m3", "other@web.de")
    return staging


def member(
    staged: Staged,
    member_id: str,
    key: str | None,
    outcome: str = "member_not_in_gorgias",
    **values: Any,
) -> None:
    """A member without a customer."""
    staged.member(member_id, key, **values)
    staged.connection.execute(
        schema.unmatched_members.insert().values(
            store=STORE,
            member_id=member_id,
            outcome=outcome,
            since_utc="2026-01-01T00:00:00.000000Z",
        )
    )


def kept(engine: Engine, min_score: float = 0.5) -> dict[int, str]:
    with reading(engine) as connection:
        found = best_suggestions(connection, STORE, min_score)
    return {customer_id: one.member_id for customer_id, one in found.items()}


def test_customers_without_a_member_get_the_member_that_they_may_be(people: Engine) -> None:
    assert suggest_members(people, STORE) == 2

    assert kept(people) == {1: "m1", 2: "m2"}
    assert kept(people, min_score=0.999) == {}


def test_who_has_been_matched_since_is_suggested_no_more(people: Engine) -> None:
    suggest_members(people, STORE)
    with people.begin() as connection:
        staged = Staged(connection)
        staged.delete(schema.unmatched_customers, customer_id=1)
        staged.delete(schema.unmatched_members, member_id="m2")

    assert suggest_members(people, STORE) == 0
    assert kept(people) == {}


@pytest.mark.parametrize("outcome", ["excluded", "erased", "ambiguous", "not_a_member"])
def test_a_class_that_is_settled_otherwise_gets_no_suggestion(people: Engine, outcome: str) -> None:
    with people.begin() as connection:
        Staged(connection).update(schema.unmatched_customers, {"customer_id": 1}, outcome=outcome)

    suggest_members(people, STORE)

    assert 1 not in kept(people)


@pytest.mark.parametrize("outcome", ["customer_not_found", "not_a_member", "no_email"])
@pytest.mark.parametrize("has_address", [True, False])
def test_people_without_an_address_are_suggested_by_the_id_in_the_shop_in_both_directions(
    staging: Engine,
    outcome: str,
    has_address: bool,  # noqa: FBT001 - pytest gives it
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        key = None if outcome == "no_email" else "seven@web.de"
        staged.customer(7, key, external_id=SHOP_ID)
        staged.unmatched(7, outcome)
        staged.customer(8, "eight@web.de", external_id="another")
        staged.unmatched(8, "not_a_member")
        if has_address:
            member(staged, "m7", "home@web.de", external_id=SHOP_ID)
        else:
            member(staged, "m7", None, "no_email", external_id=SHOP_ID)

    suggest_members(staging, STORE)

    is_settled = outcome == "not_a_member" and has_address  # nobody of the two needs a person
    assert kept(staging) == ({} if is_settled else {7: "m7"})


def test_another_store_s_people_are_never_suggested(people: Engine) -> None:
    with people.begin() as connection:
        other = Staged(connection, "other")
        other.customer(1, "home@web.ed")
        other.unmatched(1, "customer_not_found")

    assert suggest_members(people, "other") == 0


def test_it_is_in_the_spreadsheet_and_on_the_page_with_the_reason(
    people: Engine, tmp_path: Path
) -> None:
    suggest_members(people, STORE)
    with people.begin() as connection:
        start_run(connection, STORE, "r1", {}, NOW)

    rows = iter_mismatches(people, STORE, NOW)
    write_files(rows, tmp_path, store=STORE, run_id="r1", now=NOW)
    page = write_report(people, STORE, "r1", tmp_path / "r1", NOW).read_text(encoding="utf-8")

    with (tmp_path / CSV).open(encoding="utf-8-sig") as file:
        rows = {row["id"]: row for row in csv.DictReader(file) if row["side"] == "customer"}
    assert rows["1"]["may_be_member"] == "m1"
    assert rows["1"]["because"] == "a slip in the domain"
    assert rows["3"]["may_be_member"] == ""
    assert "the same id in the shop" in page
    assert "@gmial" not in page
