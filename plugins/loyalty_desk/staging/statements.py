"""Loads SQL from `include/sql/`: `statement("match/insert_pairs")` is that file as a `text()`.

A file holds one statement that runs on SQLite and PostgreSQL alike, and opens with a comment that
says what it is for, which tables it reads or writes, and its binds.
"""

from __future__ import annotations

import re
from functools import cache

from sqlalchemy import TextClause, bindparam, text

from loyalty_desk.settings.project import PROJECT_ROOT

SQL_FOLDER = PROJECT_ROOT / "include" / "sql"

_LITERAL_OR_COMMENT = re.compile(r"'[^']*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_LIST_BIND = re.compile(r"\bIN \(:(\w+)\)")


@cache
def statement(path: str) -> TextClause:
    """The statement in `include/sql/<path>.sql`; raises FileNotFoundError when there is none."""
    return parse((SQL_FOLDER / f"{path}.sql").read_text(encoding="utf-8"))


def parse(sql: str) -> TextClause:
    """Read SQL with `:name` binds; a bind in `IN (:names)` takes a list of any length."""
    lists = _LIST_BIND.findall(bare := without_comments(sql))
    # An expanding bind brings its own parentheses.
    clause = text(_LIST_BIND.sub(r"IN :\1", bare))
    return clause.bindparams(*(bindparam(name, expanding=True) for name in lists))


def without_comments(sql: str) -> str:
    """Drop comments: `text()` would read a colon and a word in one as a bind."""

    def keep_literal(found: re.Match[str]) -> str:
        return "" if found[0].startswith(("--", "/*")) else found[0]

    return _LITERAL_OR_COMMENT.sub(keep_literal, sql).strip()
