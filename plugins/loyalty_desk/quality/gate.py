"""The gate after a step: runs its suite, keeps the results, and stops the run when it must."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection, Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.errors import QualityError
from loyalty_desk.quality.gx import CheckCrashedError, run_checks
from loyalty_desk.quality.steps import CheckResult, Severity, Step, StepResult
from loyalty_desk.quality.suites import suite
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.run_record import add_counters, increase_counters
from loyalty_desk.staging.statements import statement

__all__ = ["Step", "check_step"]

log = logging.getLogger(__name__)

CLOCK_TOLERANCE: Final = timedelta(minutes=10)
MAX_MATCHED_DROP: Final = 0.1
"""Share of all customers by which the matched ones may fall from run to run without a warning."""


def check_step(
    engine: Engine,
    store: StoreSettings,
    run_id: str,
    step: Step,
    now: datetime,
    *,
    docs_dir: Path | None,
) -> StepResult:
    """Run a step's suite and keep one row per expectation in `quality_results`.

    Also sets the run's counters `quality_critical_failed` and `quality_warning_failed`, over all
    steps so far, and adds to `seconds_checks`. May be repeated. With `docs_dir`, the step's Data
    Docs are in `docs_dir/<step>/` and replace those of an earlier run. The push's suite reads the
    counters `readback_checked` and `readback_wrong`, so set them before.

    Raises:
        QualityError: a critical expectation failed, or one could not be run. Results are kept.
    """
    started_s = monotonic()
    step_docs = docs_dir / step.value if docs_dir is not None else None
    try:
        results = run_checks(
            engine, suite(step, store), check_values(store, run_id, now), step.value, step_docs
        )
    except CheckCrashedError as error:
        raise QualityError(f"store {store.name}, step {step}: {error}") from None
    with engine.begin() as connection:
        _keep(connection, store.name, run_id, step, results, now)
        increase_counters(
            connection, store.name, run_id, {"seconds_checks": monotonic() - started_s}
        )
    result = StepResult(
        step=step,
        results=results,
        docs_index=step_docs / "index.html" if step_docs is not None else None,
    )
    for check in results:
        if not check.is_judged:
            log.info("check %s is not judged: there are no rows", check.expectation)
    if result.quality_critical_failed:
        raise QualityError(_explain(store.name, run_id, result))
    return result


def check_values(store: StoreSettings, run_id: str, now: datetime) -> dict[str, Any]:
    return {
        "store": store.name,
        "run_id": run_id,
        "latest_utc": utc_text(now + CLOCK_TOLERANCE),
        "this_year": now.year,
        "include_guests": int(store.include_guests),
        "min_cards": store.brake.min_cards,
        "max_matched_drop": MAX_MATCHED_DROP,
    }


def _keep(
    connection: Connection,
    store: str,
    run_id: str,
    step: Step,
    results: tuple[CheckResult, ...],
    now: datetime,
) -> None:
    key = {"store": store, "run_id": run_id}
    of_step = {**key, "step": step.value}
    connection.execute(statement("checks/results/delete_quality_results"), of_step)
    connection.execute(
        statement("checks/results/insert_quality_results"),
        [
            {
                **of_step,
                "expectation": result.expectation,
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


def _explain(store: str, run_id: str, result: StepResult) -> str:
    checks = ", ".join(
        f"{found.expectation} ({found.failing_count} rows)"
        for found in result.failed(Severity.CRITICAL)
    )
    place = f" and {result.docs_index}" if result.docs_index else ""
    return (
        f"store {store}, step {result.step}: {result.quality_critical_failed} critical checks "
        f"failed: {checks}; the ids are in quality_results of run {run_id}{place}"
    )
