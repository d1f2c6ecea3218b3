"""Every statement under include/sql: its comment, its use, and that both databases accept it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from loyalty_desk.staging.load import bulk_insert
from loyalty_desk.staging.row_types import ToPlanRow, TouchedRow
from loyalty_desk.staging.schema import METADATA, to_plan, touched
from loyalty_desk.staging.statements import (
    SQL_FOLDER,
    parse,
    statement,
    topic_statements,
    without_comments,
)
from tests.project import PACKAGE

WITH_NAME = re.compile(
    r"(?:WITH|RECURSIVE|,)\s+([a-z_]+)(?:\s*\([^()]*\))?\s+AS\s*(?:NOT MATERIALIZED\s*)?\("
)
TOPICS = sorted(
    path.relative_to(SQL_FOLDER).with_suffix("").as_posix() for path in SQL_FOLDER.rglob("*.sql")
)
STATEMENTS = [f"{topic}/{name}" for topic in TOPICS for name in topic_statements(topic)]
WITH_LISTS = [
    path
    for path in STATEMENTS
    if any(bind.expanding for bind in statement(path)._bindparams.values())
]
TABLE_NAME = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)")


def read(path: str) -> str:
    topic, _, name = path.rpartition("/")
    return topic_statements(topic)[name]


def reads_temporary_tables(path: str) -> bool:
    code = without_comments(read(path))
    named = set(TABLE_NAME.findall(code)) - set(WITH_NAME.findall(code))
    return code.startswith(("CREATE TEMP", "DROP ")) or not named <= set(METADATA.tables)


@pytest.mark.parametrize("path", STATEMENTS)
def test_a_statement_opens_with_what_it_is_for_its_tables_and_its_binds(path: str) -> None:
    lines = read(path).splitlines()
    header = " ".join(line for line in lines if line.startswith("--"))
    code = without_comments(read(path))

    assert lines[0].startswith("-- "), "a statement opens with a comment"
    assert read(path).rstrip().endswith(";"), "a statement ends with a semicolon"
    assert ";" not in code, "one statement under a name"
    mentioned = set(re.findall(r"\w+", header))
    tables = set(TABLE_NAME.findall(code)) & set(METADATA.tables)
    assert tables <= mentioned, "the comment names each table"
    if "Binds one per column" not in header:
        families = tuple(re.findall(r"(\w+_)<\w+>", header))  # such as card_<class>
        unnamed = set(statement(path)._bindparams) - mentioned
        assert [bind for bind in unnamed if not bind.startswith(families)] == []


def test_the_database_accepts_every_statement(staging: Engine) -> None:
    refused = {}
    for path in STATEMENTS:
        if reads_temporary_tables(path):
            continue  # such a table is there only while its stage works; the stage's tests run it
        explain = parse(f"EXPLAIN {without_comments(read(path))}")
        values: dict[str, Any] = {
            name: [None] if bind.expanding else None for name, bind in explain._bindparams.items()
        }
        with staging.connect() as connection:
            try:
                connection.execute(explain, values)
            except DBAPIError as error:
                refused[path] = str(error.orig)
    assert refused == {}


def test_a_list_bind_takes_any_number_of_values(staging: Engine) -> None:
    select = parse("SELECT customer_id FROM to_plan WHERE customer_id IN (:ids) ORDER BY 1")
    with staging.begin() as connection:
        bulk_insert(connection, to_plan, [ToPlanRow("acme", number) for number in range(5)])

        assert connection.execute(select, {"ids": [3, 1, 9]}).scalars().all() == [1, 3]
        assert connection.execute(select, {"ids": []}).scalars().all() == []


def test_every_statement_with_a_list_takes_an_empty_one(staging: Engine) -> None:
    """Run, not only explained; the list is of ids or of texts, and may be the whole condition."""
    refused = {}
    for path in WITH_LISTS:
        values: dict[str, Any] = {
            name: [] if bind.expanding else None
            for name, bind in statement(path)._bindparams.items()
        }
        with staging.connect() as connection:
            try:
                connection.execute(statement(path), values)
            except DBAPIError as error:
                refused[path] = str(error.orig)
    assert "desk/awards/select_awards_of" in WITH_LISTS
    assert refused == {}


@pytest.mark.parametrize(("condition", "found"), [("IN", []), ("NOT IN", ["7"])])
def test_an_empty_list_of_texts_is_one_that_nothing_is_in(
    staging: Engine, condition: str, found: list[str]
) -> None:
    select = parse(
        f"SELECT value FROM touched WHERE store = :store AND value {condition} (:values)"
    )
    with staging.begin() as connection:
        bulk_insert(connection, touched, [TouchedRow("acme", "customer", "7")])

        asked = connection.execute(select, {"store": "acme", "values": []})
        assert asked.scalars().all() == found


def test_comments_are_dropped_and_literals_kept() -> None:
    sql = "-- a :bind here\nSELECT '--:kept', 1 -- it's over\nFROM t /* x :y\n */ WHERE a = ':b'"

    assert without_comments(sql) == "SELECT '--:kept', 1 \nFROM t  WHERE a = ':b'"


def test_a_missing_statement_names_its_file() -> None:
    with pytest.raises(FileNotFoundError, match=str(Path("no") / "such_topic.sql")):
        statement("no/such_topic/select_members")
    with pytest.raises(LookupError, match=r"include/sql/tokens.sql has no statement named no_such"):
        statement("tokens/no_such")


def test_two_statements_of_one_name_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "twice.sql").write_text("-- name: one\nSELECT 1;\n\n-- name: one\nSELECT 2;\n")
    monkeypatch.setattr("loyalty_desk.staging.statements.SQL_FOLDER", tmp_path)

    with pytest.raises(ValueError, match=r"twice\.sql: each statement needs a name of its own"):
        topic_statements("twice")


def test_every_statement_is_named_in_full_where_it_is_used() -> None:
    """So a search for its name finds it, and one that nobody uses is seen."""
    package = PACKAGE.rglob("*.py")
    literals = {
        node.value
        for path in package
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert [path for path in STATEMENTS if path not in literals] == []


def test_no_name_of_a_statement_is_put_together() -> None:
    """An f-string such as `select_{side}` is found by no search and checked by no test."""
    names = {path.rpartition("/")[2] for path in STATEMENTS} | set(STATEMENTS)
    put_together = [
        f"{path.name}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr)
        and any(map(re.compile(_as_pattern(node)).fullmatch, names))
    ]

    assert put_together == []


def _as_pattern(node: ast.JoinedStr) -> str:
    """What an f-string may become, if it begins as a name does; nothing for any other."""
    first = node.values[0]
    if not (isinstance(first, ast.Constant) and re.match("[a-z]+[/_]", first.value)):
        return ""
    return "".join(
        re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in node.values
    )


def test_bulk_insert_streams_and_counts(staging: Engine) -> None:
    def rows() -> Iterator[ToPlanRow]:
        for number in range(10_000):
            yield ToPlanRow("acme", number)

    with staging.begin() as connection:
        assert bulk_insert(connection, to_plan, rows()) == 10_000
        assert bulk_insert(connection, to_plan, []) == 0
    with staging.connect() as connection:
        assert len(connection.execute(to_plan.select()).all()) == 10_000
