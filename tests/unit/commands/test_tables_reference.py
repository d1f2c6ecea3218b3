"""`docs/tables.md` against the schema, and that the schema and the code say all that it tells."""

from __future__ import annotations

import ast
import re
from collections import Counter
from enum import StrEnum

import pytest
from sqlalchemy import Column

from loyalty_desk.__main__ import main
from loyalty_desk.awards.queue import Door
from loyalty_desk.commands.table_lineage import PACKAGE, find_users
from loyalty_desk.commands.tables_reference import tables_markdown, tables_of
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.mismatches.in_force import Action
from loyalty_desk.quality.steps import Severity, Step
from loyalty_desk.records import (
    AwardState,
    ChangeState,
    Destination,
    EmailState,
    MemberStatus,
    Opens,
    RunState,
    Unit,
)
from loyalty_desk.staging.metadata import SAME_EVERYWHERE, UTC_SUFFIX
from loyalty_desk.staging.schema import METADATA, TOPICS
from tests.project import PROJECT_ROOT


class MatchRule(StrEnum):
    """As the statements of the match write it; nothing in Python asks for it."""

    LINK = "link"
    EMAIL = "email"
    CHANNEL = "channel"


VALUES: dict[str, type[StrEnum]] = {
    "members.status": MemberStatus,
    "members.email_state": EmailState,
    "matches.rule": MatchRule,
    "pushed_cards.destination": Destination,
    "changes.state": ChangeState,
    "runs.state": RunState,
    "quality_results.step": Step,
    "quality_results.severity": Severity,
    "awards.unit": Unit,
    "awards.door": Door,
    "awards.state": AwardState,
    "decisions.action": Action,
    "gorgias_objects.kind": Kind,
    "api_tokens.opens": Opens,
}
"""Columns whose few values the page tells."""
COLUMNS = [column for table in METADATA.tables.values() for column in table.columns]
BUILDS_STATEMENTS = {"insert", "update", "delete", "select"}


def meaning(column: Column[object]) -> str:
    return column.doc or SAME_EVERYWHERE.get(column.name, "")


def test_the_page_of_tables_is_what_the_schema_and_the_code_say() -> None:
    page = (PROJECT_ROOT / "docs" / "tables.md").read_text(encoding="utf-8")

    assert page.endswith(tables_markdown()), "replace its end by: python -m loyalty_desk tables"


def test_the_command_prints_what_the_page_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tables"]) == 0
    assert capsys.readouterr().out == tables_markdown()


def test_every_heading_of_the_page_has_a_link_of_its_own() -> None:
    page = (PROJECT_ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    links = Counter(heading.lower() for heading in re.findall(r"^#+ (.+)$", page, re.MULTILINE))

    assert [link for link, count in links.items() if count > 1] == []


def test_every_table_is_in_one_topic() -> None:
    listed = [table.name for module in TOPICS.values() for table in tables_of(module)]

    assert sorted(listed) == sorted(METADATA.tables)


def test_a_table_says_what_one_row_is() -> None:
    silent = [
        table.name
        for table in METADATA.tables.values()
        if not re.search(r"\b[Oo]ne per \w+", table.info["about"].grain)
    ]

    assert silent == []


def test_a_column_says_what_it_holds_unless_it_is_a_time() -> None:
    silent = [str(one) for one in COLUMNS if not meaning(one) and not one.name.endswith(UTC_SUFFIX)]

    assert silent == []


def test_a_column_that_may_be_empty_says_what_that_means() -> None:
    """A time that says nothing else has not happened."""
    nullable = [one for one in COLUMNS if one.nullable]
    silent = [one for one in nullable if "NULL" not in meaning(one)]

    assert [str(one) for one in silent if meaning(one) or not one.name.endswith(UTC_SUFFIX)] == []


def test_a_column_of_few_values_tells_each_of_them() -> None:
    told = {str(one): set(re.findall(r"`(\w+)`", meaning(one))) for one in COLUMNS}

    assert {name: told[name] for name in VALUES} == {
        name: set(values) for name, values in VALUES.items()
    }


def test_every_table_is_written_and_all_but_a_lock_are_read() -> None:
    users = find_users()

    assert [name for name, found in users.items() if not found.writers] == []
    assert [name for name, found in users.items() if not found.readers] == ["award_gates"]


def test_users_are_told_apart_by_what_they_do() -> None:
    users = find_users()

    assert users["scan_seen"].writers == {"staging/full_scans"}, "in bulk"
    assert users["matches"].writers == {"sync/match"}, "by a statement"
    assert users["to_plan"].removers == {"sync/plan"}
    assert users["tickets"].removers == {"staging/intake"}
    assert "staging/intake" not in users["matches"].readers
    assert users["api_tokens"].readers == {"awards/approval", "connect/tokens"}


def test_no_other_module_builds_statements_where_nobody_finds_them() -> None:
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                {name.name for name in node.names} if isinstance(node, ast.ImportFrom) else set()
            )
            if names & BUILDS_STATEMENTS and (node.module or "").startswith("sqlalchemy"):
                found.add(path.relative_to(PACKAGE).as_posix())

    assert found == {"privacy/tables.py", "staging/load.py"}
