"""The journal's files: `journal/<id>/000000000001.json`, and `mark.json`, which says how many.

A file is written once and never changed, so it does as well in an object store. Two workers that
write the same one write the same bytes. Another content under a number that is taken was written by
another database of the same journal: one of the two was restored, and must catch up first.
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, Row

from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.errors import PermanentError, StorageError
from loyalty_desk.folders import Folder, answering, files_below, find_inside, reading
from loyalty_desk.staging import engine as databases
from loyalty_desk.staging.journal import (
    begin_journal,
    find_journal,
    keep_journal_state,
    number_entries,
)
from loyalty_desk.staging.statements import statement

MARK: Final = "mark.json"


class JournalAheadError(PermanentError):
    """The journal goes on beyond the database: that was restored, and does not know it."""

    what_to_do = "Run `python -m loyalty_desk restored` before anything else: docs/backup.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """That a journal was whole at a time, up to a number."""

    begun: datetime
    at: datetime
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of a journal."""

    number: int
    entry_id: str
    store: str
    kind: str
    at_utc: str
    content: str


def keep_in_folder(engine: Engine, folder: Folder, now: datetime) -> int:
    """Have the folder hold every entry, and say so there; returns how many were sent.

    `folder` is that of all journals. May be repeated, and by several workers at once.

    Raises:
        JournalAheadError: another database wrote to this journal, or this one is older than it.
        StorageError, OSError: the folder cannot be read or written; everything waits.
    """
    with engine.begin() as connection:
        begin_journal(connection, now)
        number_entries(connection)
        journal = find_journal(connection)
    assert journal is not None  # noqa: S101 - it was just begun
    place = folder / journal.id
    mark = read_mark(place)
    with databases.reading(engine) as connection:  # after the mark, which others move on meanwhile
        journal = find_journal(connection) or journal
    if mark is not None and mark.last > journal.last_number:
        raise JournalAheadError(
            f"the journal holds {mark.last} entries and the database {journal.last_number}: the"
            " database was restored from a backup"
        )
    if (mark.last if mark else 0) < journal.last_kept:  # another folder, or an old copy of it
        with engine.begin() as connection:
            binds = {"number": mark.last if mark else 0}
            connection.execute(statement("journal/forget_kept"), binds)
    with databases.reading(engine) as connection:
        pending = connection.execute(statement("journal/select_pending")).all()
    for row in pending:
        _put(place, f"{row.number:012d}.json", _text_of(row))
    last = max((row.number for row in pending), default=journal.last_kept)
    mark = Mark(begun=journal.begun, at=now, last=max(last, mark.last if mark else 0))
    write_mark(place, mark)
    with engine.begin() as connection:
        for row in pending:
            kept = {"entry_id": row.entry_id, "number": row.number, "now_utc": utc_text(now)}
            connection.execute(statement("journal/mark_kept"), kept)
        keep_journal_state(connection, journal, now)
    return len(pending)


def read_mark(place: Folder) -> Mark | None:
    """What is said of a journal; None where there is none."""
    text = _read(place, MARK)
    if text is None:
        return None
    told = _json_of(place, MARK, text)
    try:
        return Mark(
            begun=parse_utc(told["begun_utc"]), at=parse_utc(told["at_utc"]), last=int(told["last"])
        )
    except (KeyError, TypeError, ValueError):
        raise StorageError(f"{place / MARK} cannot be read") from None


def write_mark(place: Folder, mark: Mark) -> None:
    """Say that a journal is whole."""
    told = {"begun_utc": utc_text(mark.begun), "at_utc": utc_text(mark.at), "last": mark.last}
    _write(place, MARK, json.dumps(told, sort_keys=True))


def list_journals(folder: Folder) -> list[str]:
    """The ids of every journal in a folder that several installations may share."""
    names = (name.split("/") for name in files_below(folder))
    return sorted(parts[0] for parts in names if parts[1:] == [MARK])


def list_numbers(place: Folder) -> list[int]:
    """The numbers of the entries that are there."""
    stems = (name.removesuffix(".json") for name in files_below(place))
    return sorted(int(stem) for stem in stems if stem.isascii() and stem.isdigit())


def read_entry(place: Folder, number: int) -> Entry | None:
    """One entry; None where it is not there, or is none."""
    name = f"{number:012d}.json"
    text = _read(place, name)
    if text is None:
        return None
    try:
        return Entry(**json.loads(text))
    except (TypeError, ValueError):
        return None


def is_the_same(entry: Entry, row: Row[Any]) -> bool:
    """Whether a file is of an entry that the database has."""
    return (entry.entry_id, entry.number) == (row.entry_id, row.number)


def _text_of(row: Row[Any]) -> str:
    """An entry as its file has it: the same whoever writes it."""
    names = ("number", "entry_id", "store", "kind", "at_utc", "content")
    return json.dumps({name: getattr(row, name) for name in names}, sort_keys=True)


def _put(place: Folder, name: str, text: str) -> None:
    """Write a file that is never changed."""
    found = _read(place, name)
    if found is None:
        _write(place, name, text)
    elif found != text:
        raise JournalAheadError(
            f"{name} of the journal was written by another database: one of the two was restored"
            " from a backup, or is a copy"
        )


def _read(place: Folder, name: str) -> str | None:
    file = find_inside(place, name)
    if file is None:
        return None
    with reading(file) as content:
        return content.read().decode("utf-8", "replace")


def _write(place: Folder, name: str, text: str) -> None:
    """Have a file hold a text, whole or not at all, also if the machine stops now."""
    if not isinstance(place, Path):
        with answering(place), (place / name).open("wb") as file:
            file.write(text.encode())
        return
    place.mkdir(parents=True, exist_ok=True)
    made = place / f".{name}.{uuid.uuid4().hex}"
    with made.open("wb") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    made.replace(place / name)
    entry = os.open(place, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


def _json_of(place: Folder, name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise StorageError(f"{place / name} cannot be read") from None
