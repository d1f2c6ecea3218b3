"""Every schedule goes by its store's time zone and keeps its hour when clocks are changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.dags.schedules import AUTUMN, SCHEDULES, SPRING, on_the_wall, runs, timetable_of


def test_every_schedule_of_a_store_is_looked_at(timetables: Callable[..., Any]) -> None:
    with_clock = {
        dag_id
        for dag_id, timetable in timetables("0 7 * * *").items()
        if getattr(timetable, "_expression", None) == "0 7 * * *"
    }
    assert with_clock == set(SCHEDULES)


@pytest.mark.parametrize("dag_id", SCHEDULES)
def test_the_hour_is_the_same_before_on_and_after_both_days(
    timetables: Callable[..., Any], dag_id: str
) -> None:
    timetable = timetables("0 7 * * *", time_zone="Europe/Oslo")[dag_id]

    for change, before, after in ((SPRING, 6, 5), (AUTUMN, 5, 6)):
        found = [runs(timetable, change + timedelta(days=days)) for days in (-1, 0, 1)]
        assert [on_the_wall(day) for day in found] == [["07:00"]] * 3
        assert [moment.hour for [moment] in found] == [before, after, after]


@pytest.mark.parametrize("dag_id", SCHEDULES)
def test_an_hour_that_is_missing_or_comes_twice_has_one_run(
    timetables: Callable[..., Any], dag_id: str
) -> None:
    timetable = timetables("30 2 * * *", time_zone="Europe/Oslo")[dag_id]

    assert on_the_wall(runs(timetable, SPRING)) == ["03:30"], "so long after midnight as ever"
    assert on_the_wall(runs(timetable, AUTUMN)) == ["02:30"], "not twice"


@pytest.mark.parametrize("dag_id", SCHEDULES)
@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_what_runs_each_half_hour_goes_on_through_the_change(
    timetables: Callable[..., Any], dag_id: str, day: datetime, hours: int
) -> None:
    timetable = timetables("*/30 * * * *", time_zone="Europe/Oslo")[dag_id]

    found = runs(timetable, day)

    assert len(found) == 2 * hours
    assert {later - one for one, later in pairwise(found)} == {timedelta(minutes=30)}


@pytest.mark.parametrize("dag_id", SCHEDULES)
def test_what_runs_in_some_hours_of_the_night_never_runs_twice_at_one_time(
    timetables: Callable[..., Any], dag_id: str
) -> None:
    timetable = timetables("*/30 1-3 * * *", time_zone="Europe/Oslo")[dag_id]

    assert on_the_wall(runs(timetable, SPRING)) == ["01:00", "01:30", "03:00", "03:30"]
    assert on_the_wall(runs(timetable, AUTUMN)) == [
        *("01:00", "01:30", "02:00", "02:30", "03:00", "03:30"),
    ]


def test_without_a_zone_it_is_utc_whatever_airflow_says(
    timetables: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__DEFAULT_TIMEZONE", "America/New_York")

    for dag_id, timetable in timetables("0 7 * * *").items():
        if dag_id in SCHEDULES:
            assert [moment.hour for moment in runs(timetable, SPRING)] == [7], dag_id


def test_two_stores_have_a_zone_each(load: Callable[..., Any]) -> None:
    zones = {"one": "Europe/Oslo", "two": "America/New_York"}
    bag = load({name: {"platform": "rivo", "time_zone": zone} for name, zone in zones.items()})

    found = {name: timetable_of(bag.dags[f"mismatch_report__{name}"]) for name in zones}
    assert {name: one._timezone.name for name, one in found.items()} == zones


@pytest.mark.parametrize("zone", ["Oslo", "Europe", "", "../etc/passwd", "+02:00"])
def test_a_zone_that_is_none_is_named(load: Callable[..., Any], zone: str) -> None:
    bag = load({"one": {"platform": "rivo", "time_zone": zone}})

    [dag] = [dag for dag_id, dag in bag.dags.items() if dag_id == "loyalty_sync__one"]
    assert "store 'one': time_zone is " in dag.doc_md
    assert "must be a time zone by its IANA name, such as 'Europe/Oslo'" in dag.doc_md
