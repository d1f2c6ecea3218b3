"""The steps of a run that have a gate, and what the gate answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from loyalty_desk.folders import Folder


class Step(StrEnum):
    """When a suite is run: after the step of the same name."""

    MEMBERS = "members"
    CUSTOMERS = "customers"
    MATCH = "match"
    PLAN = "plan"
    PUSH = "push"


class Severity(StrEnum):
    ROW = "row"
    """Is about one row each: those at fault are set aside, and the run goes on with the others."""
    CRITICAL = "critical"
    """Is about the whole: stops the run."""
    WARNING = "warning"
    """Is in the report, for a person to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one expectation found. One per expectation of a step.

    `failing_count` may be above zero although it `passed`: some expectations allow a share.
    Counts of rows above `gx.MOST_ROWS` are given as that number. `failing_ids` are the first few,
    to be shown; `at_fault` are the ids of all rows that a check of severity `row` found, as far as
    so many can be set aside.
    """

    expectation: str
    severity: Severity
    passed: bool
    failing_count: int
    failing_ids: tuple[str, ...] = ()
    is_judged: bool = True
    """Not so for a share of nothing: it neither passed nor failed, and is not kept."""
    at_fault: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What the gate of one step found; the counts are of this step alone."""

    step: Step
    results: tuple[CheckResult, ...]
    docs_index: Folder | None
    """The start page of the step's Data Docs; None when there are none."""

    @property
    def quality_critical_failed(self) -> int:
        return len(self.failed(Severity.CRITICAL))

    @property
    def quality_row_failed(self) -> int:
        return len(self.failed(Severity.ROW))

    @property
    def quality_warning_failed(self) -> int:
        return len(self.failed(Severity.WARNING))

    def as_counters(self) -> dict[str, int]:
        return {
            "quality_critical_failed": self.quality_critical_failed,
            "quality_row_failed": self.quality_row_failed,
            "quality_warning_failed": self.quality_warning_failed,
        }

    def failed(self, severity: Severity) -> list[CheckResult]:
        return [
            result for result in self.results if not result.passed and result.severity is severity
        ]
