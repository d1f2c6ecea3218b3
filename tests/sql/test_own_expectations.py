"""Expectations of the installation's own run with ours, on both databases; mistakes are named."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, select

from loyalty_desk.errors import QualityError, SettingsError
from loyalty_desk.quality import gx
from loyalty_desk.quality.gate import check_step
from loyalty_desk.quality.gx import see_that_gx_takes
from loyalty_desk.quality.own import COLUMNS, own_checks
from loyalty_desk.quality.steps import Step, StepResult
from loyalty_desk.report.data import load_checks
from loyalty_desk.staging import schema
from loyalty_desk.staging.statements import statement
from tests.factories import NOW, STORE, store_settings
from tests.project import PROJECT_ROOT
from tests.sql.quality_rows import RUN, fill_healthy, insert, member_row

TIER: Mapping[str, Any] = {
    "name": "tier_is_ours",
    "type": "expect_column_values_to_be_in_set",
    "kwargs": {"column": "tier", "value_set": ["Gold", "Silver"]},
    "description": "Every tier is one of ours.",
}


def write(folder: Path, step: Step, *entries: Mapping[str, Any]) -> None:
    content = yaml.safe_dump({"expectations": [dict(entry) for entry in entries]})
    (folder / f"{step}.yaml").write_text(content, encoding="utf-8")


def check(engine: Engine, folder: Path, step: Step, docs_dir: Path | None = None) -> StepResult:
    store = store_settings()
    own = own_checks(folder, step, store, {STORE, "other"})
    return check_step(engine, store, RUN, step, NOW, docs_dir=docs_dir, own=own)


def read_tier(engine: Engine, tier: str) -> None:
    with engine.begin() as connection:
        row = member_row("bad", card=f'{{"tier": "{tier}", "points_balance": 1}}')
        insert(connection, schema.members, row)


def test_a_warning_of_ones_own_is_kept_and_shown_with_its_sentence(
    staging: Engine, tmp_path: Path
) -> None:
    fill_healthy(staging)
    read_tier(staging, "Tin")
    write(tmp_path, Step.MEMBERS, TIER)

    result = check(staging, tmp_path, Step.MEMBERS, tmp_path / "docs")

    assert [found.expectation for found in result.results if not found.passed] == ["tier_is_ours"]
    with staging.connect() as connection:
        shown = {one.expectation: one for one in load_checks(connection, STORE, RUN)}
    assert shown["tier_is_ours"].says == "Every tier is one of ours."
    assert shown["tier_is_ours"].failing_ids == ("bad",)
    docs = (tmp_path / "docs" / "members" / "index.html").read_text("utf-8")
    assert "Every tier is one of ours." in docs
    pages = (tmp_path / "docs").rglob("validations/**/*.html")
    assert any("Tin" in page.read_text("utf-8") for page in pages)


def test_of_severity_row_it_sets_the_member_aside(staging: Engine, tmp_path: Path) -> None:
    fill_healthy(staging)
    read_tier(staging, "Tin")
    write(tmp_path, Step.MEMBERS, {**TIER, "severity": "row"})

    check(staging, tmp_path, Step.MEMBERS)

    with staging.connect() as connection:
        rows = connection.execute(select(schema.set_aside)).all()
    assert [(row.side, row.subject_id, row.reason) for row in rows] == [
        ("member", "bad", "tier_is_ours")
    ]


def test_a_critical_one_stops_the_run(staging: Engine, tmp_path: Path) -> None:
    fill_healthy(staging)
    few = {
        "name": "enough_members",
        "type": "expect_table_row_count_to_be_between",
        "kwargs": {"min_value": 1000},
        "severity": "critical",
        "description": "The programme has a thousand members at least.",
    }
    write(tmp_path, Step.MEMBERS, few)

    with pytest.raises(QualityError, match=r"1 critical checks failed: enough_members;"):
        check(staging, tmp_path, Step.MEMBERS)


def test_it_is_asked_of_its_stores_only(staging: Engine, tmp_path: Path) -> None:
    fill_healthy(staging)
    of_other = {**TIER, "only_stores": ["other"]}
    of_this = {**TIER, "name": "tier_here", "only_stores": [STORE]}
    write(tmp_path, Step.MEMBERS, of_other, of_this)

    names = {found.expectation for found in check(staging, tmp_path, Step.MEMBERS).results}

    assert "tier_here" in names
    assert "tier_is_ours" not in names


@pytest.mark.parametrize("step", Step)
def test_the_columns_are_those_that_the_docs_promise(
    staging: Engine, tmp_path: Path, step: Step
) -> None:
    fill_healthy(staging)
    present = [
        {
            "name": f"has_{column}",
            "type": "expect_column_values_to_not_be_null",
            "kwargs": {"column": column, "mostly": 0},
            "description": f"There is {column}.",
        }
        for column in COLUMNS[step]
    ]
    write(tmp_path, step, *present)

    names = {found.expectation for found in check(staging, tmp_path, step).results}

    assert names >= {entry["name"] for entry in present}
    (batch,) = {one.batch for one in own_checks(tmp_path, step, store_settings(), {STORE})}
    with staging.connect() as connection:
        keys = connection.execute(statement(batch), {"store": STORE, "run_id": RUN}).keys()
    assert tuple(keys) == COLUMNS[step]


def test_a_number_on_the_card_is_compared_as_one(staging: Engine, tmp_path: Path) -> None:
    fill_healthy(staging)
    with staging.begin() as connection:
        card = '{"credits_balance": "9.50", "points_pending": 20}'
        insert(connection, schema.members, member_row("rich", card=card))
    entries = [
        {
            "name": f"{column}_small",
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": column, "max_value": 100},
            "description": "Small.",
        }
        for column in ("credits_balance", "points_pending")
    ]
    write(tmp_path, Step.MEMBERS, *entries)

    assert check(staging, tmp_path, Step.MEMBERS).quality_warning_failed == 0


WRONG: dict[str, tuple[Mapping[str, Any], str]] = {
    "a misspelt key": ({**TIER, "kwarg": {}}, "kwarg: no such key; allowed are name, type"),
    "another's name": (
        {**TIER, "name": "member_expiry"},
        "there is a check of that name; give it another",
    ),
    "no such column": (
        {**TIER, "kwargs": {"column": "email", "value_set": []}},
        r"no column email after members; there are member_id, status",
    ),
    "no such store": ({**TIER, "only_stores": ["nowhere"]}, r"no store nowhere; there are "),
    "a share of rows": (
        {**TIER, "severity": "row", "kwargs": {"column": "tier", "mostly": 0.9}},
        "takes no `mostly`",
    ),
    "a severity of others": ({**TIER, "severity": "info"}, "severity is 'info': must be 'row'"),
    "no such expectation": (
        {**TIER, "type": "expect_column_values_to_be_nice"},
        "has no expect_column_values_to_be_nice that can be used with severity warning; there are",
    ),
    "a query": (
        {**TIER, "type": "expect_query_results_to_match_comparison"},
        "has no expect_query",
    ),
    "a whole column as a row": (
        {
            **TIER,
            "type": "expect_column_mean_to_be_between",
            "kwargs": {"column": "points_balance", "min_value": 1},
            "severity": "row",
        },
        "has no expect_column_mean_to_be_between that can be used with severity row",
    ),
    "one for data frames only": (
        {
            **TIER,
            "type": "expect_column_values_to_match_strftime_format",
            "kwargs": {"column": "points_expire_on", "strftime_format": "%Y-%m-%d"},
        },
        "has no expect_column_values_to_match_strftime_format that can be used",
    ),
    "a date as a bound": (
        {
            **TIER,
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "points_expire_on", "min_value": "2027-01-01"},
        },
        "expectation 1: .*min_value and max_value must be numbers; dates are text here",
    ),
    "a misspelt argument": (
        {**TIER, "kwargs": {"column": "tier", "values": ["Gold"]}},
        "expectation tier_is_ours: value_set: field required; values: extra fields not permitted",
    ),
    "our own words twice": (
        {**TIER, "kwargs": {**TIER["kwargs"], "meta": {"check": "x"}}},
        ": meta cannot stand here",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_names_the_expectation_and_the_remedy(
    staging: Engine, tmp_path: Path, case: str
) -> None:
    entry, says = WRONG[case]
    write(tmp_path, Step.MEMBERS, entry)

    with pytest.raises(SettingsError, match=says):
        check(staging, tmp_path, Step.MEMBERS)


def test_what_is_offered_can_be_used_on_a_database() -> None:
    offered = gx._types(of_rows=False)
    metrics = {
        name: f"{kind.map_metric}.condition"
        for name, kind in offered.items()
        if hasattr(kind, "map_metric")
    }
    providers = gx._gx(".expectations.registry")._registered_metrics
    assert len(metrics) > 20
    for name, metric in metrics.items():
        assert "SqlAlchemyExecutionEngine" in providers[metric]["providers"], name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("expectations:\n  - [", "members.yaml is not valid YAML in line"),
        ("expectations: [2024-13-45]", "members.yaml is not valid YAML in line 1: no such date"),
        ("- name: x", "must hold the key `expectations`, a list, and nothing else"),
        ("expectations: [3]", "expectation 1: "),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "members.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError, match=re.escape(says)):
        own_checks(tmp_path, Step.MEMBERS, store_settings(), {STORE})


@pytest.mark.parametrize("name", ["member.yaml", "members.yml"])
def test_a_file_that_no_step_would_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("expectations: []", encoding="utf-8")

    with pytest.raises(SettingsError, match=rf"{name} is of no step: name it one of members.yaml,"):
        own_checks(tmp_path, Step.PLAN, store_settings(), {STORE})


@pytest.mark.parametrize("text", ["", "expectations: []"])
def test_an_empty_file_asks_for_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "members.yaml").write_text(text, encoding="utf-8")

    assert own_checks(tmp_path, Step.MEMBERS, store_settings(), {STORE}) == ()


def test_the_docs_list_the_columns_and_their_example_is_taken(tmp_path: Path) -> None:
    page = (PROJECT_ROOT / "docs" / "quality.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| [^|`]+ \| (`.+`) \|$", page, re.MULTILINE))
    assert listed == {
        step.value: ", ".join(f"`{column}`" for column in columns)
        for step, columns in COLUMNS.items()
    }
    (example,) = re.findall(r"```yaml\n(.+?)```", page, re.DOTALL)
    (tmp_path / "members.yaml").write_text(example, encoding="utf-8")
    taken = own_checks(tmp_path, Step.MEMBERS, store_settings(), {STORE, "my_shop"})
    see_that_gx_takes(taken)
    assert [check.name for check in taken] == ["tier_is_ours"]
