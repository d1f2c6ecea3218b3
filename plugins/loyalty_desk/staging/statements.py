"""Loads SQL from `include/sql/`: `statement("match/write/insert_matches")` is a `text()`.

A file is a topic and holds its statements in the order of their use. Each has a line
`-- name: insert_matches`, then a comment that says what it is for, which tables it reads or writes
and its binds, then SQL that runs on SQLite and PostgreSQL alike and ends with a semicolon.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, TextClause, bindparam, text
from sqlalchemy.sql.operators import in_op, not_in_op

from loyalty_desk.settings.project import SHIPPED

SQL_FOLDER = SHIPPED / "sql"

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_LITERAL_OR_COMMENT = re.compile(r"'[^']*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_LIST_BIND = re.compile(r"\b(NOT )?IN \(:(\w+)\)")


@cache
def statement(path: str) -> TextClause:
    """The statement `<topic>/<name>`.

    Raises:
        FileNotFoundError: there is no file of that topic.
        LookupError: the file has no statement of that name.
    """
    topic, _, name = path.rpartition("/")
    try:
        return parse(topic_statements(topic)[name])
    except KeyError:
        raise LookupError(f"include/sql/{topic}.sql has no statement named {name}") from None


@cache
def topic_statements(topic: str) -> Mapping[str, str]:
    """Every statement of a topic by its name, with its comment, as the file has it."""
    sql = (SQL_FOLDER / f"{topic}.sql").read_text(encoding="utf-8")
    before, *named = _NAME.split(sql)
    found = dict(zip(named[::2], named[1::2], strict=True))
    if before.strip() or len(found) * 2 != len(named):
        raise ValueError(f"include/sql/{topic}.sql: each statement needs a name of its own")
    return found


def parse(sql: str) -> TextClause:
    """Read SQL with `:name` binds; a bind in `IN (:names)` takes a list of any length."""
    lists = _LIST_BIND.findall(bare := without_comments(sql))
    # An expanding bind brings its own parentheses.
    clause = text(_LIST_BIND.sub(r"\1IN :\2", bare))
    return clause.bindparams(*(_list_bind(name, is_not=bool(no)) for no, name in lists))


def _list_bind(name: str, *, is_not: bool) -> BindParameter[Any]:
    """A bind that takes a list of any length and of any type.

    Told what it stands in, SQLAlchemy writes an empty list as `(NULL) AND (1 != 1)`. Else it would
    be a subquery of whole numbers, which PostgreSQL compares with no text.
    """
    bind: BindParameter[Any] = bindparam(name, expanding=True)
    bind.expand_op = not_in_op if is_not else in_op  # type: ignore[assignment] # not only None
    return bind


def without_comments(sql: str) -> str:
    """Drop the semicolon, and comments: `text()` would read a colon and a word in one as a bind."""

    def keep_literal(found: re.Match[str]) -> str:
        return "" if found[0].startswith(("--", "/*")) else found[0]

    return _LITERAL_OR_COMMENT.sub(keep_literal, sql).strip().removesuffix(";")
