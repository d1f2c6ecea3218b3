"""Every staging table as Markdown, made from the schema and the code, for `docs/tables.md`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from types import ModuleType

from sqlalchemy import Table

from loyalty_desk.commands.table_lineage import Users, find_users
from loyalty_desk.privacy.tables import BLANKED, ROWS_GO, ROWS_GO_BY_KIND
from loyalty_desk.staging.metadata import SAME_EVERYWHERE, UTC_SUFFIX, About
from loyalty_desk.staging.schema import TOPICS

UTC_TEXT = "A time: ISO 8601 in UTC with microseconds, as text. NULL: it has not happened."


def tables_markdown() -> str:
    """All tables at a glance, the columns that many have, then a section for each table."""
    users = find_users()
    lines = ["## At a glance", "", "| Table | Rows | Key |", "| --- | --- | --- |"]
    for topic, module in TOPICS.items():
        lines += [f"| **{topic}** | | |"]
        lines += [
            f"| [`{table.name}`](#{table.name}) | {_about(table).grain} | {_key(table)} |"
            for table in tables_of(module)
        ]
    lines += ["", "## Columns that mean the same everywhere", ""]
    lines += [f"- `{name}`: {meaning}" for name, meaning in SAME_EVERYWHERE.items()]
    lines += [f"- `…{UTC_SUFFIX}`: {UTC_TEXT}"]
    for topic, module in TOPICS.items():
        lines += ["", f"## {topic}", "", str(module.__doc__).strip()]
        for table in tables_of(module):
            lines += ["", f"### {table.name}", "", *_section(table, users[table.name])]
    return "\n".join(lines) + "\n"


def tables_of(module: ModuleType) -> list[Table]:
    """The tables that a module of the schema makes, in its order."""
    return [value for value in vars(module).values() if isinstance(value, Table)]


def _erasing(table: Table) -> str:
    """What erasing a person does to the table."""
    if table in ROWS_GO:
        columns = " or ".join(f"`{name}`" for name, _ in ROWS_GO[table])
        return f"rows go, by {columns}"
    if table in ROWS_GO_BY_KIND:
        kind, name, _ = ROWS_GO_BY_KIND[table]
        return f"rows go, by `{name}` as `{kind}` says"
    return "rows stay, without whom they are about" if table in BLANKED else "nobody is in it"


def _section(table: Table, users: Users) -> Iterator[str]:
    about = _about(table)
    yield f"{about.grain} Key: {_key(table)}."
    yield ""
    yield f"- **Written by:** {_modules(users.writers)}"
    if users.removers:
        yield f"- **Rows removed by:** {_modules(users.removers)}"
    yield f"- **Read by:** {_modules(users.readers)}"
    yield f"- **Erasing a person:** {_erasing(table)}"
    for trap in about.traps:
        yield f"- **Mind:** {trap}"
    explained = [column for column in table.columns if column.doc]
    if explained:
        yield from ("", "| Column | What it holds |", "| --- | --- |")
        yield from (f"| `{column.name}` | {column.doc} |" for column in explained)
    others = [f"`{column.name}`" for column in table.columns if not column.doc]
    if others:
        yield from ("", f"{'Besides' if explained else 'Columns'}: {', '.join(others)}")


def _about(table: Table) -> About:
    about: About = table.info["about"]
    return about


def _key(table: Table) -> str:
    return ", ".join(f"`{column.name}`" for column in table.primary_key.columns)


def _modules(names: Collection[str]) -> str:
    """Modules by the folder they are in: `sync` (match, plan); one in none is its own."""
    folders: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        folder, _, module = name.partition("/")
        folders[folder] += [module] if module else []
    shown = [
        f"`{folder}` ({', '.join(found)})" if found else f"`{folder}`"
        for folder, found in folders.items()
    ]
    return ", ".join(shown) or "nobody"
