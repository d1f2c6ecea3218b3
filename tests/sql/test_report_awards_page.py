"""The awards in the report: in what words, and what must never be in them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.report.data import TOP_ROWS
from loyalty_desk.report.html import write_report
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_record import balance_problems, load_run_record, start_run
from tests.factories import LATER, NOW, STORE
from tests.sql.award_rows import ADA, applied, award_row, put
from tests.sql.quality_rows import customer_row, insert, match_row, unmatched
from tests.sql.test_report import NASTY, Outline, text_of

RUN = "scheduled__2026-03-02"
TITLE = "Awards that need somebody"
NONE = ("", "", "")
"""An award has no suggestion."""
Write = Callable[[], str]


@pytest.fixture
def write(staging: Engine, tmp_path: Path) -> Write:
    """Write the report of a run in which nothing happened; gives the page."""
    with staging.begin() as connection:
        start_run(connection, STORE, RUN, {}, NOW)

    def write() -> str:
        return write_report(staging, STORE, RUN, tmp_path / "run", LATER).read_text("utf-8")

    return write


def section(page: str) -> str:
    """What a reader sees of the awards."""
    found = re.search(r'<section aria-labelledby="awards">.*?</section>', page, re.DOTALL)
    return text_of(found[0]) if found else ""


def csv_rows(tmp_path: Path) -> list[list[str]]:
    with (tmp_path / "run" / "mismatches.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def test_the_page_says_who_what_why_and_what_to_do(write: Write, staging: Engine) -> None:
    put(
        staging,
        award_row("a1", ticket_id=4711),
        award_row(
            "a2",
            state="unknown",
            detail="the ledger cannot be read",
            member_id="m2",
            unit="credits",
            amount=-550,
            settled_at_utc=utc_text(NOW - timedelta(days=1)),
        ),
    )
    with staging.begin() as connection:
        insert(connection, schema.customers, customer_row(7, email_key=ADA))

    page = write()
    words = section(page)

    assert (
        "+50 points 2 Mar 2026, 09:30 UTC a1 customer 7 eve ticket 4711 ▲ refused : "
        "Nobody by that e-mail No member of the programme has the e-mail address that was asked "
        "for. customer_not_found Check the address. If it is right, the customer has to join"
    ) in words
    assert (
        "-5.50 credits 1 Mar 2026, 09:30 UTC a2 member m2 eve ? unknown : Perhaps booked "
        "Nobody can tell whether the platform booked the award: the ledger cannot be read. "
        "Look at the member&#39;s ledger"
    ) in words
    assert "python -m loyalty_desk awards resolve AWARD --store acme" in words
    assert "2 awards need somebody." in text_of(page)
    assert "All is well" not in page


def test_the_page_stays_readable_aloud_with_awards(write: Write, staging: Engine) -> None:
    put(staging, award_row("a"))
    outline = Outline()

    outline.feed(write())

    assert outline.tables == outline.captions
    assert outline.unscoped == 0
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.references) <= set(outline.ids)


def test_the_page_says_when_the_customer_is_a_member_by_now(write: Write, staging: Engine) -> None:
    put(staging, award_row("a"))
    with staging.begin() as connection:
        insert(connection, schema.customers, customer_row(7, email_key=ADA))
        insert(connection, schema.matches, match_row(7, "m1"))

    assert "member m1 " in (words := section(write()))
    assert "The customer is a member by now: award anew." in words


def test_an_award_by_a_members_id_does_not_speak_of_an_e_mail(
    write: Write, staging: Engine
) -> None:
    put(staging, award_row("a", email=None, member_id="m9"))

    words = section(write())

    assert "member m9 eve ▲ refused : Nobody by that id" in words
    assert "e-mail address that was" not in words


@pytest.mark.parametrize(
    ("detail", "title"),
    [
        ("guest", "Not joined"),
        ("excluded", "Excluded"),
        ("the platform answered 422", "Not booked"),
        (None, "Not booked"),
    ],
)
def test_every_other_refusal_has_its_words(
    write: Write, staging: Engine, detail: str | None, title: str
) -> None:
    put(staging, award_row("a", detail=detail))

    assert f"refused : {title} " in (words := section(write()))
    assert (detail or "") in words
    assert "resolve" not in words


def test_what_an_agent_is_called_runs_nothing_and_no_address_shows(
    write: Write, staging: Engine
) -> None:
    put(
        staging,
        award_row("script", agent=NASTY, detail=NASTY),
        award_row("address", agent="eve@shop.example"),
        award_row("member", email=None, member_id=ADA),
    )

    page = write()

    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    assert "eve" in (words := section(page))
    assert "member a…@shop.example " in words
    assert ADA not in page
    assert "eve@" not in page


def test_the_page_shows_the_newest_and_counts_the_rest(write: Write, staging: Engine) -> None:
    put(staging, *(award_row(f"a{number:02}") for number in range(TOP_ROWS + 5)))

    page = write()

    assert f"The newest {TOP_ROWS} of {TOP_ROWS + 5} awards refused or unknown" in section(page)
    assert f"{TOP_ROWS + 5} awards need somebody. See the newest." in text_of(page)
    assert page.count('<th scope="row">+50 points') == TOP_ROWS


def test_without_such_awards_nothing_of_it_shows(
    write: Write, staging: Engine, tmp_path: Path
) -> None:
    put(staging, applied())

    page = write()

    assert TITLE not in page
    assert "#awards" not in page
    assert "award" not in text_of(page).lower()
    assert "All is well" in page
    assert csv_rows(tmp_path) == []


def test_the_spreadsheet_holds_the_awards_of_nobody_and_no_other(
    write: Write, staging: Engine, tmp_path: Path
) -> None:
    put(
        staging,
        award_row("=1+1", ticket_id=4711),
        award_row("no-ticket", settled_at_utc=utc_text(NOW - timedelta(days=1))),
        award_row("guest", detail="guest"),
        award_row("unknown", state="unknown", detail="the ledger cannot be read"),
    )
    with staging.begin() as connection:
        insert(connection, schema.unmatched_members, unmatched("member_id", "m3", "no_email"))

    page = write()

    todo = "Check the address. If it is right, the customer has to join; then award anew."
    assert csv_rows(tmp_path)[1:] == [
        ["award", "'=1+1", "customer_not_found", utc_text(NOW), "4711", "1", todo, *NONE],
        [
            *("award", "no-ticket", "customer_not_found"),
            *(utc_text(NOW - timedelta(days=1)), "", "0", todo, *NONE),
        ],
    ]
    assert ": 3 rows." in text_of(page)


def test_the_spreadsheet_holds_more_awards_than_the_page(
    write: Write, staging: Engine, tmp_path: Path
) -> None:
    put(staging, *(award_row(f"a{number:02}") for number in range(TOP_ROWS + 5)))

    write()

    assert len(csv_rows(tmp_path)) == TOP_ROWS + 5


def test_awards_leave_the_run_record_as_it_is(write: Write, staging: Engine) -> None:
    put(staging, award_row("a"), award_row("b", state="unknown"))

    write()

    with staging.connect() as connection:
        record = load_run_record(connection, STORE, RUN)
    assert balance_problems(record) == []
    assert record.customers_total == 0
