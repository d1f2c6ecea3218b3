"""What the last runs did, a small chart a number: all of one size, side by side.

The charts are lines in the page's own colours. Each number of them is in the table below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from loyalty_desk.report.formats import NOT_REACHED
from loyalty_desk.staging.run_record import RunRecord, Work

WIDTH, HEIGHT, MARGIN = 100.0, 30.0, 2.0
"""Of a chart in its own units; how large it is shown is the style sheet's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """A number of a run. `work` is what has to be done for it to be one."""

    title: str
    of: Callable[[RunRecord], float]
    form: str
    mood: str
    work: Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """One number over the runs, the oldest first; `values` are as people read them."""

    title: str
    mood: str
    values: Sequence[str]
    line: str
    """The points of the line, as SVG has them."""
    said: str
    """What the line shows, in words."""


MEASURES: Final = (
    _Measure(
        title="Customers matched",
        of=lambda run: run.customers_matched / run.customers_total if run.customers_total else 0,
        form="{:.1%}",
        mood="good",
        work=Work.MATCH,
    ),
    _Measure(
        title="Wrote to us, not a member",
        of=lambda run: run.customers_customer_not_found,
        form="{:,}",
        mood="look",
        work=Work.MATCH,
    ),
    _Measure(
        title="Unclear who it is",
        of=lambda run: run.customers_ambiguous,
        form="{:,}",
        mood="look",
        work=Work.MATCH,
    ),
    _Measure(
        title="Cards written", of=lambda run: run.pushed, form="{:,}", mood="calm", work=Work.PUSH
    ),
    _Measure(
        title="Cards not written",
        of=lambda run: run.failed,
        form="{:,}",
        mood="bad",
        work=Work.PUSH,
    ),
    _Measure(
        title="Requests to Gorgias",
        of=lambda run: run.gorgias_requests,
        form="{:,}",
        mood="calm",
        work=Work.CUSTOMERS,
    ),
    _Measure(
        title="Minutes of a run",
        of=lambda run: run.seconds_total / 60,
        form="{:,.1f}",
        mood="calm",
        work=Work.PUSH,
    ),
)


def trends_of(recent: Sequence[RunRecord]) -> list[Trend]:
    """The measures of runs that matched, which are given with the newest first; none of what was
    always nothing, and none at all of a single run.
    """
    runs = runs_of(recent)
    found = (_trend(one, runs) for one in MEASURES) if len(runs) > 1 else ()
    return [one for one in found if one is not None]


def runs_of(recent: Sequence[RunRecord]) -> list[RunRecord]:
    """The runs that the trends are of, the oldest first."""
    return [run for run in reversed(recent) if run.has_done(Work.MATCH)]


def _trend(measure: _Measure, runs: Sequence[RunRecord]) -> Trend | None:
    reached = {
        place: measure.of(run) for place, run in enumerate(runs) if run.has_done(measure.work)
    }
    if len(reached) < 2 or not any(reached.values()):
        return None
    top, wide, high = max(reached.values()), WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    points = [
        (
            round(MARGIN + wide * place / (len(runs) - 1), 1),
            round(HEIGHT - MARGIN - high * value / top, 1),
        )
        for place, value in reached.items()
    ]
    texts = {place: measure.form.format(value) for place, value in reached.items()}
    shown = list(texts.values())
    return Trend(
        title=measure.title,
        mood=measure.mood,
        values=[texts.get(place, NOT_REACHED) for place in range(len(runs))],
        line=" ".join(f"{x:g},{y:g}" for x, y in points),
        said=f"from {shown[0]} to {shown[-1]}, at most {measure.form.format(top)}",
    )
