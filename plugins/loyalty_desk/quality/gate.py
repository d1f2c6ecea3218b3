"""The gate after a step: runs its suite, keeps the results, and stops the run when it must.

A row at fault is set aside and the run goes on without it, unless so many are that the whole must
be wrong.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection, Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.errors import QualityError
from loyalty_desk.folders import Folder, refilled
from loyalty_desk.quality.gx import CheckCrashedError, run_checks
from loyalty_desk.quality.steps import CheckResult, Severity, Step, StepResult
from loyalty_desk.quality.suites import Check, suite
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_record import add_counters, increase_counters
from loyalty_desk.staging.set_aside import Side, note_checked
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.unwritten import DATA_DOCS, for_reading, load_unwritten

__all__ = ["Step", "check_step"]

log = logging.getLogger(__name__)

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
EXPIRED_FOR: Final = timedelta(days=366)
"""How long ago points may have expired: an expiry of 31 December is no mistake on 1 January."""
EXPIRES_WITHIN: Final = timedelta(days=10 * 366)
MAX_MATCHED_DROP: Final = 0.1
"""Share of all customers by which the matched ones may fall from run to run without a warning."""


@dataclass(slots=True)
class Docs:
    """The Data Docs of a step. `index` is their start page, once they are written."""

    engine: Engine
    store: str
    run_id: str
    folder: Folder
    index: Folder | None = None

    def keep(self, write: Callable[[Path], None]) -> None:
        """Replace those of before. They are for reading alone: the check goes on without them.

        Once a run could not, its later steps do not try: a storage that is away takes a minute.
        """
        with reading(self.engine) as connection:
            if DATA_DOCS in load_unwritten(connection, self.store, self.run_id):
                return
        with for_reading(self.engine, self.store, self.run_id, DATA_DOCS):
            with refilled(self.folder) as folder:
                write(folder)
            self.index = self.folder / "index.html"


def check_step(
    engine: Engine,
    store: StoreSettings,
    run_id: str,
    step: Step,
    now: datetime,
    *,
    docs_dir: Folder | None,
    own: Sequence[Check] = (),
) -> StepResult:
    """Run a step's suite and `own`, the checks of the installation's files.

    Keeps one row per expectation in `quality_results`.

    Also sets the run's counters `quality_<severity>_failed`, over all steps so far, and adds to
    `seconds_checks`. May be repeated. With `docs_dir`, the step's Data Docs are in
    `docs_dir/<step>/` and replace those of an earlier run, if they can be written. The push's suite
    reads the counters `readback_checked` and `readback_wrong`, so set them before.

    Rows at fault are set aside: after the match no plan changes their cards, after the plan their
    changes are taken out of it, and the next plan looks again.

    Raises:
        QualityError: a critical expectation failed, more rows are at fault than the store allows,
            or an expectation could not be run. Results are kept.
    """
    started_s = monotonic()
    docs = None if docs_dir is None else Docs(engine, store.name, run_id, docs_dir / step.value)
    checks = (*suite(step, store), *own)
    values = check_values(store, run_id, now)
    try:
        results = run_checks(engine, checks, values, step.value, docs.keep if docs else None)
    except CheckCrashedError as error:
        raise QualityError(f"store {store.name}, step {step}: {error}") from None
    faults = _faults(checks, results)
    with engine.begin() as connection:
        _keep(connection, store.name, run_id, step, checks, results, now)
        limit = _limit_exceeded(connection, store, run_id, step, results, len(faults))
        if limit is None:
            note_checked(connection, store.name, step.value, faults, now)
            _take_out(connection, store.name, run_id, step)
        increase_counters(
            connection, store.name, run_id, {"seconds_checks": monotonic() - started_s}
        )
    result = StepResult(step=step, results=results, docs_index=docs.index if docs else None)
    _require_passed(store.name, run_id, result, limit)
    return result


def _require_passed(store: str, run_id: str, result: StepResult, limit: str | None) -> None:
    for check in result.results:
        if not check.is_judged:
            log.info("check %s is not judged: there are no rows", check.expectation)
    if result.quality_critical_failed:
        raise QualityError(_explain(store, run_id, result, Severity.CRITICAL))
    if limit is not None:
        why = _explain(store, run_id, result, Severity.ROW)
        raise QualityError(f"{why}; those are more rows than {limit} allows")


def _faults(checks: Sequence[Check], results: Sequence[CheckResult]) -> dict[tuple[Side, str], str]:
    """The first check that found each row which is to be set aside, by side and id."""
    sides = {check.name: check.side for check in checks}
    faults: dict[tuple[Side, str], str] = {}
    for result in results:
        for subject_id in result.at_fault:
            faults.setdefault((sides[result.expectation], subject_id), result.expectation)
    return faults


def _limit_exceeded(
    connection: Connection,
    store: StoreSettings,
    run_id: str,
    step: Step,
    results: Sequence[CheckResult],
    at_fault: int,
) -> str | None:
    """The limit of the store that so many rows at fault exceed; None when they are set aside."""
    most = max((one.failing_count for one in results if one.severity is Severity.ROW), default=0)
    if not most:
        return None
    binds = {"store": store.name, "run_id": run_id}
    rows = connection.execute(statement("checks/set_aside/count_checked"), binds).one()
    whole = {
        Step.MEMBERS: rows.members,
        Step.CUSTOMERS: rows.customers,
        Step.MATCH: rows.members + rows.customers,
    }
    # A check that finds more than it can name has to stop, whatever the ids say.
    return store.extract.limit_exceeded(max(at_fault, most), whole.get(step, rows.changes))


def _take_out(connection: Connection, store: str, run_id: str, step: Step) -> None:
    """Leave to the next plan what the checks of this one, or of its push, found at fault."""
    if step not in (Step.PLAN, Step.PUSH):
        return
    binds = {"store": store, "run_id": run_id}
    connection.execute(
        statement("checks/set_aside/plan_again"), {"store": store, "found_by": step.value}
    )
    if (
        step is Step.PLAN
        and connection.execute(
            statement("checks/set_aside/delete_changes_at_fault"), binds
        ).rowcount
    ):
        left = connection.execute(statement("plan/changes/count_changes"), binds).one()._asdict()
        del left["changing"]
        add_counters(connection, store, run_id, left)


def check_values(store: StoreSettings, run_id: str, now: datetime) -> dict[str, Any]:
    return {
        "store": store.name,
        "run_id": run_id,
        "latest_utc": utc_text(now + CLOCK_TOLERANCE),
        "expiry_from": (now - EXPIRED_FOR).date().isoformat(),
        "expiry_to": (now + EXPIRES_WITHIN).date().isoformat(),
        "include_guests": int(store.include_guests),
        "min_cards": store.brake.min_cards,
        "max_matched_drop": MAX_MATCHED_DROP,
    }


def _keep(
    connection: Connection,
    store: str,
    run_id: str,
    step: Step,
    checks: Sequence[Check],
    results: Sequence[CheckResult],
    now: datetime,
) -> None:
    says = {check.name: check.says for check in checks}
    key = {"store": store, "run_id": run_id}
    of_step = {**key, "step": step.value}
    connection.execute(statement("checks/results/delete_quality_results"), of_step)
    connection.execute(
        statement("checks/results/insert_quality_results"),
        [
            {
                **of_step,
                "expectation": result.expectation,
                "says": says[result.expectation],
                "severity": result.severity.value,
                "passed": result.passed,
                "failing_count": result.failing_count,
                "failing_ids": json.dumps(result.failing_ids),
                "checked_at_utc": utc_text(now),
            }
            for result in results
            if result.is_judged
        ],
    )
    rows = connection.execute(statement("checks/results/count_failed_checks"), key)
    failed = {row.severity: row.failed for row in rows}
    counters = {f"quality_{severity}_failed": failed.get(severity, 0) for severity in Severity}
    add_counters(connection, store, run_id, counters)


def _explain(store: str, run_id: str, result: StepResult, severity: Severity) -> str:
    failed = result.failed(severity)
    checks = ", ".join(f"{found.expectation}{_rows(found.failing_count)}" for found in failed)
    place = f" and {result.docs_index}" if result.docs_index else ""
    return (
        f"store {store}, step {result.step}: {len(failed)} {severity} checks "
        f"failed: {checks}; the ids are in quality_results of run {run_id}{place}"
    )


def _rows(count: int) -> str:
    # What is expected of a whole column or table has no rows to count.
    return f" ({count} rows)" if count else ""
