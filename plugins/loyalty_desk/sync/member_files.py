"""Files with members that somebody drops for a store, by SFTP or otherwise: found, read, kept.

Which column is what stands in a file of columns under `include/`. A content is read once under
its name, when two looks at it, some time apart, find it the same; what they compared is read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice, zip_longest
from tempfile import TemporaryFile
from typing import IO, Any, Final

from sqlalchemy import Engine

from loyalty_desk.errors import MemberFileError
from loyalty_desk.platforms.base import MemberPage
from loyalty_desk.platforms.reading import read_rows
from loyalty_desk.settings.currencies import USUAL_DIGITS, money_digits
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.spreadsheets import MADE_A_NUMBER, LongIds, iter_rows
from loyalty_desk.staging.engine import reading
from loyalty_desk.sync.known_files import Known, keep_known, load_known
from loyalty_desk.sync.member_columns import Columns, Reading, read_columns
from loyalty_desk.sync.member_folder import (
    Dropped,
    Left,
    LeftError,
    OpenFolder,
    find_fresh,
    list_folder,
)
from loyalty_desk.sync.number_formats import NumbersError, find_format

log = logging.getLogger(__name__)

PAGE_ROWS: Final = 1_000
NO_TEXT: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
"""How archives and workbooks begin, whatever their name says."""
CUT: Final = frozenset({"unexpected end of data", "truncated data"})
"""What codecs say when a text ends within a character."""


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in a file, to be read as often as need be.

    `ends_openly`: without a line break.
    """

    text: io.TextIOWrapper
    name: str
    columns: Columns
    reading: Reading
    ends_openly: bool = False

    def looked_through(self) -> Content:
        """The same with the format of its numbers, once each row was looked at.

        Raises:
            MemberFileError: a column is missing, its ids are rounded, or it ends within a row.
            csv.Error, UnicodeDecodeError, NumbersError: see there.
        """
        ids = LongIds()
        numbers = find_format(self._iter_numbers(ids), self.columns.declared)
        if ids.are_rounded:
            column = self.columns.columns["member_id"]
            raise MemberFileError(f"{self.name}: column {column!r}: {MADE_A_NUMBER}")
        return replace(self, reading=replace(self.reading, numbers=numbers))

    def iter_pages(self) -> Iterator[MemberPage]:
        """Yield the rows in pages, those that cannot be used apart."""
        rows = self._iter_members()
        read = partial(self.columns.read_member, reading=self.reading)
        while page := list(islice(rows, PAGE_ROWS)):
            yield read_rows(page, read, self.columns.id_of)

    def _iter_members(self) -> Iterator[Mapping[str | None, Any]]:
        """Yield the cells of each row by column: None for one that is missing, and under None
        those that are too many.
        """
        header, rows = self._rows()
        for _, cells in rows:
            row: dict[str | None, Any] = dict(zip_longest(header, cells[: len(header)]))
            if len(cells) > len(header):
                row[None] = cells[len(header) :]
            yield row

    def _iter_numbers(self, ids: LongIds) -> Iterator[tuple[int, list[tuple[str, str, bool]]]]:
        header, rows = self._rows()
        id_at = header.index(self.columns.columns["member_id"])
        numbers = self.columns.number_columns.items()
        places = [(header.index(column), column, is_whole) for column, is_whole in numbers]
        line, cells = 0, header
        for line, cells in rows:
            if len(cells) == len(header):
                ids.see(cells[id_at])
                yield line, [(column, cells[at], is_whole) for at, column, is_whole in places]
        if self.ends_openly and len(cells) < len(header):
            raise MemberFileError(
                f"{self.name} is cut off: it ends within the row that begins in line {line};"
                " put the whole file there again"
            )

    def _rows(self) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
        """The names of the columns, and the rows after them."""
        self.text.seek(0)
        rows = iter_rows(self.text, self.columns.is_row, self.columns.delimiter)
        header = next(rows, (0, list[str]()))[1]
        self.columns.check_header(self.name, header)
        return header, rows


@dataclass(frozen=True, slots=True)
class MemberFile:
    """One file to read. `passed_over` are those that it stands for, as it holds everybody."""

    store: str
    dropped: Dropped
    columns: Columns
    holds_everybody: bool
    money_digits: int = USUAL_DIGITS
    passed_over: tuple[Dropped, ...] = ()

    @property
    def name(self) -> str:
        return self.dropped.name

    @property
    def shown(self) -> str:
        return self.dropped.shown

    @contextmanager
    def opened(self) -> Iterator[Content]:
        """Fetch the file, and look at it from end to end before a row of it is used.

        Raises:
            LeftError: it is not as it was at the first look, or cannot be read any more.
            MemberFileError: a column is missing, the file is no CSV in the encoding that is set,
                its numbers may mean two things, or it ends within a row.
            MemberFolderError: its storage does not answer.
        """
        with TemporaryFile() as copy:
            fetched = hashlib.sha256()
            for chunk in self.dropped.iter_chunks():
                fetched.update(chunk)
                copy.write(chunk)
            if fetched.hexdigest() != self.dropped.digest:
                raise LeftError("was still being written; the next run looks again")
            ends_openly = self._look_at_ends(copy)
            text = io.TextIOWrapper(copy, encoding=self.columns.encoding, newline="")
            yield self._look_through(text, ends_openly=ends_openly)

    def _look_at_ends(self, copy: IO[bytes]) -> bool:
        """Whether it ends without a line break; raises MemberFileError for what is no text."""
        copy.seek(0)
        if copy.read(4).startswith(NO_TEXT):
            raise MemberFileError(f"{self.shown} is an archive or a workbook: save it as CSV")
        copy.seek(-min(2, copy.seek(0, os.SEEK_END)), os.SEEK_END)
        return not set(copy.read()) & set(b"\r\n")

    def _look_through(self, text: io.TextIOWrapper, *, ends_openly: bool) -> Content:
        reading = Reading(money_digits=self.money_digits)
        content = Content(text, self.shown, self.columns, reading, ends_openly)
        try:
            found = content.looked_through()
        except UnicodeDecodeError as error:
            if error.reason in CUT:
                raise MemberFileError(
                    f"{self.shown} is cut off: it ends within a character; put the whole file there"
                    f" again, or set `encoding` in {self.columns.source}"
                ) from None
            raise MemberFileError(
                f"{self.shown} is not text in {self.columns.encoding}: set `encoding` in"
                f" {self.columns.source}"
            ) from None
        except csv.Error as error:
            raise MemberFileError(f"{self.shown} is no CSV: {error}") from None
        except NumbersError as error:
            raise MemberFileError(
                f"{self.shown}: {error}: set `numbers` in {self.columns.source}, or mend the file"
            ) from None
        if ends_openly:
            log.info("members: %s ends in a row without a line break; it is used", self.shown)
        return found

    def keep_as_read(self, engine: Engine) -> None:
        """Remember that it was read whole, and what was passed over for it."""
        with engine.begin() as connection:
            known = load_known(connection, self.store)
            for other in self.passed_over:
                known.by_name[other.name] = other.known(newer=self.name)
            known.by_name.pop(self.name, None)  # what was looked into last stands last
            known.by_name[self.name] = self.dropped.known()
            keep_known(connection, self.store, known)


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder has to be read, in that order, and why the rest of it is not read."""

    files: list[MemberFile] = field(default_factory=list)
    left: Left = field(default_factory=Left)


def find_new_files(engine: Engine, store: StoreSettings, open_folder: OpenFolder) -> Found:
    """Look at the folder for the first time: of files that hold everybody, the newest is meant.

    Raises:
        MemberFileError: the folder or the file of columns cannot be read.
        MemberFolderError: the folder's storage does not answer now.
    """
    settings = store.member_files
    if not settings.folder:
        return Found()
    columns = read_columns(settings.columns)
    with reading(engine) as connection:
        before = load_known(connection, store.name)
    known = before.by_name
    dropped, left = list_folder(open_folder, settings)
    fresh, still, unreadable = find_fresh(dropped, before)
    left |= unreadable
    everybody = settings.holds == "everybody"
    if everybody:
        older = _older_than_known(fresh, known)
        still.by_name |= older
        # Once, as nobody needs them any more.
        left |= {name: _passed_over(str(one.newer)) for name, one in older.items()}
    if dropped:  # an empty folder may be one that is not mounted
        with engine.begin() as connection:
            keep_known(connection, store.name, still)
    fresh = [one for one in fresh if one.name not in still.by_name]
    wanted = list(_looked_at(sorted(fresh, key=lambda one: one.order), left, everybody=everybody))
    # One that cannot be read now is for the next run, whatever is read in its place.
    passed_over = tuple(
        one for one in fresh if everybody and one not in wanted and one.name not in left
    )
    _warn_of_late_ones(wanted, known.values())
    for one in wanted:
        left |= {other.name: _passed_over(one.shown) for other in passed_over}
    return Found(
        [
            MemberFile(
                store.name,
                one,
                columns,
                holds_everybody=everybody,
                money_digits=money_digits(store.currency),
                passed_over=passed_over,
            )
            for one in wanted
        ],
        left,
    )


def _looked_at(fresh: list[Dropped], left: Left, *, everybody: bool) -> Iterator[Dropped]:
    """The files that can be read, once each was looked at; `left` takes in the others."""
    for one in reversed(fresh) if everybody else fresh:
        try:
            _ = one.digest
        except LeftError as error:
            left[one.name] = str(error)
            continue
        yield one
        if everybody:
            return


def _older_than_known(fresh: Iterable[Dropped], known: Mapping[str, Known]) -> dict[str, Known]:
    """Files that a version before had passed over without a note, for the newest that it read."""
    if not known or not all(one.is_of_before for one in known.values()):
        return {}
    newest = max(known, key=lambda name: (known[name].moment, name))
    before = (known[newest].moment, newest)
    return {one.name: one.known(newer=newest) for one in fresh if one.order < before}


def _warn_of_late_ones(wanted: Iterable[Dropped], known: Iterable[Known]) -> None:
    last_read = max((one.moment for one in known if not one.newer), default=None)
    for one in wanted:
        if last_read is not None and one.moment < last_read:
            log.warning("members: %s has an older time than the last; it came later", one.shown)


def _passed_over(newer: str) -> str:
    return f"is older than {newer}, which holds everybody too"
