"""What the journal says that a restored database does not know, and for which days it cannot tell.

That nothing is in it may mean that nothing happened, or that it is not whole. It is whole where its
mark is young, no number is missing, and it went on after the backup was made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from loyalty_desk.clock import parse_utc
from loyalty_desk.errors import PermanentError
from loyalty_desk.folders import Folder
from loyalty_desk.staging.journal import Journal, find_journal
from loyalty_desk.staging.journal_folder import (
    BrokenMarkError,
    Entry,
    Mark,
    is_the_same,
    list_journals,
    list_numbers,
    read_entry,
    read_mark,
)
from loyalty_desk.staging.statements import statement

LONGEST_SILENCE: Final = timedelta(hours=26)
"""Every sync and the daily housekeeping say that the journal is whole."""
JUST_BACKED_UP: Final = timedelta(hours=1)
"""So soon after a backup nothing need have been said since."""


class JournalGapError(PermanentError):
    """It cannot be told what was erased, revoked and decided since the backup. Nothing was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the journal holds beyond a database, and what is missing of it."""

    journal: Journal | None
    """Which it is; None where there is none to go by."""
    entries: list[Entry] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    whole_until: datetime | None = None
    gaps: list[str] = field(default_factory=list)


def look(connection: Connection, folder: Folder, now: datetime, wanted: str | None) -> Found:
    """Read what the database does not know. `wanted` is whose journal a person says it is.

    Raises:
        JournalGapError: there is no journal of that id.
        StorageError, OSError: the folder cannot be read.
    """
    journal = find_journal(connection)
    if journal is None or (wanted is not None and wanted != journal.id):
        journal, gap = _find_named(connection, folder, now, wanted)
        if journal is None:
            return Found(journal=None, gaps=[gap] if gap else [])
    else:
        gap = ""
    place = folder / journal.id
    mark = _find_mark(place)
    entries, unreadable, missing = _read_beyond(place, journal, mark)
    gaps = [gap] if gap else []
    gaps += _is_of_another(connection, place, journal)
    if mark is None:
        until = days(journal.marked, now)
        gaps.append(
            f"its journal {journal.id} is not marked in {folder}, or its mark is broken: {until}"
        )
    else:
        gaps += _is_old(journal, mark, now)
    return Found(
        journal=journal,
        entries=entries,
        unreadable=unreadable,
        whole_until=mark.at if mark else None,
        gaps=[*gaps, *missing],
    )


def _find_mark(place: Folder) -> Mark | None:
    """A broken one vouches for no day, as if there were none."""
    try:
        return read_mark(place)
    except BrokenMarkError:
        return None


def days(since: datetime, until: datetime) -> str:
    """The days of a time, in UTC."""
    first, last = since.date().isoformat(), until.date().isoformat()
    return first if first == last else f"{first} to {last}"


def _find_named(
    connection: Connection, folder: Folder, now: datetime, wanted: str | None
) -> tuple[Journal | None, str]:
    """The journal that a person names, for a backup of before there was one; and what is missing.

    It is not guessed which it is: several installations may share the folder.
    """
    newest = connection.execute(statement("journal/select_newest_run")).scalar()
    since = None if newest is None else parse_utc(newest)
    there = list_journals(folder)
    if wanted is None:
        if since is None:
            return None, ""  # nothing was ever read into this database, and nobody erased
        said = f"the backup is of before a journal was kept: {days(since, now)}"
        if there:
            said += f"; if {' or '.join(there)} became its journal, give --journal"
        return None, said
    mark = _find_mark(folder / wanted) if wanted in there else None
    if mark is None:
        raise JournalGapError(
            f"there is no journal {wanted} in {folder} that says when it was begun; nothing was"
            " done"
        )
    begun = Journal(
        id=wanted,
        begun=mark.begun,
        marked=mark.begun,
        last_number=0,
        last_kept=0,
        pending=0,
    )
    gap = f"the journal was begun after the backup: {days(since or mark.begun, mark.begun)}"
    return begun, gap


def _read_beyond(
    place: Folder, journal: Journal, mark: Mark | None
) -> tuple[list[Entry], list[int], list[str]]:
    """Every entry beyond the database, those that are no entry any more, and what is missing.

    Numbers that the database gave and that are in no file may be those of others here.
    """
    there = {number for number in list_numbers(place) if number > journal.last_kept}
    highest = max([journal.last_kept, mark.last if mark else 0, *there])
    entries, unreadable, gaps, before = [], [], [], journal.marked
    missing_since: datetime | None = None
    for number in range(journal.last_kept + 1, highest + 1):
        entry = read_entry(place, number) if number in there else None
        if entry is None:
            missing_since = missing_since or before
            unreadable += [number] if number in there else []
            continue
        at = parse_utc(entry.at_utc)
        if missing_since is not None:
            gaps.append(f"entries before number {number} are missing: {days(missing_since, at)}")
            missing_since = None
        before = at
        entries.append(entry)
    if missing_since is not None:
        until = days(missing_since, mark.at if mark else missing_since)
        gaps.append(f"the last entries are missing: {until}")
    return entries, unreadable, gaps


def _is_of_another(connection: Connection, place: Folder, journal: Journal) -> list[str]:
    binds = {"number": journal.last_kept}
    row = connection.execute(statement("journal/select_entry"), binds).first()
    entry = read_entry(place, journal.last_kept) if row is not None else None
    if row is None or entry is None or is_the_same(entry, row):
        return []
    return [f"the journal went another way than the backup: {days(journal.marked, journal.marked)}"]


def _is_old(journal: Journal, mark: Mark, now: datetime) -> list[str]:
    if now - mark.at > LONGEST_SILENCE:
        return [f"the journal is silent since {mark.at:%Y-%m-%d %H:%M} UTC: {days(mark.at, now)}"]
    if mark.at <= journal.marked and now - mark.at > JUST_BACKED_UP:
        return [f"the journal is no newer than the backup: {days(mark.at, now)}"]
    return []
