"""The report of a run: the page, the spreadsheet, and what must never be in them."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.records import RunState
from loyalty_desk.report.html import write_report
from loyalty_desk.report.mismatch_rows import COLUMNS
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_record import add_counters, finish_run, load_run_record, start_run
from tests.factories import LATER, NOW, STORE
from tests.sql.quality_rows import change_row, insert, unmatched

RUN = "manual__<b>&amp;"
NASTY = "<script>alert(1)</script>"
COUNTERS = {
    "customers_fetched": 2000,
    "customers_staged": 2000,
    "customers_total": 2000,
    "customers_matched": 1840,
    "customers_customer_not_found": 2,
    "customers_not_a_member": 157,
    "customers_ambiguous": 1,
    "members_total": 1700,
    "members_matched": 1699,
    "members_no_email": 1,
    "planned": 12,
    "planned_new": 12,
    "pushed": 9,
    "failed": 3,
    "quality_warning_failed": 1,
    "gorgias_requests": 4321,
    "seconds_push": 61.0,
}


def fill(engine: Engine) -> None:
    """A run in which something went wrong everywhere."""
    with engine.begin() as connection:
        start_run(connection, STORE, "before", {}, NOW)
        start_run(connection, STORE, RUN, {}, LATER)
        add_counters(connection, STORE, RUN, COUNTERS)
        finish_run(connection, STORE, RUN, RunState.FAILED, f"push: {NASTY}", LATER)
        insert(
            connection,
            schema.unmatched_customers,
            unmatched("customer_id", 11, "customer_not_found"),
            unmatched("customer_id", 12, "customer_not_found"),
            unmatched("customer_id", 13, "ambiguous"),
            unmatched("customer_id", 14, "not_a_member"),
        )
        insert(connection, schema.unmatched_members, unmatched("member_id", "=1+1", "no_email"))
        insert(
            connection,
            schema.tickets,
            *(
                {
                    "store": STORE,
                    "ticket_id": ticket_id,
                    "customer_id": customer_id,
                    "status": "open",
                    "updated_at_utc": f"2026-03-0{day}T00:00:00.000000Z",
                }
                for ticket_id, customer_id, day in ((71, 11, 1), (72, 12, 2), (73, 12, 1))
            ),
        )
        error = "Gorgias answered 422 to PUT /api/customers/{}/data"
        insert(
            connection,
            schema.changes,
            *(
                change_row(number, run_id=RUN, state="failed", error=error.format(number))
                for number in (501, 502)
            ),
            change_row(503, run_id=RUN, state="failed", error=NASTY),
        )
        insert(
            connection,
            schema.rejected_records,
            {
                "store": STORE,
                "run_id": RUN,
                "source": "members",
                "position": 1,
                "record_id": "m@shop.example",
                "field": NASTY,
                "reason": "is not a whole number",
            },
        )
        insert(
            connection,
            schema.quality_results,
            {
                "store": STORE,
                "run_id": RUN,
                "step": "members",
                "expectation": "member_points_not_negative",
                "severity": "warning",
                "passed": False,
                "failing_count": 61,
                "failing_ids": json.dumps([NASTY, "m2"]),
                "checked_at_utc": "x",
            },
        )


@pytest.fixture
def page(staging: Engine, tmp_path: Path) -> str:
    fill(staging)
    return write_report(staging, STORE, RUN, tmp_path / "run", LATER).read_text("utf-8")


def text_of(html: str) -> str:
    """What a reader sees, without the charts."""
    return " ".join(re.sub(r"<(style|svg).*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL).split())


def test_numbers_are_those_of_the_record(page: str, staging: Engine) -> None:
    with staging.connect() as connection:
        record = load_run_record(connection, STORE, RUN)

    rows = re.findall(r"<code>(\w+)</code></th><td class=\"num\"[^>]*>([\d,.]+)</td>", page)

    assert {name: float(value.replace(",", "")) for name, value in rows} == record.counters()
    assert "1,840 of 2,000 customers matched." in text_of(page)
    assert ">1,840 (92.0%)</text>" in page


def test_the_page_of_a_run_that_stopped_in_its_first_read_says_nothing_of_what_comes_after(
    staging: Engine, tmp_path: Path
) -> None:
    with staging.begin() as connection:
        start_run(connection, STORE, RUN, {}, NOW)
        finish_run(connection, STORE, RUN, RunState.FAILED, "members: no answer", LATER)

    page = write_report(staging, STORE, RUN, tmp_path / "run", LATER).read_text("utf-8")

    words = text_of(page)
    assert "It stopped before anything was read to its end." in words
    assert words.count("This run did not come to the match.") == 2
    assert "This run did not come to the plan, so nothing was pushed." in words
    assert "no run has come to the match" in words
    for wrong in ("right already", "All is well", "Nobody: every customer", "0 of 0", "0 planned"):
        assert wrong not in words, wrong


def test_what_needs_a_person_comes_with_its_reasons(page: str) -> None:
    words = text_of(page)

    assert "The run stopped. push: &lt;script&gt;" in words
    assert "2 \N{MULTIPLICATION SIGN} Gorgias answered 422 to PUT /api/customers/…/data" in words
    assert "1 \N{MULTIPLICATION SIGN} members, field" in words
    assert "Not so for 61 (warning, members)" in words
    assert re.search(r"12 72 2 Mar 2026, 00:00 UTC 2 .* 11 71 1 Mar 2026", words)


def test_the_page_stands_alone_and_runs_nothing(page: str) -> None:
    assert not re.search(r"https?:|<script|<iframe|<img|<link|\bon\w+=|javascript:|@import", page)
    assert "url(http" not in page
    assert "default-src 'none'" in page


def test_the_page_holds_no_e_mail_and_an_id_that_is_one_is_masked(page: str) -> None:
    assert "(such as m…@shop.example )" in text_of(page)
    assert not re.search(r"\w@shop\.example", page)


class Outline(HTMLParser):
    """Collects what makes a page readable without sight, and what must be unique."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: list[str] = []
        self.tables = self.captions = self.unscoped = self.unnamed_charts = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        values = dict(attrs)
        self.ids += [values["id"]] if "id" in values else []
        if "aria-labelledby" in values:
            self.references.append(values["aria-labelledby"])
        if values.get("href", "").startswith("#"):
            self.references.append(values["href"][1:])
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.unscoped += tag == "th" and "scope" not in values
        self.unnamed_charts += tag == "svg" and not values.get("aria-label")


def test_tables_and_charts_can_be_read_aloud(page: str) -> None:
    outline = Outline()
    outline.feed(page)

    assert outline.tables == outline.captions > 3
    assert (outline.unscoped, outline.unnamed_charts) == (0, 0)
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.references) <= set(outline.ids)


def test_the_numbers_of_each_class_are_in_a_table_beside_its_chart(page: str) -> None:
    _, _, rest = page.rpartition("Mismatches by class, the newest run first")
    table, _, _ = rest.partition("</table>")

    assert "Wrote to us, not a member: customers" in table
    assert "No e-mail: members" in table
    assert "E-mail not valid" not in table, "a class that nobody was in"
    assert table.count("<tr>") == 1 + 2, "a head and two runs"


def test_the_same_run_gives_the_same_page(page: str, staging: Engine, tmp_path: Path) -> None:
    again = write_report(staging, STORE, RUN, tmp_path / "run", LATER)

    assert again.read_text("utf-8") == page


def test_the_latest_page_links_to_the_spreadsheet_of_its_run(page: str, tmp_path: Path) -> None:
    latest = (tmp_path / "latest.html").read_text("utf-8")

    assert 'href="mismatches.csv"' in page
    assert 'href="run/mismatches.csv"' in latest
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "mismatches.csv",
        "mismatches.json",
        "mismatches.xlsx",
        "report.html",
    ]


def test_the_runs_row_knows_its_report(page: str, staging: Engine, tmp_path: Path) -> None:
    runs = schema.runs
    with staging.connect() as connection:
        path = connection.execute(select(runs.c.report_path).where(runs.c.run_id == RUN)).scalar()

    assert path == str(tmp_path / "run" / "report.html")


def test_the_spreadsheet_holds_every_mismatch_and_no_formula(page: str, tmp_path: Path) -> None:
    path = tmp_path / "run" / "mismatches.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = list(csv.reader(file))

    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert path.read_bytes().count(b"\r\n") == len(rows) + 1
    assert header == list(COLUMNS)
    assert [(row[0], row[1], row[2], row[4], row[5]) for row in rows] == [
        ("customer", "12", "customer_not_found", "72", "2"),
        ("customer", "11", "customer_not_found", "71", "1"),
        ("customer", "13", "ambiguous", "", "0"),
        ("member", "'=1+1", "no_email", "", "0"),
    ]


def test_an_empty_run_has_a_report_too(staging: Engine, tmp_path: Path) -> None:
    with staging.begin() as connection:
        start_run(connection, STORE, RUN, {"dry_run": True}, NOW)

    words = text_of(write_report(staging, STORE, RUN, tmp_path / "run", NOW).read_text("utf-8"))

    assert "Dry run: nothing was written" in words
    assert "No check was run." in words
    assert "Nothing. All is well." in words


def test_a_run_that_is_not_there_has_no_report(staging: Engine, tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        write_report(staging, STORE, RUN, tmp_path / "run", NOW)
    assert list(tmp_path.glob("run*")) == []
