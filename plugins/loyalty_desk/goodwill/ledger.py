"""The goodwill ledger of a store for some days: everything that page, files and report show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from loyalty_desk.goodwill.booked import Awards, is_booked, load_awards, load_tickets
from loyalty_desk.goodwill.budget import Burndown, load_burndown
from loyalty_desk.goodwill.chosen import Chosen
from loyalty_desk.goodwill.figures import by_column, by_span
from loyalty_desk.goodwill.held import Held, load_days, load_tiers
from loyalty_desk.goodwill.naming import tags_of
from loyalty_desk.goodwill.outliers import Outlier, find_outliers
from loyalty_desk.records import Unit
from loyalty_desk.settings.stores_file import StoreSettings

GROUPED_BY = ("agent", "reason", "tier", "tags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodwill:
    """What was found. `unknown` and `outliers` are of what was chosen, too."""

    chosen: Chosen
    awards: int
    """Those that were booked, less those taken back."""
    points: int
    credits: int
    money: int | None
    by_span: pd.DataFrame
    groups: Mapping[str, pd.DataFrame]
    unknown: pd.DataFrame
    outliers: list[Outlier]
    burndown: Burndown | None
    read_at: datetime
    """Of when the awards are; all else is of now."""
    liability: list[Held]
    liability_tiers: list[Held]
    agents: list[str]
    """Everybody who awarded in these days, whatever else is chosen; and so the others."""
    reasons: list[str]
    tiers: list[str]
    tags: list[str]
    why_no_rates: str


def load_goodwill(
    connection: Connection,
    store: StoreSettings,
    chosen: Chosen,
    now: datetime,
    *,
    read: Callable[[Connection, str, date, date, datetime], Awards] = load_awards,
) -> Goodwill:
    """Read and count everything for what was chosen. `read` is how the awards are read."""
    everything, read_at = read(connection, store.name, chosen.first, chosen.last, now)
    booked = everything[is_booked(everything)]
    seen = chosen.of(booked)
    total = int(booked["awards"].sum())
    point_value = store.goodwill.point_value_millionths
    tickets, why = _tickets(connection, store, chosen, now)
    whole = by_column(seen.assign(all="all"), "all", point_value, total)
    sums = whole.iloc[0] if len(whole) else None
    money = None if sums is None or pd.isna(sums["money"]) else int(sums["money"])
    return Goodwill(
        chosen=chosen,
        awards=_sum(sums, "awards"),
        points=_sum(sums, "points"),
        credits=_sum(sums, "credits"),
        money=0 if sums is None and point_value is not None else money,
        by_span=by_span(seen, chosen.span, point_value, total, tickets),
        groups={name: by_column(seen, name, point_value, total) for name in GROUPED_BY},
        unknown=chosen.of(everything[~is_booked(everything)]),
        outliers=find_outliers(seen, _lines(store)),
        read_at=read_at,
        burndown=load_burndown(connection, store, now),
        liability=load_days(connection, store.name, chosen.first, chosen.last),
        liability_tiers=load_tiers(connection, store.name, chosen.first, chosen.last),
        agents=sorted(everything["agent"].unique()),
        reasons=sorted(everything["reason"].unique()),
        tiers=sorted(everything["tier"].unique()),
        tags=sorted({tag for tags in everything["tags"].unique() for tag in tags_of(tags)}),
        why_no_rates=why,
    )


def _tickets(
    connection: Connection, store: StoreSettings, chosen: Chosen, now: datetime
) -> tuple[Mapping[str, int] | None, str]:
    """The tickets by day, where every one of these days is held whole; else why not."""
    days = store.extract.recent_ticket_days
    held_from = now.astimezone(UTC).date() - timedelta(days=days - 1)
    if chosen.first < held_from:
        return None, (
            "Per 100 tickets is left out: tickets are held for "
            f"{days} days, so it is known from {held_from.isoformat()} on."
        )
    if chosen.is_part:
        return None, "Per 100 tickets is left out: it is known for all awards alone."
    tickets = load_tickets(connection, store.name, chosen.first, chosen.last)
    if "" in tickets:
        return None, "Per 100 tickets is left out: of some tickets no time is told."
    return tickets, ""


def _sum(sums: Any, name: str) -> int:
    return 0 if sums is None else int(sums[name])


def _lines(store: StoreSettings) -> Mapping[Unit, int | None]:
    credit = store.awards.approval_above_credits
    return {
        Unit.POINTS: store.awards.approval_above_points,
        Unit.CREDITS: None if credit is None else credit * 100,
    }
