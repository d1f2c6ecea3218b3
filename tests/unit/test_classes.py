"""The one table of classes: nothing is missing in it, and what lists classes elsewhere agrees."""

from __future__ import annotations

import re

import pytest

from loyalty_desk.classes import (
    CARD_CLASSES,
    CLASSES,
    CUSTOMER_CLASSES,
    MEMBER_CLASSES,
    check_open,
)
from loyalty_desk.records import Outcome
from loyalty_desk.staging.run_record import COUNTERS
from tests.project import PROJECT_ROOT


def test_every_outcome_is_in_the_table() -> None:
    assert set(CLASSES) == set(Outcome)
    assert {*CUSTOMER_CLASSES, *MEMBER_CLASSES} == set(Outcome) - {Outcome.MATCHED}


def test_a_card_states_every_class_of_a_customer_who_is_there() -> None:
    assert set(CARD_CLASSES) == set(CUSTOMER_CLASSES) - {Outcome.MERGED_OR_DELETED}


def test_every_class_has_a_counter_in_the_run_record() -> None:
    for side, classes in (("customers", CUSTOMER_CLASSES), ("members", MEMBER_CLASSES)):
        counted = {outcome for outcome in Outcome if f"{side}_{outcome}" in COUNTERS}
        assert counted == {Outcome.MATCHED, *classes}


def test_the_page_on_reports_lists_every_class_once() -> None:
    page = (PROJECT_ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    section = page.partition("## Where every customer and member ends up")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)

    assert sorted(listed) == sorted({*CUSTOMER_CLASSES, *MEMBER_CLASSES})


def test_only_a_class_that_needs_a_person_is_open() -> None:
    assert check_open("customer_not_found") == "customer_not_found"
    with pytest.raises(ValueError, match="customer_not_found, ambiguous, no_email, invalid_email"):
        check_open("not_a_member")
