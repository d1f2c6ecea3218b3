"""The journal's files: `journal/<id>/000000000001.json`, and `mark.json`, which says how many.

A file is written once and never changed, so it does as well in an object store. Two workers that
write the same one write the same bytes. Another content under a number that is taken was written by
another database of the same journal: one of the two was restored, and must catch up first.
"""

from __future__ import annotations

import json
import logging
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, Row

from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.errors import PermanentError, StorageError
from loyalty_desk.folders import Folder, ask, files_below, find_inside, reading
from loyalty_desk.staging import engine as databases
from loyalty_desk.staging.journal import (
    Journal,
    begin_journal,
    find_journal,
    keep_journal_state,
    number_entries,
)
from loyalty_desk.staging.load import chunks
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

MARK: Final = "mark.json"
SENT_AT_ONCE: Final = 20
"""Entries, until it is noted how far they are."""


class JournalAheadError(PermanentError):
    """The journal goes on beyond the database: that was restored, and does not know it."""

    what_to_do = "Run `python -m loyalty_desk restored` before anything else: docs/backup.md"


class BrokenMarkError(StorageError):
    """What says how far a journal goes cannot be read; its entries can."""

    what_to_do = (
        "The next sync or `housekeeping__<store>` writes it anew, from the entries that are there"
    )


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
    try:
        mark = read_mark(place)
    except BrokenMarkError as error:
        log.warning("%s: it is written anew", error)
        mark = None
    with databases.reading(engine) as connection:  # after the mark, which others move on meanwhile
        journal = find_journal(connection) or journal
    _refuse_if_ahead(place, journal, mark)
    if (mark.last if mark else 0) < journal.last_kept:  # another folder, or an old copy of it
        with engine.begin() as connection:
            binds = {"number": mark.last if mark else 0}
            connection.execute(statement("journal/forget_kept"), binds)
    with databases.reading(engine) as connection:
        pending = connection.execute(statement("journal/select_pending")).all()
    sent = mark or Mark(begun=journal.begun, at=journal.begun, last=0)
    for some in chunks(pending, SENT_AT_ONCE):  # so that who is cut off in between comes on
        for row in some:
            _put(place, _name_of(row.number), _text_of(row))
        sent = replace(sent, last=max(sent.last, some[-1].number))
        write_mark(place, sent)  # with the time until which it was whole
        _note_kept(engine, some, now)
    write_mark(place, replace(sent, at=now, last=max(sent.last, journal.last_kept)))
    with engine.begin() as connection:
        keep_journal_state(connection, journal, now)
    return len(pending)


def _note_kept(engine: Engine, rows: Sequence[Row[Any]], now: datetime) -> None:
    with engine.begin() as connection:
        for row in rows:
            kept = {"entry_id": row.entry_id, "number": row.number, "now_utc": utc_text(now)}
            connection.execute(statement("journal/mark_kept"), kept)


def see_that_it_goes_on(engine: Engine, place: Folder, journal: Journal, mark: Mark | None) -> None:
    """See that `keep_in_folder` could go on with a journal; nothing is written.

    Raises:
        JournalAheadError: it would stop.
        StorageError, OSError: the folder cannot be read.
    """
    _refuse_if_ahead(place, journal, mark)
    sure = min(journal.last_kept, mark.last if mark else 0)
    for number in range(sure + 1, journal.last_number + 1):
        with databases.reading(engine) as connection:
            row = connection.execute(statement("journal/select_entry"), {"number": number}).first()
        if row is not None:
            _find_same(place, _name_of(number), _text_of(row))


def _refuse_if_ahead(place: Folder, journal: Journal, mark: Mark | None) -> None:
    """Raise JournalAheadError where it goes on beyond the database. Without a mark files tell."""
    there = mark.last if mark else max(list_numbers(place), default=0)
    if there > journal.last_number:
        raise JournalAheadError(
            f"the journal holds {there} entries and the database {journal.last_number}: the"
            " database was restored from a backup"
        )


def read_mark(place: Folder) -> Mark | None:
    """What is said of a journal; None where there is none.

    Raises:
        BrokenMarkError: it does not say it.
        StorageError, OSError: the folder cannot be read.
    """
    text = _read(place, MARK)
    if text is None:
        return None
    try:
        told = json.loads(text)
        return Mark(
            begun=parse_utc(told["begun_utc"]), at=parse_utc(told["at_utc"]), last=int(told["last"])
        )
    except (KeyError, TypeError, ValueError):
        raise BrokenMarkError(f"{place / MARK}, the mark of the journal, is broken") from None


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
    text = _read(place, _name_of(number))
    if text is None:
        return None
    try:
        return Entry(**json.loads(text))
    except (TypeError, ValueError):
        return None


def is_the_same(entry: Entry, row: Row[Any]) -> bool:
    """Whether a file is of an entry that the database has."""
    return (entry.entry_id, entry.number) == (row.entry_id, row.number)


def _name_of(number: int) -> str:
    return f"{number:012d}.json"


def _text_of(row: Row[Any]) -> str:
    """An entry as its file has it: the same whoever writes it."""
    names = ("number", "entry_id", "store", "kind", "at_utc", "content")
    return json.dumps({name: getattr(row, name) for name in names}, sort_keys=True)


def _put(place: Folder, name: str, text: str) -> None:
    """Write a file that is never changed."""
    if not _find_same(place, name, text):
        _write(place, name, text)


def _find_same(place: Folder, name: str, text: str) -> bool:
    """Whether a file is there; raises JournalAheadError where it has another content."""
    found = _read(place, name)
    if found not in {None, text}:
        raise JournalAheadError(
            f"{name} of the journal was written by another database: one of the two was restored"
            " from a backup, or is a copy"
        )
    return found is not None


def _read(place: Folder, name: str) -> str | None:
    file = find_inside(place, name)
    if file is None:
        return None
    with reading(file) as content:
        return content.read().decode("utf-8", "replace")


def _write(place: Folder, name: str, text: str) -> None:
    """Have a file hold a text, whole or not at all, also if the machine stops now."""
    write = _write_here if isinstance(place, Path) else _write_there
    ask(place / name, partial(write, place, name, text))


def _write_there(place: Folder, name: str, text: str) -> None:
    with (place / name).open("wb") as file:
        file.write(text.encode())


def _write_here(place: Path, name: str, text: str) -> None:
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
