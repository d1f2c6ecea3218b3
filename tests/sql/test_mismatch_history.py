"""Mismatches over time, on both databases: new, still open, settled, come back."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.classes import CUSTOMER_CLASSES, MEMBER_CLASSES
from loyalty_desk.clock import utc_text
from loyalty_desk.mismatches.history import Progress, keep_history, load_progress
from loyalty_desk.records import RunState
from loyalty_desk.report.html import write_report
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.mismatch_schema import mismatches
from loyalty_desk.staging.run_record import finish_run, start_run
from tests.factories import NOW, STORE
from tests.sql.staged import Staged

HOUR = timedelta(hours=1)


class Days:
    """What the matches of several times found."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def match(self, now: datetime, **classes: str) -> None:
        """A match that found these customers (`c<id>`) and members (`m<id>`), by class."""
        with self.engine.begin() as connection:
            before = {}
            for table in (schema.unmatched_customers, schema.unmatched_members):
                for row in connection.execute(table.select()):
                    before[table.name, row[1]] = row.since_utc
                connection.execute(table.delete())
            for name, outcome in classes.items():
                is_customer = name.startswith("c")
                table = schema.unmatched_customers if is_customer else schema.unmatched_members
                subject: Any = int(name[1:]) if is_customer else name
                column = "customer_id" if is_customer else "member_id"
                since = before.get((table.name, subject), utc_text(now))
                connection.execute(
                    table.insert().values(
                        store=STORE, outcome=outcome, since_utc=since, **{column: subject}
                    )
                )
        keep_history(self.engine, STORE, now)

    def rows(self) -> dict[str, tuple[str, str, bool, int]]:
        """Class, since when, whether it is settled, and how often it came back."""
        with reading(self.engine) as connection:
            found = connection.execute(mismatches.select()).all()
        return {
            row.subject_id: (
                row.outcome, row.opened_at_utc, row.settled_at_utc is not None, row.returned
            )
            for row in found
        }  # fmt: skip

    def progress(self, since: datetime, now: datetime) -> dict[tuple[str, str], Progress]:
        with reading(self.engine) as connection:
            found = load_progress(connection, STORE, since, now)
        return {(one.side, one.outcome): one for one in found}


@pytest.fixture
def days(staging: Engine) -> Days:
    return Days(staging)


def test_what_the_table_of_classes_says_needs_a_person_is_open_and_nothing_else(
    days: Days,
) -> None:
    sides = (("c", CUSTOMER_CLASSES), ("m", MEMBER_CLASSES))
    found = {
        f"{side}{number}": (outcome, text)
        for side, classes in sides
        for number, (outcome, text) in enumerate(classes.items(), start=1)
    }
    days.match(NOW, **dict.fromkeys(found, "ambiguous"))
    days.match(NOW + HOUR, **{name: outcome for name, (outcome, _) in found.items()})

    open_now = {subject for subject, row in days.rows().items() if not row[2]}
    wanted = {name for name, (_, text) in found.items() if text.needs_person}
    assert open_now == {name.removeprefix("c") for name in wanted}


def test_only_what_needs_a_person_is_kept(days: Days) -> None:
    days.match(
        NOW,
        c1="customer_not_found",
        c2="not_a_member",
        c3="excluded",
        m1="member_not_in_gorgias",
        m2="ambiguous",
    )

    assert set(days.rows()) == {"1", "m2"}


def test_one_that_stays_keeps_its_date_and_one_that_goes_is_settled(days: Days) -> None:
    days.match(NOW, c1="customer_not_found", c2="no_email", m1="ambiguous")
    days.match(NOW + HOUR, c1="customer_not_found")

    assert days.rows() == {
        "1": ("customer_not_found", utc_text(NOW), False, 0),
        "2": ("no_email", utc_text(NOW), True, 0),
        "m1": ("ambiguous", utc_text(NOW), True, 0),
    }


def test_one_that_comes_back_is_counted_and_open_since_then(days: Days) -> None:
    days.match(NOW, c1="customer_not_found")
    days.match(NOW + HOUR)
    days.match(NOW + 2 * HOUR, c1="customer_not_found")
    days.match(NOW + 3 * HOUR, c1="customer_not_found")

    assert days.rows() == {"1": ("customer_not_found", utc_text(NOW + 2 * HOUR), False, 1)}


def test_one_that_moves_to_another_class_is_the_same_mismatch(days: Days) -> None:
    days.match(NOW, c1="customer_not_found")
    days.match(NOW + HOUR, c1="ambiguous")

    assert days.rows() == {"1": ("ambiguous", utc_text(NOW), False, 0)}


def test_keeping_it_twice_changes_nothing(days: Days) -> None:
    days.match(NOW, c1="customer_not_found")
    before = days.rows()

    keep_history(days.engine, STORE, NOW + HOUR)

    assert days.rows() == before


def test_progress_since_the_run_before_adds_up(days: Days) -> None:
    old = NOW - timedelta(days=40)
    days.match(old, c1="customer_not_found", c2="customer_not_found", c3="customer_not_found")
    days.match(NOW - HOUR, c1="customer_not_found", c2="customer_not_found")
    since = NOW - HOUR / 2
    days.match(NOW, c1="customer_not_found", c3="customer_not_found", c4="customer_not_found")

    moved = days.progress(since, NOW)["customer", "customer_not_found"]

    assert (moved.newly_open, moved.came_back, moved.still_open) == (1, 1, 1)
    assert (moved.open, moved.settled, moved.older_than_a_month) == (3, 1, 1)
    assert moved.oldest_open == old


def test_another_store_s_are_not_counted(days: Days, staging: Engine) -> None:
    days.match(NOW, c1="customer_not_found")
    with staging.begin() as connection:
        Staged(connection, "other").unmatched(9, "customer_not_found")
    keep_history(staging, "other", NOW)

    assert set(days.rows()) == {"1", "9"}
    assert days.progress(NOW - HOUR, NOW)["customer", "customer_not_found"].open == 1


def test_the_report_says_whether_it_gets_better(days: Days, tmp_path: Path) -> None:
    with days.engine.begin() as connection:
        start_run(connection, STORE, "r1", {}, NOW)
        finish_run(connection, STORE, "r1", RunState.SUCCEEDED, None, NOW)
    days.match(NOW - HOUR, c1="customer_not_found", c2="customer_not_found")
    days.match(NOW + HOUR, c2="customer_not_found")
    with days.engine.begin() as connection:
        start_run(connection, STORE, "r2", {}, NOW + HOUR)

    path = write_report(days.engine, STORE, "r2", tmp_path / "r2", NOW + HOUR)

    page = path.read_text(encoding="utf-8")
    section = page[page.index('id="progress"') :].partition("</section>")[0]
    assert 'data-label="Open">1<' in section
    assert 'data-label="Settled">1<' in section
    assert "since the run before" in section
