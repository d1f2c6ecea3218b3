"""What the managers are told: how things stand, and what changed since they were told last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from loyalty_desk.classes import class_text
from loyalty_desk.mismatches.history import Progress, load_progress
from loyalty_desk.records import RunState
from loyalty_desk.report import formats
from loyalty_desk.report.awards import AwardToLookAt, load_awards
from loyalty_desk.report.data import ReportData
from loyalty_desk.staging.run_record import newest_success

OLD_DATA: Final = timedelta(hours=24)
"""From this age on the data of a store is called old."""
_ALL: Final = 2**31 - 1
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one mail says. `since` is None in the first one."""

    store: str
    since: datetime | None
    made_at: datetime
    as_of: datetime
    """When the newest run began."""
    ended_at: datetime
    """When it ended, or the same while it runs."""
    data_from: datetime | None
    """When the newest run that ended well began."""
    has_matched: bool
    """Whether any run ever came to the match."""
    progress: list[Progress]
    suggested: int
    tickets: int
    awards: list[AwardToLookAt]
    """Those that were refused or became unknown since."""
    stopped: str | None
    """Why the newest run stopped: the brake, a check, a failure."""
    critical: int
    warnings: int

    @property
    def has_changed(self) -> bool:
        """Whether there is anything that was not said before."""
        moved = any(row.newly_open or row.came_back or row.settled for row in self.progress)
        is_new_run = self.since is None or self.ended_at > self.since
        return moved or bool(self.awards) or (is_new_run and bool(self.stopped or self.critical))

    @property
    def open(self) -> int:
        return sum(row.open for row in self.progress)

    @property
    def news(self) -> int:
        """What is open since, anew or again."""
        return sum(row.newly_open + row.came_back for row in self.progress)

    @property
    def age(self) -> timedelta | None:
        return None if self.data_from is None else self.made_at - self.data_from

    @property
    def is_old(self) -> bool:
        return self.age is None or self.age >= OLD_DATA

    @property
    def subject(self) -> str:
        return f"Loyalty of {self.store}: {self.open:,} to look at, {self.news:,} new"

    def titled_progress(self) -> list[tuple[Progress, str]]:
        """The classes with something in them, each with its title."""
        return [
            (row, class_text(row.side, row.outcome).title)
            for row in self.progress
            if row.open or row.settled
        ]

    def text(self) -> str:
        """The same without a page, a fact a line, for chats and the like."""
        lines = [
            f"Since {formats.day(self.since)}." if self.since else "The first report.",
            f"Data of {formats.moment(self.data_from)}." if self.data_from else "No data yet.",
        ]
        if self.stopped:
            lines.append(f"The newest run stopped: {self.stopped}")
        if self.critical or self.warnings:
            lines.append(f"Checks failed: {self.critical} critical, {self.warnings} warnings.")
        lines += [
            f"{title} ({row.side}s): {row.open:,} open, {row.newly_open:,} new,"
            f" {row.came_back:,} came back, {row.settled:,} settled."
            for row, title in self.titled_progress()
        ]
        if self.tickets:
            lines.append(f"Tickets on which the widget found nobody: {self.tickets:,}.")
        if self.awards:
            lines.append(f"Awards refused or unknown: {len(self.awards):,}.")
        return "\n".join(lines)


def load_digest(
    connection: Connection, store: str, data: ReportData, since: datetime | None, now: datetime
) -> Digest:
    """Read what changed; `data` is the report of the newest run."""
    from_then = since or _EVER
    record = data.record
    return Digest(
        store=store,
        since=since,
        made_at=now,
        as_of=record.started_at_utc,
        ended_at=record.ended_at_utc or record.started_at_utc,
        data_from=newest_success(connection, store),
        has_matched=data.has_matched,
        progress=load_progress(connection, store, from_then, now),
        suggested=len(data.suggested),
        tickets=sum(data.tickets_by_class.values()),
        awards=[
            award
            for award in load_awards(connection, store, now, most=_ALL).rows
            if award.settled_at > from_then
        ],
        stopped=record.failure if record.state is RunState.FAILED else None,
        critical=record.quality_critical_failed,
        warnings=record.quality_row_failed + record.quality_warning_failed,
    )
