"""Data-quality suites (Great Expectations) and the gate that stops a run.

Never: a repair of what it finds.
"""

from loyalty_desk.quality.gate import check_step
from loyalty_desk.quality.steps import CheckResult, Severity, Step, StepResult

__all__ = ["CheckResult", "Severity", "Step", "StepResult", "check_step"]
