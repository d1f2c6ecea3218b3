"""Which module of the package writes, removes and reads the rows of each staging table.

Found in the code, not kept: each statement stands under `include/sql/`, is named in full where it
is used, and what is written in bulk names its table in the call. What erasing a person deletes is
built (`privacy/tables.py`) and not found here.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from loyalty_desk.staging.schema import METADATA
from loyalty_desk.staging.statements import SQL_FOLDER, topic_statements, without_comments

PACKAGE: Final = Path(__file__).parents[1]
BULK: Final = frozenset({"bulk_insert", "bulk_upsert"})

_WRITTEN: Final = re.compile(r"\bINSERT INTO\s+(\w+)|(?<!DO )\bUPDATE\s+(\w+)")
_REMOVED: Final = re.compile(r"\bDELETE FROM\s+(\w+)")
_READ: Final = re.compile(r"(?<!DELETE )(?<!DISTINCT )\bFROM\s+(\w+)|\bJOIN\s+(\w+)")


@dataclass(frozen=True, slots=True)
class Users:
    """The modules that use a table, such as `sync/match`."""

    writers: set[str] = field(default_factory=set)
    removers: set[str] = field(default_factory=set)
    readers: set[str] = field(default_factory=set)


@cache
def find_users() -> Mapping[str, Users]:
    """The users of every table, by its name."""
    users: dict[str, Users] = {name: Users() for name in METADATA.tables}
    named_in: dict[str, set[str]] = defaultdict(set)
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(PACKAGE).with_suffix("").as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named_in[node.value].add(module)
            elif isinstance(node, ast.Call) and _name(node.func) in BULK:
                users[_name(node.args[1])].writers.add(module)
    for statement, sql in _iter_statements():
        for table in _tables(_WRITTEN, sql):
            users[table].writers.update(named_in[statement])
        for table in _tables(_REMOVED, sql):
            users[table].removers.update(named_in[statement])
        for table in _tables(_READ, sql):
            users[table].readers.update(named_in[statement])
    return users


def _name(node: ast.expr) -> str:
    """The last part of a dotted name; empty for what is none."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _iter_statements() -> Iterator[tuple[str, str]]:
    for path in sorted(SQL_FOLDER.rglob("*.sql")):
        topic = path.relative_to(SQL_FOLDER).with_suffix("").as_posix()
        for name, sql in topic_statements(topic).items():
            yield f"{topic}/{name}", without_comments(sql)


def _tables(pattern: re.Pattern[str], sql: str) -> set[str]:
    """The tables of the schema in those places; names of views and temporary tables are dropped."""
    found = {match[match.lastindex or 0] for match in pattern.finditer(sql)}
    return found & set(METADATA.tables)
