"""What runs come next, asked of timetables as the scheduler has them: read back from JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")
SPRING, AUTUMN = datetime(2026, 3, 29), datetime(2026, 10, 25)  # noqa: DTZ001 - days on a wall
"""From 2:00 clocks are put on to 3:00; from 3:00 they are put back to 2:00."""
SCHEDULES = (
    *("loyalty_sync__one", "mismatch_report__one", "award_points__one", "housekeeping__one"),
    "goodwill_report__one",
)
"""Every DAG that has a schedule of its own settings, but that of the metrics."""


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
