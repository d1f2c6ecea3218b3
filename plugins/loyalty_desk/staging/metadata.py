"""What every staging table is made with: metadata, words about it, indexes, options of storage.

What a table and its columns mean stands in the schema and emits no DDL; `docs/tables.md` is made
from it (`python -m loyalty_desk tables`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import DDL, Index, MetaData, Table
from sqlalchemy.schema import SchemaItem

METADATA = MetaData()

# SQLite keeps such a table in the order of its key, instead of a second copy of the key beside it.
# For narrow tables, and for those whose rows come in the order of the key.
CLUSTERED: Final[dict[str, Any]] = {"sqlite_with_rowid": False}
# Leaves room in each page of PostgreSQL for the next version of a row, which then needs no new
# entry in any index. For large tables whose rows change in other columns than their keys.
# It is a statement of its own, as SQLAlchemy 2.0 has no option for it.
_SET_ROOM: Final[Any] = DDL("ALTER TABLE %(fullname)s SET (fillfactor = 90)")  # type: ignore[no-untyped-call]
ROOM_TO_CHANGE: Final[dict[str, Any]] = {
    "listeners": [("after_create", _SET_ROOM.execute_if(dialect="postgresql"))]
}

SQLITE_ONLY: Final = {"dialect": "sqlite"}
POSTGRESQL_ONLY: Final = {"dialect": "postgresql"}
"""`info` of an index that only one database has."""

SAME_EVERYWHERE: Final = {
    "store": "The store's name in `include/stores.yaml`.",
    "run_id": "Airflow's run id, or `command__<time>` for a sync from the command line. "
    "Stores share schedules and so run ids: filter by `store` too.",
    "member_id": "The member's id on the loyalty platform, text whatever it looks like.",
    "customer_id": "The customer's id in Gorgias.",
    "ticket_id": "The ticket's id in Gorgias.",
    "side": "`customer` or `member`: what `subject_id` is the id of.",
    "subject_id": "The id of whom or what the row is about, as text, also of customers.",
    "email": "The address as it was received. NULL: none is known.",
    "email_key": "The address as people are matched by it: trimmed, lower case, IDNA domain. "
    "NULL: no address, or not a valid one.",
    "email_state": "`valid`, `missing` or `invalid`; `erased`: it is of somebody who was erased, "
    "and is not kept.",
    "external_id": "The person's id in the shop. NULL: not told.",
    "points_balance": "Whole points. NULL: unknown, which is never 0.",
    "outcome": "The class, one of those in [Read a report](report.md).",
    "destination": "Where in Gorgias the card stands: `customer_data` or `custom_fields`.",
    "fingerprint": "Hash of a card, 32 hex digits: the same exactly when an agent sees the same.",
    "gone_at_utc": "Since when it is known to be gone from its system. NULL: it is there.",
}
"""What a column is wherever a table has one of that name and says nothing else (`Column.doc`)."""
UTC_SUFFIX: Final = "_utc"
"""Ends the name of a time: ISO 8601 in UTC as `clock.utc_text` writes it; NULL: not (yet)."""


@dataclass(frozen=True, slots=True)
class About:
    """What one row of a table is, and what a reader of the table stumbles over."""

    grain: str
    traps: tuple[str, ...]


def about(grain: str, *traps: str) -> About:
    return About(grain, traps)


def staging_table(name: str, told: About, *items: SchemaItem, **options: Any) -> Table:
    """A `Table` of staging that says what it is for (`info["about"]`)."""
    return Table(name, METADATA, *items, info={"about": told}, **options)


def find_by(name: str, key: str, *covered: str) -> tuple[Index, Index]:
    """The index `name` that finds the rows of a store by `key`, of each database's fastest kind.

    SQLite's also has the columns `covered`, so that a lookup needs no row. Adding a key out of
    order to a tree costs PostgreSQL five times as much as the row itself, to a hash half of that.
    """
    return (
        Index(name, "store", key, *covered, info=SQLITE_ONLY).ddl_if(dialect="sqlite"),
        Index(f"{name}_hash", key, postgresql_using="hash", info=POSTGRESQL_ONLY).ddl_if(
            dialect="postgresql"
        ),
    )
