"""What awards by hand cost, by whatever they are grouped by. Pure: tables in, tables out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from loyalty_desk.goodwill.money import worth
from loyalty_desk.goodwill.naming import tags_of
from loyalty_desk.goodwill.spans import Span, span_of

SUMS: Final = ["awards", "points", "credits"]


def by_column(
    awards: pd.DataFrame, column: str, point_value: int | None, total: int
) -> pd.DataFrame:
    """Sums by the values of a column, the most awards first; `share` is of `total` awards.

    An award with several tags counts under each.
    """
    found = _sum(_by_tag(awards) if column == "tags" else awards, column, point_value, total)
    return found.sort_values(["awards", column], ascending=[False, True], ignore_index=True)


def by_span(
    awards: pd.DataFrame,
    span: Span,
    point_value: int | None,
    total: int,
    tickets: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Sums by day, week (its Monday) or month, the earliest first.

    `per_100_tickets` is there where it is known how many `tickets` there were by day, and empty
    where there were none.
    """
    by_day = _sums(awards, "day")
    starts = by_day.assign(span=[span_of(day, span) for day in by_day["day"]])
    found = _sum(starts, "span", point_value, total).sort_values("span", ignore_index=True)
    if tickets is None:
        return found
    opened = pd.Series(tickets, dtype="int64")
    by_start = opened.groupby([span_of(day, span) for day in opened.index]).sum()
    rates = [
        rate(count, int(by_start.get(start, 0)))
        for start, count in zip(found["span"], found["awards"], strict=True)
    ]
    return found.assign(per_100_tickets=pd.Series(rates, dtype="Float64"))


def rate(awards: int, tickets: int) -> float | None:
    """Awards per 100 tickets; None where there were none."""
    return round(100 * awards / tickets, 2) if tickets else None


def _by_tag(awards: pd.DataFrame) -> pd.DataFrame:
    each = _sums(awards, "tags")
    return each.assign(tags=each["tags"].map(tags_of)).explode("tags")


def _sums(awards: pd.DataFrame, by: str) -> pd.DataFrame:
    found = awards.groupby(by, observed=True)[SUMS].sum().reset_index()
    return found.astype({by: object})


def _sum(awards: pd.DataFrame, by: str, point_value: int | None, total: int) -> pd.DataFrame:
    found = _sums(awards, by)
    money = [
        worth(int(points), int(credit), point_value)
        for points, credit in zip(found["points"], found["credits"], strict=True)
    ]
    share = found["awards"] / total if total else found["awards"] * 0.0
    return found.assign(money=pd.Series(money, dtype="Int64"), share=share)
