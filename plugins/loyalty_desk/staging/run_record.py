"""The run record: what a run did, in counters that add up. One per store per run.

Each stage sets the counters it owns when it is done, from what it finds in staging, so a repeated
task writes the same numbers again (`add_counters`). Only what a second attempt spends a second time
is added up: requests and, where several tasks share one counter, seconds (`increase_counters`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from loyalty_desk.classes import CUSTOMER_CLASSES, MEMBER_CLASSES
from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.records import RunState
from loyalty_desk.staging.statements import statement


def _count(description: str) -> Any:
    return Field(default=0, ge=0, description=description)


def _seconds(description: str) -> Any:
    return Field(default=0.0, ge=0, description=description)


class Work(StrEnum):
    """What a run does, by the counter that is there when it is done, or was cut short."""

    MEMBERS = "members_fetched"
    CUSTOMERS = "customers_fetched"
    TICKETS = "tickets_fetched"
    MATCH = "customers_total"
    PLAN = "planned"
    PUSH = "pushed"
    READ_BACK = "readback_checked"


class RunRecord(BaseModel):
    """One run of one store. A counter that nobody wrote is 0, and its stage did not come to an end.

    `X_fetched = X_staged + X_rejected + X_kept_out`; the totals are the sum of `matched` and every
    class; `planned = new + update + clear + texts + withdraw`, and after a push
    `planned = pushed + failed + gone + left`. `balance_problems` checks this.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: str
    run_id: str
    state: RunState
    dry_run: bool = False
    started_at_utc: datetime
    ended_at_utc: datetime | None = None
    failure: str | None = None
    written: frozenset[str] = frozenset()
    """The counters that a stage wrote, be it a 0."""

    members_fetched: int = _count("Member rows that the loyalty platform sent.")
    members_staged: int = _count("Of those, rows that were usable, changed or not.")
    members_rejected: int = _count("Of those, rows that were not usable and were set aside.")
    members_kept_out: int = _count("Of those, rows of people who were erased; not staged.")
    members_changed: int = _count("Staged members that are new or differ from what was known.")
    members_gone: int = _count("Known members that the platform no longer has.")
    customers_fetched: int = _count("Customer rows that Gorgias sent.")
    customers_staged: int = _count("Of those, rows that were usable, changed or not.")
    customers_rejected: int = _count("Of those, rows that were not usable and were set aside.")
    customers_kept_out: int = _count("Of those, rows of people who were erased; not staged.")
    customers_changed: int = _count("Staged customers that are new or differ from what was known.")
    customers_gone: int = _count("Known customers that Gorgias no longer has.")
    tickets_fetched: int = _count("Ticket rows that Gorgias sent.")
    tickets_staged: int = _count("Of those, rows that were usable.")
    tickets_rejected: int = _count("Of those, rows that were not usable and were set aside.")
    tickets_kept_out: int = _count("Of those, rows of people who were erased; not staged.")
    member_lookups: int = _count("Customers that the platform was asked about one by one.")
    member_files_left: int = _count("Member files that lie in the folder and were not read.")
    ledger_not_read: int = _count("1 if the platform's ledger was not read to its end.")
    ledger_rejected: int = _count("Bookings of that ledger that were not usable.")
    channel_lookups: int = _count("Customers whose further e-mail addresses were looked up.")

    customers_total: int = _count("Customers that took part in the match.")
    customers_matched: int = _count("Customers paired with a member.")
    customers_customer_not_found: int = _count("Customers with recent tickets and no member.")
    customers_not_a_member: int = _count("Customers without recent tickets and without a member.")
    customers_ambiguous: int = _count("Customers that more than one member fits, or the reverse.")
    customers_no_email: int = _count("Customers without an e-mail address.")
    customers_invalid_email: int = _count("Customers whose e-mail address is not one.")
    customers_merged_or_deleted: int = _count("Customers that are gone from Gorgias.")
    customers_excluded: int = _count("Customers whose member the merchant excluded.")
    customers_erased: int = _count("Customers whose member was erased on request.")

    members_total: int = _count("Members that took part in the match.")
    members_matched: int = _count("Members paired with at least one customer.")
    members_member_not_in_gorgias: int = _count("Members that never wrote to the helpdesk.")
    members_ambiguous: int = _count("Members that share an e-mail address with another one.")
    members_no_email: int = _count("Members without an e-mail address.")
    members_invalid_email: int = _count("Members whose e-mail address is not one.")
    members_merged_or_deleted: int = _count("Members that are gone from the platform.")
    members_excluded: int = _count("Members whom the merchant took out of the programme.")
    members_erased: int = _count("Members whose personal data was erased on request.")

    planned: int = _count("Changes that the plan holds, one per customer and destination.")
    planned_new: int = _count("Of those, cards where there was none.")
    planned_update: int = _count("Of those, cards that replace another card.")
    planned_clear: int = _count("Of those, members' cards that a non-member card replaces.")
    planned_texts: int = _count("Of those, cards that say the same in other words.")
    planned_withdraw: int = _count("Of those, cards taken away from who has not written lately.")
    planned_recent: int = _count("Planned changes for customers with a recent ticket.")
    cards_unchanged: int = _count("Cards that were looked at and are already right in Gorgias.")
    cards_stale: int = _count("Cards that stay as they were, as a row of theirs was set aside.")
    cards_left_out: int = _count("Customers without a card, as they have not written lately.")
    writes_saved: int = _count("Changes that cards for everybody would have had beside.")

    pushed: int = _count("Planned changes that Gorgias accepted.")
    failed: int = _count("Planned changes that Gorgias refused; the next run tries again.")
    gone: int = _count("Planned changes whose customer no longer exists.")
    left: int = _count("Planned changes that the time box left for the next run.")
    rewritten: int = _count("Cards that are the same and were written in the form of now.")
    filled: int = _count("Cards written in the background, as everybody is to have one again.")
    readback_checked: int = _count("Customers read back after the push.")
    readback_wrong: int = _count("Of those, customers that did not show what was pushed.")

    tickets_routed: int = _count("Open tickets whose tag or priority was set, or taken back.")
    tickets_not_routed: int = _count("Open tickets left as they are: beyond the share, or refused.")
    routing_requests: int = _count("Requests to Gorgias for that.")
    answer_requests: int = _count("Requests to Gorgias for when tickets were first answered.")

    quality_critical_failed: int = _count("Critical data-quality checks that failed.")
    quality_row_failed: int = _count("Data-quality checks that failed for rows, now set aside.")
    quality_warning_failed: int = _count("Data-quality checks that failed and only warn.")

    gorgias_requests: int = _count("Requests sent to Gorgias, repeated ones included.")
    gorgias_rate_limited: int = _count("Of those, requests that Gorgias answered with 429.")
    gorgias_field_edits: int = _count("Customers whose fields somebody edited while we wrote ours.")
    platform_requests: int = _count("Requests sent to the loyalty platform.")
    platform_rate_limited: int = _count("Of those, requests that it answered with 429.")

    seconds_members: float = _seconds("Reading and staging members.")
    seconds_customers: float = _seconds("Reading and staging customers, with channel lookups.")
    seconds_tickets: float = _seconds("Reading and staging tickets.")
    seconds_match: float = _seconds("Matching.")
    seconds_plan: float = _seconds("Planning, with the brake.")
    seconds_push: float = _seconds("Pushing and reading back.")
    seconds_checks: float = _seconds("Data-quality checks, all steps together.")
    seconds_total: float = _seconds("From the start of the run to its end.")

    def has_done(self, work: Work) -> bool:
        """Whether it came so far that there is something to say of that."""
        return work.value in self.written

    @property
    def checks_failed(self) -> int:
        """How many data-quality checks failed, of every severity."""
        return self.quality_critical_failed + self.quality_row_failed + self.quality_warning_failed

    def counters(self) -> dict[str, float]:
        """Every counter by its name, in the order of the fields."""
        return {name: getattr(self, name) for name in COUNTERS}


COUNTERS: Final = tuple(
    name for name, field in RunRecord.model_fields.items() if field.annotation in (int, float)
)
"""The counters' names, in the order in which a reader wants them."""


def start_run(
    connection: Connection, store: str, run_id: str, params: Mapping[str, Any], now: datetime
) -> None:
    """Begin a run, or begin it again after a failure; `params` must be JSON-able.

    `params["dry_run"]` becomes the record's `dry_run`.
    """
    connection.execute(
        statement("report/runs/start_runs"),
        {
            "store": store,
            "run_id": run_id,
            "params": json.dumps(dict(params), sort_keys=True),
            "started_at_utc": utc_text(now),
        },
    )


def finish_run(
    connection: Connection,
    store: str,
    run_id: str,
    state: RunState,
    failure: str | None,
    now: datetime,
) -> None:
    """End a run and set `seconds_total`; raises LookupError when there is no such run."""
    row = connection.execute(
        statement("report/runs/finish_runs"),
        {
            "store": store,
            "run_id": run_id,
            "state": RunState(state).value,
            "failure": failure,
            "ended_at_utc": utc_text(now),
        },
    ).one_or_none()
    if row is None:
        raise LookupError(f"store {store} has no run {run_id}")
    seconds = (now - parse_utc(row.started_at_utc)).total_seconds()
    add_counters(connection, store, run_id, {"seconds_total": max(0.0, seconds)})


def add_counters(
    connection: Connection, store: str, run_id: str, counters: Mapping[str, float]
) -> None:
    """Set counters of a run, whatever they were; raises ValueError for a name without a field."""
    _write_counters(connection, "report/runs/set_run_counters", store, run_id, counters)


def increase_counters(
    connection: Connection, store: str, run_id: str, counters: Mapping[str, float]
) -> None:
    """Add to counters of a run: only for requests and seconds, which every attempt spends anew.

    Raises ValueError for a name without a field, and for any other counter, as a repeated task
    would count its rows twice.
    """
    for name in counters:
        if not name.startswith(("seconds_", "gorgias_", "platform_")):
            raise ValueError(f"counter {name!r} must be set, not increased")
    _write_counters(connection, "report/runs/increase_run_counters", store, run_id, counters)


def load_run_record(connection: Connection, store: str, run_id: str) -> RunRecord:
    """Read one run; raises LookupError when there is no such run."""
    key = {"store": store, "run_id": run_id}
    run = connection.execute(statement("report/runs/select_runs"), key).one_or_none()
    if run is None:
        raise LookupError(f"store {store} has no run {run_id}")
    rows = connection.execute(statement("report/runs/select_run_counters"), key)
    # Another version of the code may have left counters that this one does not know.
    counters = {row.name: row.value for row in rows if row.name in COUNTERS}
    return RunRecord(
        store=run.store,
        run_id=run.run_id,
        state=RunState(run.state),
        dry_run=bool(json.loads(run.params).get("dry_run", False)),
        started_at_utc=parse_utc(run.started_at_utc),
        ended_at_utc=parse_utc(run.ended_at_utc) if run.ended_at_utc else None,
        failure=run.failure,
        written=frozenset(counters),
        **counters,
    )


def load_recent_records(
    connection: Connection, store: str, run_id: str, how_many: int
) -> list[RunRecord]:
    """Read a run and the runs before it, newest first: at most `how_many`, none for no such run."""
    rows = connection.execute(
        statement("report/runs/select_recent_runs"),
        {"store": store, "run_id": run_id, "how_many": how_many},
    ).scalars()
    return [load_run_record(connection, store, found) for found in rows.all()]


def newest_success(connection: Connection, store: str) -> datetime | None:
    """When the newest run that ended well began, which is how old the data is; None without one."""
    found = connection.execute(
        statement("desk/runs/select_newest_success"), {"store": store}
    ).scalar()
    return parse_utc(found) if found else None


def newest_match(connection: Connection, store: str) -> datetime | None:
    """When the newest run that came to the match began; None before the first one does."""
    found = connection.execute(
        statement("desk/runs/select_newest_match"), {"store": store}
    ).scalar()
    return parse_utc(found) if found else None


def balance_problems(record: RunRecord) -> list[str]:
    """Say which of the record's numbers do not add up; empty when all do.

    The push is left out when it was not tried (dry run) or may have been cut short (the run failed
    or was abandoned).
    """
    equations = [
        (f"{source}_fetched", [f"{source}_{part}" for part in ("staged", "rejected", "kept_out")])
        for source in ("members", "customers", "tickets")
    ]
    for side, classes in (("customers", CUSTOMER_CLASSES), ("members", MEMBER_CLASSES)):
        parts = [f"{side}_matched", *(f"{side}_{outcome}" for outcome in classes)]
        equations.append((f"{side}_total", parts))
    kinds = ("new", "update", "clear", "texts", "withdraw")
    equations.append(("planned", [f"planned_{kind}" for kind in kinds]))
    if not record.dry_run and record.state not in (RunState.FAILED, RunState.ABANDONED):
        equations.append(("planned", ["pushed", "failed", "gone", "left"]))
    problems = []
    for whole, parts in equations:
        expected, found = getattr(record, whole), sum(getattr(record, part) for part in parts)
        if expected != found:
            problems.append(f"{whole} is {expected}, but {' + '.join(parts)} is {found}")
    return problems


def _write_counters(
    connection: Connection, name: str, store: str, run_id: str, counters: Mapping[str, float]
) -> None:
    unknown = sorted(set(counters) - set(COUNTERS))
    if unknown:
        raise ValueError(f"no such counter: {', '.join(unknown)}")
    if counters:
        rows = [
            {"store": store, "run_id": run_id, "name": counter, "value": float(value)}
            for counter, value in counters.items()
        ]
        connection.execute(statement(name), rows)
