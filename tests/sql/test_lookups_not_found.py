"""Tickets whose lookup found nobody: noted, settled, counted and forgotten, on both databases."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Row, event

from loyalty_desk.card.cards import member_card
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.clock import utc_text
from loyalty_desk.lookup.answers import LookedUp, nobody
from loyalty_desk.lookup.not_found import AskedTicket, note_lookup, read_asked_ticket
from loyalty_desk.lookup.staged import Found
from loyalty_desk.records import MemberStatus, Outcome
from loyalty_desk.report.files import CSV, write_files
from loyalty_desk.report.html import write_report
from loyalty_desk.report.mismatch_rows import iter_mismatches
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.intake import prune_tickets
from loyalty_desk.staging.kept_out import CUSTOMER, keep_out
from loyalty_desk.staging.lookup_schema import lookups_not_found
from loyalty_desk.staging.run_record import start_run
from tests.factories import LATER, NOW, STORE

CUSTOMER_ID = 70
NOT_FOUND = nobody(Outcome.CUSTOMER_NOT_FOUND)
CARD = member_card("7", MemberStatus.MEMBER, {})
FOUND = LookedUp.of(Found(member_id="7", card=CARD, as_of_utc=None), "fresh", NOW)


def note(
    engine: Engine, looked_up: LookedUp = NOT_FOUND, ticket_id: int = 1, now: Any = NOW
) -> None:
    asked = AskedTicket(ticket_id=ticket_id, customer_id=CUSTOMER_ID)
    note_lookup(engine, STORE, asked, looked_up, now)


def rows(engine: Engine) -> list[Row[Any]]:
    with reading(engine) as connection:
        return list(connection.execute(lookups_not_found.select()).all())


def test_a_lookup_that_found_nobody_is_kept_with_its_ticket(staging: Engine) -> None:
    note(staging)

    assert [tuple(row) for row in rows(staging)] == [
        (STORE, 1, CUSTOMER_ID, "customer_not_found", utc_text(NOW), utc_text(NOW), None)
    ]


def test_again_within_a_minute_is_no_news(staging: Engine) -> None:
    note(staging)
    note(staging, now=NOW + timedelta(seconds=30))

    assert rows(staging)[0].last_at_utc == utc_text(NOW)


@pytest.mark.parametrize(
    ("looked_up", "now"),
    [(NOT_FOUND, LATER), (nobody(Outcome.AMBIGUOUS), NOW + timedelta(seconds=1))],
    ids=["later", "for another reason"],
)
def test_again_is_the_same_row(staging: Engine, looked_up: LookedUp, now: Any) -> None:
    note(staging)
    note(staging, looked_up, now=now)

    [row] = rows(staging)
    assert (row.first_at_utc, row.last_at_utc) == (utc_text(NOW), utc_text(now))
    assert row.outcome == looked_up.found.card["status"]


def test_a_member_found_later_settles_it_and_a_miss_opens_it_again(staging: Engine) -> None:
    note(staging)
    note(staging, FOUND, now=LATER)
    assert rows(staging)[0].settled_at_utc == utc_text(LATER)

    note(staging, now=LATER + timedelta(seconds=1))
    assert rows(staging)[0].settled_at_utc is None


def test_a_member_found_at_once_leaves_no_row(staging: Engine) -> None:
    note(staging, FOUND)

    assert rows(staging) == []


def test_who_is_found_as_before_writes_nothing(staging: Engine) -> None:
    note(staging, ticket_id=2)
    note(staging, FOUND, ticket_id=2)
    sent: list[str] = []

    @event.listens_for(staging, "before_cursor_execute")
    def note_statement(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        sent.append(sql.split(maxsplit=1)[0])

    note(staging, FOUND)
    note(staging, FOUND, ticket_id=2)

    assert sent.count("SELECT") == 2
    assert {"INSERT", "UPDATE"}.isdisjoint(sent)


def test_the_ticket_of_an_erased_person_is_not_kept(staging: Engine) -> None:
    with staging.begin() as connection:
        keep_out(connection, STORE, [(CUSTOMER, CUSTOMER_ID)], NOW)

    note(staging)

    assert rows(staging) == []


def test_what_is_old_is_forgotten_with_the_tickets(staging: Engine) -> None:
    note(staging)
    note(staging, ticket_id=2, now=LATER)

    with staging.begin() as connection:
        prune_tickets(connection, STORE, utc_text(NOW + timedelta(seconds=1)))

    assert [row.ticket_id for row in rows(staging)] == [2]


@pytest.mark.parametrize("outcome", sorted(set(CARD_CLASSES) - {Outcome.NOT_A_MEMBER}))
def test_each_class_is_in_the_spreadsheet_with_what_to_do(
    staging: Engine, outcome: Outcome, tmp_path: Path
) -> None:
    note(staging, nobody(outcome))
    note(staging, FOUND, ticket_id=2)

    rows = iter_mismatches(staging, STORE, NOW)
    write_files(rows, tmp_path, store=STORE, run_id="r1", now=NOW)

    with (tmp_path / CSV).open(encoding="utf-8-sig") as file:
        [row] = csv.DictReader(file)
    assert (row["side"], row["id"], row["class"]) == ("ticket", "1", outcome.value)
    assert row["what_to_do"]


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"ticket_id": "7"}, (7, None)),
        ({"ticket_id": "7", "customer_id": "9"}, (7, 9)),
        ({"id": "7", "customer": {"id": "9", "email": "a@b.example"}}, (7, 9)),
        ({"ticket": {"id": "7", "customer": {"id": "9"}}}, (7, 9)),
        ({"id": "7"}, None),
        ({"ticket_id": ""}, None),
        ({"ticket_id": "0"}, None),
        ({"ticket_id": "-7"}, None),
        ({"ticket_id": "7.5"}, None),
        ({"ticket_id": "9" * 19}, None),
        ({"ticket_id": "\u0667"}, None),
        ({"ticket_id": ["7"]}, None),
        ({"ticket_id": "7", "customer_id": "x"}, (7, None)),
        ({"ticket": "7", "customer": "9"}, None),
    ],
)
def test_the_ticket_is_read_from_any_call(fields: Any, asked: tuple[int, int | None]) -> None:
    found = read_asked_ticket(fields)

    assert (found and (found.ticket_id, found.customer_id)) == asked


def test_the_page_counts_them_by_class_and_names_the_tickets(
    staging: Engine, tmp_path: Path
) -> None:
    note(staging, ticket_id=4711)
    note(staging, nobody(Outcome.AMBIGUOUS), ticket_id=4712)
    with staging.begin() as connection:
        start_run(connection, STORE, "r1", {}, NOW)

    page = write_report(staging, STORE, "r1", tmp_path / "r1", NOW).read_text(encoding="utf-8")

    section = page[page.index('id="looked-up"') :].partition("</section>")[0]
    assert "4711" in section
    assert "Unclear: 1" in section
