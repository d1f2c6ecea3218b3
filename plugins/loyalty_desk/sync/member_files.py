"""Files with members that somebody drops for a store, by SFTP or otherwise: found, read, kept.

Which column is what stands in a file of columns under `include/`. A file is read once: it is
known by its name, size and time. One that is still growing waits for the next run.
"""

from __future__ import annotations

import csv
import fnmatch
import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice, zip_longest
from tempfile import TemporaryFile
from typing import Any, Final

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import LoyaltyDeskError, MemberFileError, MemberFolderError
from loyalty_desk.platforms.base import MemberPage
from loyalty_desk.platforms.reading import read_rows
from loyalty_desk.settings.currencies import USUAL_DIGITS, money_digits
from loyalty_desk.settings.sections import MemberFileSettings
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.spreadsheets import MADE_A_NUMBER, LongIds, iter_rows
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state
from loyalty_desk.sync.member_columns import Columns, Reading, read_columns
from loyalty_desk.sync.number_formats import NumbersError, find_format

PAGE_ROWS: Final = 1_000
UNFINISHED: Final = (".part", ".tmp", ".filepart", ".crdownload")
"""How programs end the name of a file that they are still writing."""
WRONG: Final = (FileNotFoundError, NotADirectoryError, PermissionError, ImportError, ValueError)
"""What a wrong folder raises; everything else is a storage that is away."""

OpenFolder = Callable[[str], Any]
"""Gives what lists the files of an address, as a `Path` does."""


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in a file, to be read as often as need be."""

    text: io.TextIOWrapper
    name: str
    columns: Columns
    reading: Reading

    def looked_through(self) -> Content:
        """The same with the format of its numbers, once each row was looked at.

        Raises:
            MemberFileError: a column is missing, or its ids are rounded.
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
        for line, cells in rows:
            if len(cells) == len(header):
                ids.see(cells[id_at])
                yield line, [(column, cells[at], is_whole) for at, column, is_whole in places]

    def _rows(self) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
        """The names of the columns, and the rows after them."""
        self.text.seek(0)
        rows = iter_rows(self.text, self.columns.is_row, self.columns.delimiter)
        header = next(rows, (0, list[str]()))[1]
        self.columns.check_header(self.name, header)
        return header, rows


@dataclass(frozen=True, slots=True)
class MemberFile:
    """One file that was not read yet. `stamp` tells it from a later one of the same name."""

    store: str
    path: Any
    stamp: str
    columns: Columns
    holds_everybody: bool
    money_digits: int = USUAL_DIGITS

    @property
    def name(self) -> str:
        return str(self.path.name)

    @contextmanager
    def opened(self) -> Iterator[Content]:
        """Fetch the file, and look at it from end to end before a row of it is used.

        Raises:
            MemberFileError: a column is missing, the file is no CSV in the encoding that is set, or
                its numbers may mean two things.
        """
        with TemporaryFile() as copy:
            with self.path.open("rb") as binary:
                shutil.copyfileobj(binary, copy)
            text = io.TextIOWrapper(copy, encoding=self.columns.encoding, newline="")
            yield self._look_through(text)

    def _look_through(self, text: io.TextIOWrapper) -> Content:
        content = Content(text, self.name, self.columns, Reading(money_digits=self.money_digits))
        try:
            return content.looked_through()
        except UnicodeDecodeError:
            raise MemberFileError(
                f"{self.name} is not text in {self.columns.encoding}: set `encoding` in"
                f" {self.columns.source}"
            ) from None
        except csv.Error as error:
            raise MemberFileError(f"{self.name} is no CSV: {error}") from None
        except NumbersError as error:
            raise MemberFileError(
                f"{self.name}: {error}: set `numbers` in {self.columns.source}, or mend the file"
            ) from None

    def keep_as_read(self, engine: Engine) -> None:
        """Remember that it was read whole."""
        with engine.begin() as connection:
            kept = find_state(connection, self.store, StateKey.MEMBER_FILES)
            files = {**json.loads(kept or "{}"), self.name: self.stamp}
            keep_state(connection, self.store, StateKey.MEMBER_FILES, json.dumps(files), utc_now())


def find_new_files(
    engine: Engine, store: StoreSettings, open_folder: OpenFolder
) -> list[MemberFile]:
    """The files to read, the oldest first; of those that hold everybody, the newest alone.

    Raises:
        MemberFileError: the folder or the file of columns cannot be read.
        MemberFolderError: the folder's storage does not answer now.
    """
    settings = store.member_files
    if not settings.folder:
        return []
    columns = read_columns(settings.columns)
    with reading(engine) as connection:
        known = json.loads(find_state(connection, store.name, StateKey.MEMBER_FILES) or "{}")
    listed = _listed(open_folder, settings)
    everybody = settings.holds == "everybody"
    wanted = listed[-1:] if everybody else listed
    return [
        MemberFile(
            store.name,
            one.path,
            one.stamp,
            columns,
            holds_everybody=everybody,
            money_digits=money_digits(store.currency),
        )
        for one in wanted
        if known.get(one.path.name) != one.stamp
    ]


def _listed(open_folder: OpenFolder, settings: MemberFileSettings) -> list[_Listed]:
    """The files that are whole, the oldest first.

    Raises:
        MemberFileError: there is no such folder, or it may not be read.
        MemberFolderError: its storage does not answer.
        SettingsError: what its storage needs is not installed.
    """
    folder = settings.folder
    settled = utc_now() - timedelta(seconds=settings.settle_s)
    try:
        paths = [one for one in open_folder(folder).iterdir() if _is_meant(one, settings.pattern)]
        found = [_Listed.of(path) for path in paths]
    except WRONG as error:
        raise MemberFileError(
            f"the folder of member files {folder!r} cannot be read ({type(error).__name__}):"
            " correct member_files.folder"
        ) from None
    except LoyaltyDeskError:
        raise
    except Exception as error:  # noqa: BLE001 - every storage has errors of its own
        raise MemberFolderError(
            f"the folder of member files {folder!r} does not answer ({type(error).__name__})"
        ) from None
    return sorted((one for one in found if one.moment <= settled), key=lambda one: one.order)


def _is_meant(path: Any, pattern: str) -> bool:
    name = str(path.name)
    return fnmatch.fnmatch(name, pattern) and not name.endswith(UNFINISHED) and bool(path.is_file())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """One file of the folder; `stamp` tells it from a later one of the same name."""

    path: Any
    moment: datetime
    stamp: str

    @property
    def order(self) -> tuple[datetime, str]:
        return self.moment, str(self.path.name)

    @classmethod
    def of(cls, path: Any) -> _Listed:
        info = path.stat()
        told = info.st_mtime  # seconds on a disk, and a time in Airflow's object storage
        moment = told if isinstance(told, datetime) else datetime.fromtimestamp(told or 0, UTC)
        return cls(path=path, moment=moment, stamp=f"{info.st_size} {moment.isoformat()}")
