"""Ids that are e-mail addresses: Data Docs have them masked, and who looks for the row finds it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, select

from loyalty_desk.privacy.files import find_entries, pattern
from loyalty_desk.privacy.person import Who, find_person
from loyalty_desk.quality.gate import check_step
from loyalty_desk.quality.own import own_checks
from loyalty_desk.quality.steps import Step
from loyalty_desk.report.data import load_checks
from loyalty_desk.staging import schema
from tests.factories import NOW, STORE, store_settings
from tests.sql.quality_rows import RUN, change_row, fill_healthy, insert, member_row

DOMAIN = "ids.example"
BAD = f"bad@{DOMAIN}"
ADDRESS = re.compile(rf"[\w.+-]+@{re.escape(DOMAIN)}")
OWN: dict[str, dict[str, Any]] = {
    "expect_column_values_to_not_match_regex": {"column": "member_id", "regex": "@"},
    "expect_column_values_to_be_in_set": {"column": "member_id", "value_set": ["m1"]},
    "expect_column_distinct_values_to_be_in_set": {"column": "member_id", "value_set": ["m1"]},
}
"""What shows ids: of single rows, and of the whole column."""


def check(engine: Engine, folder: Path, step: Step) -> None:
    entries = [
        {"name": kind, "type": kind, "kwargs": kwargs, "description": "Ids are as ours are."}
        for kind, kwargs in OWN.items()
    ]
    (folder / f"{step}.yaml").write_text(yaml.safe_dump({"expectations": entries}), "utf-8")
    store = store_settings()
    own = own_checks(folder, step, store, {STORE})
    check_step(engine, store, RUN, step, NOW, docs_dir=folder / "docs", own=own)


@pytest.fixture
def checked(staging: Engine, tmp_path: Path) -> Path:
    """The Data Docs of steps at which rows of somebody with such an id are at fault."""
    fill_healthy(staging)
    with staging.begin() as connection:
        insert(connection, schema.members, member_row(BAD, email_key=None, points_balance=-1))
        both = [{"destination": "custom_fields"}, {}]
        insert(connection, schema.changes, *(change_row(5, member_id=BAD, **one) for one in both))
    for step in (Step.MEMBERS, Step.PLAN):
        check(staging, tmp_path, step)
    return tmp_path / "docs"


def test_no_page_has_one_whole_and_each_says_whose_row_it_is(checked: Path) -> None:
    files = [one for one in checked.rglob("*") if one.is_file()]
    texts = {one.relative_to(checked).as_posix(): one.read_text("utf-8") for one in files}

    assert {name: found for name, text in texts.items() if (found := ADDRESS.findall(text))} == {}
    masked = {name.partition("/")[0] for name, text in texts.items() if f"b…@{DOMAIN}" in text}
    assert masked == {"members", "plan"}


def test_staging_has_them_as_they_are_so_that_somebody_can_mend_the_row(
    staging: Engine, checked: Path
) -> None:
    with staging.connect() as connection:
        found = {(one.step, one.expectation): one for one in load_checks(connection, STORE, RUN)}
        aside = connection.execute(select(schema.set_aside.c.subject_id, schema.set_aside.c.reason))

        assert found["members", "member_points_not_negative"].failing_ids == (BAD,)
        assert found["members", "expect_column_values_to_not_match_regex"].failing_ids == (BAD,)
        assert (BAD, "member_email") in [(one.subject_id, one.reason) for one in aside]


def test_to_erase_the_person_finds_them(staging: Engine, checked: Path) -> None:
    with staging.connect() as connection:
        person = find_person(connection, STORE, Who(member_id=BAD))

    assert find_entries(checked, pattern(person)) == ["members", "plan"]
