"""No check takes for a fault what others did since the stage that it judges."""

from __future__ import annotations

import re

import pytest

from loyalty_desk.quality.steps import Severity, Step
from loyalty_desk.quality.suites import RowCheck, suite
from loyalty_desk.staging.statements import statement
from tests.factories import store_settings

WRITTEN_BY_OTHERS = {"members", "customers", "customer_channels", "links", "pushed_cards"}
"""Tables that webhooks, lookups, awards and people write while a sync is under way."""
TOLD_APART_BY = {"touched", "ledger_version_utc"}
SETTINGS = store_settings()


def judging(*steps: Step) -> list[RowCheck]:
    """Checks that look back at a stage, not at what was just read; a warning stops nothing."""
    return [
        check
        for step in steps
        for check in suite(step, SETTINGS)
        if isinstance(check, RowCheck) and check.severity is not Severity.WARNING
    ]


@pytest.mark.parametrize(
    "check", judging(Step.MATCH, Step.PLAN, Step.PUSH), ids=lambda check: check.name
)
def test_a_check_tells_apart_what_changed_since_its_stage(check: RowCheck) -> None:
    words = set(re.findall(r"\w+", statement(check.query).text))
    if words & WRITTEN_BY_OTHERS:
        assert words & TOLD_APART_BY
