"""One batch of an intake, of whichever kind: what is staged of it, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection

from loyalty_desk.records import Rejected
from loyalty_desk.staging import schema
from loyalty_desk.staging.load import bulk_upsert, chunks
from loyalty_desk.staging.row_types import ToPlanRow, TouchedRow
from loyalty_desk.staging.statements import statement


@dataclass(frozen=True, slots=True)
class StagedCounts:
    """What one batch did: `staged` different records, of which `changed` were new or different.

    `kept_out` are the ids of people who were erased, of whom nothing is written, and of those who
    have the address of one now, of whom only that is (`stripped`). `set_aside` are the records at
    fault: what is known of their people stays, and is marked stale.
    """

    staged: int
    changed: int
    kept_out: frozenset[int | str] = frozenset()
    stripped: frozenset[int | str] = frozenset()
    set_aside: tuple[Rejected, ...] = ()

    @property
    def unknown(self) -> frozenset[int | str]:
        """Of whom staging holds nothing, not even that they are there."""
        return self.kept_out - self.stripped


@dataclass(slots=True)
class Changes:
    """What one batch has to write besides its own table."""

    rows: list[NamedTuple] = field(default_factory=list)
    touched: set[TouchedRow] = field(default_factory=set)
    to_plan: list[ToPlanRow] = field(default_factory=list)
    changed: int = 0

    def touch(self, store: str, kind: str, value: object) -> None:
        if value is not None:
            self.touched.add(TouchedRow(store, kind, str(value)))

    def write_touched(self, connection: Connection) -> None:
        bulk_upsert(connection, schema.touched, list(self.touched))
        bulk_upsert(connection, schema.to_plan, self.to_plan)


def is_newer(staged_utc: str, told_utc: str, now_utc: str) -> bool:
    """Whether what is staged changed later than what is told; one dated ahead tells nothing."""
    return told_utc < staged_utc <= now_utc


def iter_staged(
    connection: Connection, path: str, store: str, ids: Iterable[Any]
) -> Iterator[Sequence[Any]]:
    """The staged rows of a batch, as that statement selects them."""
    for some in chunks(list(ids)):
        yield from connection.execute(statement(path), {"store": store, "ids": some}).all()
