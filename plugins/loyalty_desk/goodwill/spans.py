"""Days, weeks and months of UTC. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum


class Span(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def span_of(day: str, span: Span) -> str:
    """The day on which the span of a day begins; a week begins on Monday."""
    if span is Span.DAY:
        return day
    if span is Span.MONTH:
        return f"{day[:7]}-01"
    found = date.fromisoformat(day)
    return (found - timedelta(days=found.weekday())).isoformat()
