"""Every schedule goes by its store's time zone and keeps its hour when clocks are changed.

What runs come next is asked of the timetables as the scheduler has them: read back from what the
DAG file was serialised to.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

OSLO = ZoneInfo("Europe/Oslo")
SPRING, AUTUMN = datetime(2026, 3, 29), datetime(2026, 10, 25)  # noqa: DTZ001 - days on a wall
"""From 2:00 clocks are put on to 3:00; from 3:00 they are put back to 2:00."""
SCHEDULES = (
    *("loyalty_sync__one", "mismatch_report__one", "award_points__one", "housekeeping__one"),
    "goodwill_report__one",
)
"""Every DAG that has a schedule of its own settings, but that of the metrics."""


@pytest.fixture
def timetables(load: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """The timetables of a store whose every schedule is the same cron expression."""

    def make(cron: str, **settings: Any) -> dict[str, Any]:
        part = {"schedule": cron}
        store = {
            "platform": "rivo",
            "schedule": cron,
            **dict.fromkeys(("reports", "awards", "retention", "goodwill"), part),
            **settings,
        }
        bag = load({"one": store})
        assert bag.import_errors == {}
        return {dag_id: timetable_of(dag) for dag_id, dag in bag.dags.items()}

    return make


def timetable_of(dag: Any) -> Any:
    from airflow.serialization.serialized_objects import DagSerialization

    read = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable
    return getattr(read, "timetable", read)  # an asset's, beside the clock's


def runs(timetable: Any, day: datetime) -> list[datetime]:
    """When it runs on a day of Oslo, one run after the other, as the scheduler asks."""
    from airflow.timetables.base import DataInterval, TimeRestriction
    from pendulum import instance

    start = day.replace(tzinfo=OSLO).astimezone(UTC)
    end = (day + timedelta(days=1)).replace(tzinfo=OSLO).astimezone(UTC)
    restriction = TimeRestriction(earliest=instance(start), latest=None, catchup=True)
    found: list[datetime] = []
    last = None
    while True:
        info = timetable.next_dagrun_info(
            last_automated_data_interval=last, restriction=restriction
        )
        if info.run_after >= end:
            return found
        found.append(datetime.fromtimestamp(info.run_after.timestamp(), UTC))
        last = DataInterval.exact(info.run_after)


def on_the_wall(moments: list[datetime]) -> list[str]:
    return [f"{moment.astimezone(OSLO):%H:%M}" for moment in moments]


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
