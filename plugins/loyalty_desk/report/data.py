"""What the report shows, read from staging. Of people it holds ids, and the names of agents."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, Engine

from loyalty_desk.clock import parse_utc
from loyalty_desk.mismatches.history import Progress, load_progress
from loyalty_desk.mismatches.suggestions import Suggested, best_suggestions
from loyalty_desk.report.awards import AwardsToLookAt, load_awards
from loyalty_desk.report.card_keys import CardKeys, count_card_keys
from loyalty_desk.report.insight import Insight, load_insight
from loyalty_desk.report.open_tickets import OpenTickets, load_open_tickets
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_record import (
    RunRecord,
    balance_problems,
    load_recent_records,
    newest_match,
)
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.unwritten import load_unwritten

RUNS_IN_TREND: Final = 20
TOP_ROWS: Final = 25
_ID_IN_PATH: Final = re.compile(r"(?<=/)\d+")
_STEPS: Final = ("members", "customers", "match", "plan", "push")


@dataclass(frozen=True, slots=True)
class FailedPushes:
    """One per reason for which writes failed."""

    reason: str
    changes: int


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """One per source, field and reason. `example_id` is one of the rows, if it had an id."""

    source: str
    field: str
    reason: str
    records: int
    example_id: str | None


@dataclass(frozen=True, slots=True)
class FileLeft:
    """One per member file that lies in the folder and was not read."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One per check of the run."""

    step: str
    expectation: str
    says: str
    severity: str
    passed: bool
    failing_count: int
    failing_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotFoundCustomer:
    """One per customer with recent tickets and no member."""

    customer_id: int
    since: datetime
    newest_ticket_id: int
    newest_ticket_at: datetime
    tickets: int


@dataclass(frozen=True, slots=True)
class NotFoundTicket:
    """One per ticket whose last lookup found no member. `customer_id` is None when not told."""

    ticket_id: int
    customer_id: int | None
    outcome: str
    since: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """Everything on the page, as it was at one time."""

    record: RunRecord
    recent: list[RunRecord]
    """This run and those before it, the oldest first."""
    problems: list[str]
    failed_pushes: list[FailedPushes]
    rejected: list[RejectedRows]
    files_left: list[FileLeft]
    checks: list[CheckRow]
    not_found: list[NotFoundCustomer]
    progress: list[Progress]
    """How each class that needs a person moved since the run before."""
    suggested: dict[int, Suggested]
    """By customer: the member that it may be."""
    tickets_not_found: list[NotFoundTicket]
    tickets_by_class: dict[str, int]
    """Every ticket whose last lookup found no member, counted by class."""
    awards: AwardsToLookAt
    insight: Insight
    card_keys: CardKeys
    open_tickets: OpenTickets
    unwritten: dict[str, str]
    """Which files of the run could not be written, and why."""
    has_matched: bool
    """Whether any run of the store ever came to the match."""


def load_report_data(
    engine: Engine, store: str, run_id: str, now: datetime, min_score: float = 0
) -> ReportData:
    """Read a run's report; raises LookupError when there is no such run."""
    with reading(engine) as connection:
        recent = load_recent_records(connection, store, run_id, RUNS_IN_TREND)
        if not recent:
            raise LookupError(f"store {store} has no run {run_id}")
        return ReportData(
            record=recent[0],
            recent=recent[::-1],
            problems=balance_problems(recent[0]),
            failed_pushes=_failed_pushes(connection, store, run_id),
            rejected=_rejected(connection, store, run_id),
            files_left=load_files_left(connection, store, run_id),
            checks=load_checks(connection, store, run_id),
            not_found=_not_found(connection, store),
            progress=load_progress(connection, store, _since(recent), now),
            suggested=best_suggestions(connection, store, min_score),
            tickets_not_found=list(iter_tickets_not_found(connection, store, TOP_ROWS)),
            tickets_by_class=_tickets_by_class(connection, store),
            awards=load_awards(connection, store, now, most=TOP_ROWS),
            insight=load_insight(connection, store, now, min_score),
            card_keys=count_card_keys(connection, store),
            open_tickets=load_open_tickets(connection, store, now),
            unwritten=load_unwritten(connection, store, run_id),
            has_matched=newest_match(connection, store) is not None,
        )


def _since(recent: list[RunRecord]) -> datetime:
    """When the run before this one ended; the newest is the first."""
    ends = (run.ended_at_utc for run in recent[1:])
    return next((end for end in ends if end is not None), datetime(1970, 1, 1, tzinfo=UTC))


def _failed_pushes(connection: Connection, store: str, run_id: str) -> list[FailedPushes]:
    rows = connection.execute(
        statement("report/findings/count_failed_changes"), {"store": store, "run_id": run_id}
    )
    reasons: Counter[str] = Counter()
    for row in rows:
        reasons[_ID_IN_PATH.sub("…", row.error)] += row.changes
    return [FailedPushes(*entry) for entry in reasons.most_common(TOP_ROWS)]


def _rejected(connection: Connection, store: str, run_id: str) -> list[RejectedRows]:
    rows = connection.execute(
        statement("report/findings/count_rejected_records"),
        {"store": store, "run_id": run_id, "how_many": TOP_ROWS},
    )
    return [
        RejectedRows(
            source=row.source,
            field=row.field,
            reason=row.reason,
            records=row.records,
            example_id=row.example_id,
        )
        for row in rows
    ]


def load_files_left(connection: Connection, store: str, run_id: str) -> list[FileLeft]:
    """The first of the member files that a run did not read."""
    binds = {"store": store, "run_id": run_id, "how_many": TOP_ROWS}
    rows = connection.execute(statement("report/findings/select_files_left"), binds)
    return [FileLeft(row.file_name, row.reason) for row in rows]


def load_checks(connection: Connection, store: str, run_id: str) -> list[CheckRow]:
    rows = connection.execute(
        statement("report/findings/select_quality_results"), {"store": store, "run_id": run_id}
    ).all()
    found = [
        CheckRow(
            step=row.step,
            expectation=row.expectation,
            says=row.says or row.expectation,
            severity=row.severity,
            passed=bool(row.passed),
            failing_count=row.failing_count,
            failing_ids=tuple(json.loads(row.failing_ids)),
        )
        for row in rows
    ]
    steps = {step: place for place, step in enumerate(_STEPS)}
    return sorted(
        found,
        key=lambda check: (steps.get(check.step, len(steps)), check.passed, check.expectation),
    )


def _not_found(connection: Connection, store: str) -> list[NotFoundCustomer]:
    rows = connection.execute(
        statement("report/mismatches/select_customers_not_found"),
        {"store": store, "how_many": TOP_ROWS},
    )
    return [
        NotFoundCustomer(
            customer_id=row.customer_id,
            since=parse_utc(row.since_utc),
            newest_ticket_id=row.newest_ticket_id,
            newest_ticket_at=parse_utc(row.newest_ticket_utc),
            tickets=row.ticket_count,
        )
        for row in rows
    ]


def iter_tickets_not_found(
    connection: Connection, store: str, how_many: int
) -> Iterator[NotFoundTicket]:
    """Yield tickets whose last lookup found no member, the newest first."""
    binds = {"store": store, "how_many": how_many}
    for row in connection.execute(statement("report/mismatches/select_lookups_not_found"), binds):
        yield NotFoundTicket(
            ticket_id=row.ticket_id,
            customer_id=row.customer_id,
            outcome=row.outcome,
            since=parse_utc(row.first_at_utc),
            last_at=parse_utc(row.last_at_utc),
        )


def _tickets_by_class(connection: Connection, store: str) -> dict[str, int]:
    rows = connection.execute(
        statement("report/mismatches/count_lookups_not_found"), {"store": store}
    )
    return {row.outcome: row.tickets for row in rows}
