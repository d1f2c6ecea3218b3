"""The views for other programs: the columns that are promised, and what stands in them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text

from loyalty_desk.clock import utc_text
from loyalty_desk.goodwill.liability import keep_liability
from loyalty_desk.records import RunState
from loyalty_desk.staging.mismatch_schema import mismatches
from loyalty_desk.staging.reporting import VIEWS, drop_views, make_views
from loyalty_desk.staging.run_record import add_counters, finish_run, start_run
from tests.factories import NOW, STORE, store_settings
from tests.project import PROJECT_ROOT
from tests.sql.award_rows import ADA, applied, put
from tests.sql.staged import Staged
from tests.sql.test_goodwill import a_year, oracle, write

DAY = timedelta(days=1)
PAGE = PROJECT_ROOT / "docs" / "reporting.md"


def promised(page: Path = PAGE) -> dict[str, list[str]]:
    """The columns of each view, as the page promises them."""
    views: dict[str, list[str]] = {}
    for line in page.read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"## `(reporting_\w+)`", line):
            views[heading[1]] = []
        elif views and (row := re.match(r"\| `(\w+)` \|", line)):
            views[next(reversed(views))].append(row[1])
    return views


def read(engine: Engine, view: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(f"SELECT * FROM {view}")).mappings()]


def columns(engine: Engine) -> dict[str, list[str]]:
    with engine.connect() as connection:
        return {
            view: list(connection.execute(text(f"SELECT * FROM {view}")).keys()) for view in VIEWS
        }


def test_each_view_has_the_columns_that_are_promised_in_their_order(staging: Engine) -> None:
    assert columns(staging) == promised()
    assert read(staging, "reporting_version") == [{"promise": 1}]


def test_the_migration_makes_the_views_of_the_statements(staging: Engine) -> None:
    def definitions() -> dict[str, str]:
        found = inspect(staging)
        return {name: " ".join(found.get_view_definition(name).split()) for name in VIEWS}

    migrated = definitions()
    with staging.begin() as connection:
        drop_views(None, connection)
        make_views(None, connection)

    assert definitions() == migrated


def test_no_view_has_who_anything_was_for(staging: Engine) -> None:
    secret = "for Ada alone"
    put(
        staging,
        applied("a1", email=ADA, note=secret, message=secret, ticket_id=987_654, detail=secret),
    )
    with staging.begin() as connection:
        start_run(connection, STORE, "r1", {}, NOW)
        finish_run(connection, STORE, "r1", RunState.FAILED, f"match: {ADA}", NOW)

    shown = repr([read(staging, view) for view in VIEWS])
    assert "'a1'" in shown
    assert [one for one in (secret, ADA, "'m1'", "987654") if one in shown] == []


def test_goodwill_by_day_is_that_of_the_oracle(staging: Engine) -> None:
    rows = a_year(5)
    write(staging, rows)
    found = [
        row
        for row in read(staging, "reporting_goodwill_days")
        if "2025-04-01" <= row["on_day"] <= "2026-03-31"
    ]

    for column, name in (("day", "on_day"), ("agent", "agent"), ("reason", "reason")):
        sums: dict[str, list[int]] = {}
        for row in found:
            three = sums.setdefault(row[name], [0, 0, 0])
            three[0] += row["awards"]
            three[1 if row["unit"] == "points" else 2] += row["amount"]
        wanted = {key: list(figures[:3]) for key, figures in oracle(rows, column).items()}
        assert sums == wanted
    assert {row["worth"] for row in found if row["unit"] == "points"} == {None}
    assert all(row["worth"] == row["amount"] for row in found if row["unit"] == "credits")


@pytest.mark.parametrize(("points", "worth"), [(1, 1), (10, 13), (-10, -13), (4_000, 5_000)])
def test_points_have_the_value_of_their_day(staging: Engine, points: int, worth: int) -> None:
    with staging.begin() as connection:
        Staged(connection).member("m1")
        for value, at in ((0.0125, NOW), (99, NOW + 2 * DAY)):
            settings = store_settings(goodwill={"point_value": value})
            keep_liability(connection, settings, at)
    put(staging, applied("a1", amount=points, settled_at_utc=utc_text(NOW + DAY)))

    [row] = read(staging, "reporting_goodwill_days")
    assert (row["point_value_millionths"], row["worth"]) == (12_500, worth)


def test_points_times_their_value_may_be_more_than_a_whole_number_holds(staging: Engine) -> None:
    points, value = 9 * 10**11, 1_000
    settings = store_settings(goodwill={"point_value": value})
    with staging.begin() as connection:
        staged = Staged(connection)
        for number in range(2):
            staged.member(f"m{number}", points_balance=points)
        keep_liability(connection, settings, NOW)
    put(staging, applied("a1", amount=points, settled_at_utc=utc_text(NOW)))

    [awarded] = read(staging, "reporting_goodwill_days")
    [held] = read(staging, "reporting_liability_days")
    assert (awarded["amount"], held["points"]) == (points, 2 * points)
    assert awarded["worth"] == points * value * 100
    assert held["worth"] == 2 * points * value * 100


def test_liability_says_what_moved_of_what_is_kept(staging: Engine) -> None:
    settings = store_settings(goodwill={"point_value": 0.01}, currency="EUR")
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.member("m1", card='{"tier":"Gold","points_pending":50,"credits_balance":"2.50"}')
        keep_liability(connection, settings, NOW)
        connection.execute(text("UPDATE members SET points_balance = 130"))
        staged.member("m2", points_balance=7)
    put(staging, applied("a1", amount=20, settled_at_utc=utc_text(NOW + timedelta(hours=1))))
    with staging.begin() as connection:
        keep_liability(connection, settings, NOW + DAY)

    names = ("on_day", "tier", "points_moved", "points_by_hand", "points_unexplained", "worth")
    found = [
        tuple(row[name] for name in names) for row in read(staging, "reporting_liability_days")
    ]
    assert sorted(found) == [
        ("2026-03-02", "Gold", None, None, None, 400),
        ("2026-03-03", "", 7, 0, 7, 7),
        ("2026-03-03", "Gold", 30, 20, 10, 430),
    ]
    with staging.begin() as connection:
        connection.execute(text("DELETE FROM liability_days WHERE day = '2026-03-02'"))
    moved = {row["points_moved"] for row in read(staging, "reporting_liability_days")}
    assert moved == {None}, "of a day that is forgotten nothing is claimed"


def test_mismatches_are_counted_on_the_days_of_opening_and_settling(staging: Engine) -> None:
    row = {"store": STORE, "side": "customer", "outcome": "ambiguous", "returned": 0}
    with staging.begin() as connection:
        for subject, settled in (("1", None), ("2", NOW), ("3", NOW + DAY)):
            connection.execute(
                mismatches.insert().values(
                    **row,
                    subject_id=subject,
                    opened_at_utc=utc_text(NOW),
                    settled_at_utc=settled and utc_text(settled),
                )
            )

    found = read(staging, "reporting_mismatch_days")
    assert sorted((one["on_day"], one["opened"], one["settled"]) for one in found) == [
        ("2026-03-02", 3, 1),
        ("2026-03-03", 0, 1),
    ]


def test_runs_have_their_main_counters(staging: Engine) -> None:
    with staging.begin() as connection:
        start_run(connection, STORE, "r1", {}, NOW)
        add_counters(connection, STORE, "r1", {"planned": 12, "pushed": 9, "failed": 3})
        finish_run(connection, STORE, "r1", RunState.SUCCEEDED, None, NOW)
        start_run(connection, STORE, "r2", {}, NOW + DAY)

    rows = sorted(read(staging, "reporting_runs"), key=lambda row: row["run_id"])
    assert [(row["planned"], row["pushed"], row["failed"]) for row in rows] == [
        (12, 9, 3),
        (0,) * 3,
    ]
    assert [(row["state"], row["started_on"]) for row in rows] == [
        ("succeeded", "2026-03-02"),
        ("running", "2026-03-03"),
    ]
