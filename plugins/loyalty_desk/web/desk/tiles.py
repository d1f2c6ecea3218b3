"""How a store stands, a number a tile: each with its state, and the page where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from loyalty_desk.clock import in_zone
from loyalty_desk.records import AwardState, RunState
from loyalty_desk.report.formats import count, share
from loyalty_desk.web.desk.standing import Standing
from loyalty_desk.web.wording import span

A_DAY: Final = timedelta(days=1)


class Mood(StrEnum):
    """What one sees of a tile from afar, as the style sheet calls it."""

    GOOD = "good"
    LOOK = "look"
    BAD = "bad"
    CALM = "calm"


MOODS: Final = {
    Mood.GOOD: ("✓", "in order"),
    Mood.LOOK: ("▲", "to look at"),
    Mood.BAD: ("✗", "act now"),
    Mood.CALM: ("", ""),
}
"""Sign and word of each, so that the colour is never alone."""
_OF_RUN: Final = {RunState.SUCCEEDED: Mood.GOOD, RunState.RUNNING: Mood.CALM}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number; `path` is below the store."""

    name: str
    value: str
    more: str = ""
    mood: Mood = Mood.CALM
    path: str

    @property
    def sign(self) -> str:
        return MOODS[self.mood][0]

    @property
    def word(self) -> str:
        return MOODS[self.mood][1]


def tiles_of(standing: Standing, zone: str, now: datetime) -> list[Tile]:
    """Every tile of a store that has something to say."""
    return [
        *_of_runs(standing, zone, now),
        *_of_match(standing),
        *_of_awards(standing),
        *_of_requests(standing),
    ]


def _of_runs(standing: Standing, zone: str, now: datetime) -> Iterator[Tile]:
    newest = standing.newest
    yield Tile(
        name="Last run",
        value=newest.state.value.capitalize() if newest else "None yet",
        more=in_zone(newest.started_at_utc, zone) if newest else "Trigger the sync in Airflow",
        mood=_OF_RUN.get(newest.state, Mood.BAD) if newest else Mood.LOOK,
        path="#runs" if newest else "/setup",
    )
    age = now - standing.data_from if standing.data_from else None
    yield Tile(
        name="Age of the data",
        value=span(age.total_seconds()) if age is not None else "Unknown",
        more="since the last whole run began",
        mood=_mood_of_age(age, _usual_gap(standing)) if age is not None else Mood.LOOK,
        path="#runs",
    )


def _of_match(standing: Standing) -> Iterator[Tile]:
    run, waiting = standing.counted, standing.open_mismatches
    if run:
        yield Tile(
            name="Matched",
            value=share(run.customers_matched, run.customers_total),
            more=f"{count(run.customers_matched)} of {count(run.customers_total)} customers",
            path="#trends",
        )
    yield Tile(
        name="To look at",
        value="Unknown" if waiting is None else count(waiting),
        more="no sync has come to the match yet" if waiting is None else "open mismatches",
        mood=Mood.LOOK if waiting else Mood.CALM if waiting is None else Mood.GOOD,
        path="/mismatches",
    )
    if run:
        yield Tile(
            name="Cards left",
            value=count(run.left),
            more="for the next run",
            mood=Mood.CALM if run.left else Mood.GOOD,
            path="#runs",
        )


def _of_awards(standing: Standing) -> Iterator[Tile]:
    unknown, waiting = standing.unknown_awards, standing.waiting_awards
    to_approve = standing.awards.get(AwardState.NEEDS_APPROVAL, 0)
    state = AwardState.UNKNOWN if unknown else AwardState.NEEDS_APPROVAL if to_approve else ""
    yield Tile(
        name="Awards waiting",
        value=count(waiting),
        more=f"{count(unknown)} unknown",
        mood=Mood.BAD if unknown else Mood.LOOK if to_approve else Mood.GOOD,
        path=f"/awards?state={state}" if state else "/awards",
    )


def _of_requests(standing: Standing) -> Iterator[Tile]:
    budget = standing.budget
    if budget:
        yield Tile(
            name="Gorgias requests",
            value=f"{budget.used} of {budget.capacity}",
            more=f"in use now; we may use {share(budget.share, 1)}",
            path="#runs",
        )


def _usual_gap(standing: Standing) -> timedelta:
    """How long runs lie apart, a day at the least: nobody is alarmed by a night."""
    starts = [run.started_at_utc for run in standing.recent if run.state is RunState.SUCCEEDED]
    gaps = sorted(later - earlier for later, earlier in pairwise(starts))
    return max(A_DAY, gaps[len(gaps) // 2]) if gaps else A_DAY


def _mood_of_age(age: timedelta, gap: timedelta) -> Mood:
    """A run that takes some hours is not late yet."""
    if age < gap * 1.25:
        return Mood.GOOD
    return Mood.LOOK if age < gap * 2.25 else Mood.BAD
