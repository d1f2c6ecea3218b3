"""Everything that is kept of one person, from which source: for who asks what we know of them.

The rows are found by the list that erasing goes by, so a table is in both or in neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, Table

from loyalty_desk.clock import utc_text
from loyalty_desk.folders import Folder
from loyalty_desk.privacy.files import find_entries, pattern
from loyalty_desk.privacy.person import Person, Who, find_person
from loyalty_desk.privacy.tables import BLANKED_BY_TEXT, select_rows
from loyalty_desk.staging import schema
from loyalty_desk.staging.award_schema import award_events, awards
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.incident_schema import incident_people
from loyalty_desk.staging.kept_out import EMAIL, load_kept_out
from loyalty_desk.staging.lookup_schema import activities, lookups_not_found, member_lookups
from loyalty_desk.staging.mismatch_schema import (
    decisions,
    ignored_mismatches,
    mismatches,
    refused_suggestions,
    suggestions,
)
from loyalty_desk.staging.routing_schema import routed_tickets

GORGIAS: Final = "read from Gorgias"
PLATFORM: Final = "read from the loyalty platform"
PEOPLE: Final = "entered by people who work here"
OURS: Final = "worked out by Loyalty Desk"

SOURCES: Final[dict[str, tuple[Table, ...]]] = {
    GORGIAS: (
        *(schema.customers, schema.customer_channels, schema.tickets, schema.further_tickets),
    ),
    PLATFORM: (schema.members, member_lookups, activities),
    PEOPLE: (
        awards,
        award_events,
        decisions,
        schema.links,
        ignored_mismatches,
        refused_suggestions,
    ),
    OURS: (
        *(schema.matches, schema.unmatched_customers, schema.unmatched_members, mismatches),
        *(suggestions, schema.pushed_cards, schema.changes, schema.to_plan, schema.touched),
        schema.card_writes,
        *(schema.cards_to_show, schema.customers_to_show, lookups_not_found, routed_tickets),
        *(schema.scan_seen, schema.set_aside, schema.rejected_records, schema.quality_results),
        *(schema.runs, schema.former_members, incident_people),
    ),
}
"""Where the rows of each table come from."""
ANOTHERS: Final = "of another member"
"""What is told of a card that the person's customer had by mistake: it tells of somebody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The rows of one table that are about the person. `about` is what one row is."""

    table: str
    source: str
    about: str
    rows: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is kept of one person. Without a repr: it must not be logged."""

    store: str
    made_at_utc: str
    email_addresses: list[str]
    customer_ids: list[int]
    member_ids: list[str]
    is_kept_out: bool
    """The person was erased: a keyed hash of an address is what is left, to keep them out."""
    parts: list[Part]
    files: list[str]
    """Reports and Data Docs that name the person, below `LOYALTY_DESK_VAR_DIR`."""

    def __repr__(self) -> str:
        return f"Export({len(self.parts)} tables)"

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False, default=str)


def export_person(
    engine: Engine, store: str, who: Who, folders: Mapping[str, Folder], now: datetime
) -> Export:
    """Collect everything that a store keeps of a person. `folders` are of files that may name them.

    Raises:
        PersonError: nobody is named, or nobody has that id.
        StorageError: the object store with the files does not answer.
    """
    with reading(engine) as connection:
        person = find_person(connection, store, who)
    named = pattern(person)
    files = [
        f"{name}/{store}/{entry}"
        for name, folder in folders.items()
        for entry in find_entries(folder, named)
    ]
    with reading(engine) as connection:  # as of one time, after what may take long
        return _collect(connection, store, person, files, now)


def _collect(
    connection: Connection, store: str, person: Person, files: Iterable[str], now: datetime
) -> Export:
    kept_out = load_kept_out(connection, store)
    return Export(
        store=store,
        made_at_utc=utc_text(now),
        email_addresses=sorted(person.email_keys),
        customer_ids=sorted(person.customer_ids),
        member_ids=sorted(person.member_ids),
        is_kept_out=any(kept_out.has(EMAIL, key) for key in person.email_keys),
        parts=list(_parts(connection, store, person)),
        files=sorted(files),
    )


def _parts(connection: Connection, store: str, person: Person) -> Iterator[Part]:
    for source, tables in SOURCES.items():
        for table in tables:
            rows = list(_rows(connection, store, table, person))
            if rows:
                about = table.info["about"].grain
                yield Part(table=table.name, source=source, about=about, rows=rows)


def _rows(
    connection: Connection, store: str, table: Table, person: Person
) -> Iterator[dict[str, Any]]:
    rows = select_rows(connection, store, table, person)
    if table in BLANKED_BY_TEXT:
        yield from _named_in_text(rows, BLANKED_BY_TEXT[table], person)
        return
    for row in rows:
        told = {name: _value(value) for name, value in row._mapping.items() if name != "store"}
        if table is schema.card_writes and row.member_id not in {None, *person.member_ids}:
            told |= {"member_id": ANOTHERS, "card": ANOTHERS}
        yield told


def _named_in_text(
    rows: Iterable[Row[Any]], column: str, person: Person
) -> Iterator[dict[str, Any]]:
    """Runs and checks that name the person; whom else they name is no business of theirs."""
    named = pattern(person)
    for row in rows:
        text = row._mapping[column]
        found = sorted({one.decode() for one in named.findall((text or "").encode())})
        if found:
            told: dict[str, Any] = {"run_id": row.run_id, "named_in": column, "as": found}
            yield told


def _value(value: Any) -> Any:
    """A value; what is kept as JSON as what it says."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


EXPORTED: Final = frozenset(table for tables in SOURCES.values() for table in tables)
