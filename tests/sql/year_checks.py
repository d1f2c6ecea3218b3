"""Holds what readers get of a generated year against what the oracles say of it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pandas as pd
import pytest
from sqlalchemy import text

from loyalty_desk.goodwill.budget import load_burndown
from loyalty_desk.goodwill.chosen import Chosen
from loyalty_desk.goodwill.held import Held, load_days, load_tiers
from loyalty_desk.goodwill.ledger import Goodwill, load_goodwill
from loyalty_desk.goodwill.spans import Span
from loyalty_desk.goodwill.table import Table
from loyalty_desk.goodwill.tables import tables_of
from loyalty_desk.records import LedgerKind, Unit
from loyalty_desk.report.goodwill import load_goodwill_report
from loyalty_desk.report.sheets import csv_of, workbook_of
from loyalty_desk.spreadsheets import unguarded
from loyalty_desk.staging.engine import reading
from tests.oracle.goodwill import Sum
from tests.sql.shop_year import DAY, FIRST, LAST, ShopYear

LEAP_DAY, IN_SUMMER = date(2024, 2, 29), date(2024, 8, 15)
WINDOWS = (
    (FIRST, LAST),
    (FIRST - 400 * DAY, FIRST - DAY),
    (LEAP_DAY, LEAP_DAY),
    (date(2024, 3, 4), date(2024, 3, 31)),
    (date(2023, 12, 31), date(2024, 1, 1)),
    (date(2024, 7, 15), date(2024, 9, 2)),
    (LAST - 29 * DAY, LAST),
)


def parts(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * 100)


def _wanted(one: Sum) -> tuple[Any, ...]:
    share = pytest.approx(float(one.share))
    return (one.awards, one.points, parts(one.credits), parts(one.money), share)


def figures(table: pd.DataFrame, key: str) -> dict[str, tuple[Any, ...]]:
    return {
        row[key]: (
            *(int(row[name]) for name in ("awards", "points", "credits")),
            None if pd.isna(row["money"]) else int(row["money"]),
            float(row["share"]),
        )
        for _, row in table.iterrows()
    }


def load(year: ShopYear, first: date, last: date, **choice: Any) -> Goodwill:
    chosen = Chosen(first=first, last=last, **choice)
    with reading(year.engine) as connection:
        return load_goodwill(connection, year.store, chosen, year.now)


def _lines(year: ShopYear) -> dict[str, Decimal]:
    awards = year.store.awards
    points, credit = awards.approval_above_points, awards.approval_above_credits
    return {"points": Decimal(points or 0), "credits": Decimal(credit or 0)}


def check_outliers(year: ShopYear, found: Goodwill, **choice: str) -> None:
    first, last = found.chosen.first, found.chosen.last
    wanted = year.ledger.worth_a_look(first, last, _lines(year), **choice)
    size = {Unit.POINTS: 1, Unit.CREDITS: 100}
    told = {
        (one.rule.value, one.who, one.unit.value): (one.awards, one.amount, one.against)
        for one in found.outliers
    }
    assert {key: pair[:2] for key, pair in told.items()} == {
        (one.rule, one.who, one.unit): (one.awards, one.amount * size[Unit(one.unit)])
        for one in wanted
    }
    for one in wanted:
        against = told[one.rule, one.who, one.unit][2]
        exact = None if one.against is None else one.against * size[Unit(one.unit)]
        assert against == exact or (against is not None and abs(against - exact) <= Decimal("0.5"))


def check_window(year: ShopYear, first: date, last: date, **choice: str) -> Goodwill:
    """All of what was booked in some days, or of what is chosen of it."""
    ledger = year.ledger
    for span in Span if not choice else (Span.MONTH,):
        found = load(year, first, last, span=span, **choice)
        by_span = found.by_span
        sums = ledger.sums(span.value, first, last, **choice)
        assert figures(by_span, "span") == {key: _wanted(one) for key, one in sums.items()}, span
        assert list(by_span["span"]) == sorted(sums)
    for by, table in found.groups.items():
        sums = ledger.sums(by, first, last, **choice)
        assert figures(table, by) == {key: _wanted(one) for key, one in sums.items()}, by
    total = ledger.total(first, last, **choice)
    assert (found.awards, found.points) == (total.awards, total.points)
    assert (found.credits, found.money) == (parts(total.credits), parts(total.money))
    unknown = {
        str(unit): (len(group), Decimal(int(group["amount"].sum())))
        for unit, group in found.unknown.groupby("unit")
    }
    assert unknown == {
        unit: (count, amount * (100 if unit == "credits" else 1))
        for unit, (count, amount) in ledger.unknown(first, last, **choice).items()
    }
    return found


def _choices(found: Goodwill) -> Iterator[dict[str, str]]:
    """Each filter alone, some together, and one of nobody."""
    for name, values in (
        ("agent", found.agents),
        ("reason", found.reasons),
        ("tier", found.tiers),
        ("tag", found.tags),
    ):
        yield {name: values[len(values) // 2]}
    yield {"agent": found.agents[0], "reason": found.reasons[0], "tag": found.tags[0]}
    yield {"agent": "nobody", "tag": "shoes"}


def check_goodwill(year: ShopYear) -> None:
    for first, last in WINDOWS:
        found = check_window(year, first, last)
        check_outliers(year, found)
    whole = load(year, FIRST, LAST)
    for choice in _choices(whole):
        check_outliers(year, check_window(year, FIRST, LAST, **choice), **choice)
    check_window(year, FIRST - 9 * DAY, FIRST - 8 * DAY, tag="shoes")
    assert len(whole.by_span) > 150
    assert "boss" not in whole.agents, "who takes back is no agent of it"


def check_rates(year: ShopYear) -> None:
    first = LAST - 29 * DAY
    for span in Span:
        found = load(year, first, LAST, span=span)
        wanted = year.ledger.per_100_tickets(span.value, first, LAST)
        told = zip(found.by_span["span"], found.by_span["per_100_tickets"], strict=True)
        assert {key: None if pd.isna(rate) else float(rate) for key, rate in told} == {
            key: None if rate is None else pytest.approx(float(rate), abs=0.0051)
            for key, rate in wanted.items()
        }
    assert "per_100_tickets" not in load(year, first - DAY, LAST).by_span


def check_budget(year: ShopYear) -> None:
    budget = year.store.goodwill.budget_per_month
    for today in (FIRST, LEAP_DAY, date(2024, 3, 1), date(2024, 3, 31), date(2024, 12, 31), LAST):
        now = datetime.combine(today, datetime.max.time(), UTC)
        with reading(year.engine) as connection:
            found = load_burndown(connection, year.store, now)
        if budget is None:
            assert found is None
            continue
        left = year.ledger.budget_left(Decimal(str(budget)), today)
        assert found is not None
        assert dict(found.left) == {day: parts(amount) for day, amount in left.items()}
        share = (Decimal(str(budget)) - left[today]) / Decimal(str(budget))
        reached = 100 if share >= 1 else 80 if share >= Decimal("0.8") else None
        assert (found.percent, found.reached) == (pytest.approx(float(share) * 100), reached)


def _of_day(held: Held) -> dict[str, Any]:
    names = ("members", "members_told", "points", "points_pending", "credits", "money")
    more = ("points_moved", "points_by_hand", "points_unexplained")
    told = {kind.value: points for kind, points in held.told.items()}
    return {name: getattr(held, name) for name in (*names, *more)} | {"told": told}


def check_liability(year: ShopYear) -> None:
    kept = year.liability
    with reading(year.engine) as connection:
        days = load_days(connection, year.store.name, FIRST, LAST)
        tiers = load_tiers(connection, year.store.name, FIRST, IN_SUMMER)
        view = connection.execute(
            text("SELECT * FROM reporting_liability_days WHERE store = :store"),
            {"store": year.store.name},
        ).mappings()
        rows = {(row["on_day"], row["tier"]): dict(row) for row in view}
    told = {day.day: _of_day(day) for day in days}
    wanted = {str(day): kept.whole(day) for day in kept.days}
    for day in wanted.values():
        day |= {name: parts(day[name]) for name in ("credits", "money")}
    assert told == wanted
    last = max(day for day in kept.days if day <= IN_SUMMER)
    assert {one.tier: (one.members, one.points, one.credits, one.money) for one in tiers} == {
        tier: (row.members, row.points, parts(row.credits), parts(row.money))
        for tier, row in kept.days[last].items()
        if row.members
    }
    assert [one.points for one in tiers] == sorted((one.points for one in tiers), reverse=True)
    assert set(rows) == {(str(day), tier) for day, held in kept.days.items() for tier in held}
    for day, held in kept.days.items():
        for tier, one in held.items():
            row = rows[str(day), tier]
            assert {
                "members": one.members,
                "members_told": one.members_told,
                "points": one.points,
                "points_pending": one.points_pending,
                "credits": parts(one.credits),
                "since_day": one.since and str(one.since),
                "points_moved": kept.moved(day, tier),
                "points_by_hand": one.points_by_hand,
                "credits_by_hand": parts(one.credits_by_hand),
                "points_unexplained": kept.unexplained(day, tier),
                **{f"points_{kind}": one.told.get(kind) for kind in LedgerKind},
                "points_left": kept.left(day, tier),
                "worth": parts(one.money),
                "currency": year.store.currency,
            }.items() <= row.items(), (day, tier, row)


def check_views(year: ShopYear) -> None:
    with reading(year.engine) as connection:
        binds = {"store": year.store.name}
        rows = connection.execute(
            text("SELECT * FROM reporting_goodwill_days WHERE store = :store"), binds
        )
        days = [dict(row) for row in rows.mappings()]
        rows = connection.execute(
            text("SELECT * FROM reporting_awards WHERE store = :store"), binds
        )
        awards = {row.award_id: (row.member_tier, row.takes_back) for row in rows}
    for by, column in (("day", "on_day"), ("agent", "agent"), ("reason", "reason")):
        told: dict[str, list[int]] = {}
        for row in days:
            three = told.setdefault(row[column], [0, 0, 0])
            three[0] += row["awards"]
            three[1 if row["unit"] == "points" else 2] += row["amount"]
        sums = year.ledger.sums(by, FIRST - DAY, LAST + DAY)
        assert told == {
            key: [one.awards, one.points, parts(one.credits)] for key, one in sums.items()
        }
    assert awards == {key: (one.tier, one.takes_back) for key, one in year.ledger.awards.items()}
    _check_worth(year, days)


def _check_worth(year: ShopYear, days: list[dict[str, Any]]) -> None:
    value, first = year.ledger.point_value, min(year.liability.days)
    for row in days:
        known = value if date.fromisoformat(row["on_day"]) >= first else None
        exact = None if known is None else row["amount"] * known * 100
        wanted = row["amount"] if row["unit"] == "credits" else exact
        assert row["worth"] == wanted or abs(row["worth"] - wanted) <= Decimal("0.5")


def check_files(year: ShopYear) -> None:
    """CSV, workbook and the month's report, for a February with a leap day."""
    first = LEAP_DAY.replace(day=1)
    found = load(year, first, LEAP_DAY, span=Span.WEEK)
    tables = tables_of(found)
    book = openpyxl.load_workbook(BytesIO(workbook_of(tables)))
    sheets = {sheet["A1"].value: sheet for sheet in book}
    for table in tables:
        rows = _rows_of_csv(table)
        sheet = list(sheets[table.title].iter_rows(values_only=True))
        begin = next(place for place, row in enumerate(sheet) if row[0] == table.columns[0].title)
        width = len(table.columns)
        assert [[_cell(one) for one in row[:width]] for row in sheet[begin + 1 :]] == rows
        by = {"time": "week"}.get(table.key, table.key)
        if by in {"agent", "tier", "tags", "week"}:
            sums = year.ledger.sums(by, first, LEAP_DAY)
            assert {row[0]: row[1:6] for row in rows} == {
                _cell(key): [
                    *(_cell(one.awards), _cell(one.points), _cell(one.credits)),
                    *(_cell(one.money), _cell(float(one.share))),
                ]
                for key, one in sums.items()
            }
    with reading(year.engine) as connection:
        report = load_goodwill_report(connection, year.store, LEAP_DAY, year.now).found
    total = year.ledger.total(first, LEAP_DAY)
    assert (report.awards, report.points) == (total.awards, total.points)
    assert (report.credits, report.money) == (parts(total.credits), parts(total.money))


def _rows_of_csv(table: Table) -> list[list[str]]:
    text_of = csv_of(table).removeprefix("\ufeff")
    return [[_cell(cell) for cell in row] for row in csv.reader(StringIO(text_of))][1:]


def _cell(value: Any) -> str:
    """As text: a number with four digits, a day as in ISO 8601."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if value is None or value == "":
        return ""
    try:
        return f"{float(value):.4f}"
    except ValueError:
        return unguarded(str(value))
