"""What lies in a folder of member files: which of it is meant, and which of that is new.

What a file is goes by its content. Its time only puts those in order that came together, as a time
may be ahead of ours, kept from an older copy, or the same for two contents.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any, Final

from loyalty_desk.errors import (
    LoyaltyDeskError,
    MemberFileError,
    MemberFolderError,
    SettingsError,
)
from loyalty_desk.folders import ask_raw, is_refusal, keys_of, reading_by
from loyalty_desk.in_time import NoAnswerError
from loyalty_desk.settings.member_settings import MemberFileSettings
from loyalty_desk.sync.known_files import Known, KnownFiles

UNFINISHED: Final = (".part", ".tmp", ".filepart", ".crdownload")
"""How programs end the name of a file that they are still writing."""
PACKED: Final = (".zip", ".gz", ".xlsx", ".xls", ".ods")
LOOKED_INTO_BYTES: Final = 16 * 2**20
"""So much of what was read before a run may read again to see that it is the same, where a storage
does not tell. Files take turns; for a larger one runs save up."""
CHUNK_BYTES: Final = 2**20
SURE_SIGNS: Final = ("ETag", "etag", "generation")
"""How object stores name what changes with the content."""
WRONG: Final = (FileNotFoundError, NotADirectoryError, ImportError, ValueError)
"""What a wrong folder raises; everything else is a storage that is away."""

_ADDRESS: Final = re.compile(r"\S*@\S*")

OpenFolder = Callable[[str], Any]
"""Gives what lists the files of an address, as a `Path` does."""
Left = dict[str, str]
"""Why files are not read, by name."""


def shown_name(name: str) -> str:
    """A file's name for logs, errors and reports: an address in it stays out."""
    return _ADDRESS.sub("…", name)


class LeftError(Exception):
    """One file cannot be read now; the others may. Its text is the reason."""


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """One file of the folder. `is_sure`: its `sign` is another one for any other content."""

    path: Any
    size: int
    moment: datetime
    sign: str | None
    is_sure: bool

    @property
    def name(self) -> str:
        return str(self.path.name)

    @property
    def shown(self) -> str:
        return shown_name(self.name)

    @property
    def stamp(self) -> str:
        return f"{self.size} {self.moment.isoformat()}"

    @property
    def order(self) -> tuple[datetime, str]:
        return self.moment, self.name

    @cached_property
    def digest(self) -> str:
        """That of its content at the first look.

        Raises:
            LeftError: it is gone again, or may not be read.
            MemberFolderError: its storage does not answer.
        """
        found = hashlib.sha256()
        for chunk in self.iter_chunks():
            found.update(chunk)
        return found.hexdigest()

    def iter_chunks(self) -> Iterator[bytes]:
        """Yield what it holds now; raises as `digest` does."""
        with _reachable(str(self.path.parent)):
            if (storage := getattr(self.path, "fs", None)) is not None:
                storage.invalidate_cache()  # it keeps the size, and reads no further
            with reading_by(ask_raw, self.path) as file:
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk

    def known(self, *, newer: str | None = None) -> Known:
        """How it is remembered: as read, or as passed over for a newer one."""
        return Known(self.stamp, self.sign, None if newer else self.digest, newer)

    @classmethod
    def of(cls, path: Any) -> Dropped:
        info = path.stat()
        told = info.st_mtime  # seconds on a disk, and a time in Airflow's object storage
        moment = told if isinstance(told, datetime) else datetime.fromtimestamp(told or 0, UTC)
        if isinstance(info, Mapping):
            sure = next((str(info[key]) for key in SURE_SIGNS if info.get(key)), None)
        else:
            sure = None
        # A disk changes this with each write, but one that is mounted over SFTP has none.
        weak = getattr(info, "st_ctime_ns", None)
        sign = sure or (None if weak is None else str(weak))
        return cls(path=path, size=info.st_size, moment=moment, sign=sign, is_sure=sure is not None)


@contextmanager
def _reachable(folder: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise LeftError("was taken away while it was looked at") from None
    except NoAnswerError as error:
        raise _away(folder, error) from None
    except LoyaltyDeskError:
        raise
    except Exception as error:  # noqa: BLE001 - every storage has errors of its own
        if is_refusal(error):
            raise LeftError(f"may not be read: {_right(folder)}") from None
        raise _away(folder, error) from None


def _right(folder: str) -> str:
    if "://" in folder:
        return f"give {keys_of(folder)} the right, or correct its log-in"
    return "give the user of Airflow's workers the right"


def _away(folder: str, error: Exception) -> MemberFolderError:
    told = f"({type(error).__name__})"
    if isinstance(error, NoAnswerError):
        told = f"within {error.seconds:g} s"
    return MemberFolderError(f"the folder of member files {folder!r} does not answer {told}")


def list_folder(
    open_folder: OpenFolder, settings: MemberFileSettings
) -> tuple[list[Dropped], Left]:
    """The files that are meant, by name, and why the others are not.

    Raises:
        MemberFileError: there is no such folder, or it may not be read.
        MemberFolderError: its storage does not answer.
        SettingsError: its storage cannot be opened as things are set: see `hooks.storages`.
    """
    folder, dropped, left = settings.folder, list[Dropped](), Left()
    try:
        paths = ask_raw(folder, lambda: list(open_folder(folder).iterdir()))
        for path in sorted(paths, key=lambda one: str(one.name)):
            found = ask_raw(folder, partial(_look_at, path, settings.pattern))
            if isinstance(found, Dropped):
                dropped.append(found)
            elif found:
                left[str(path.name)] = found
    except SettingsError as error:
        raise SettingsError(f"member_files.folder: {error}") from None
    except NoAnswerError as error:
        raise _away(folder, error) from None
    except LoyaltyDeskError:
        raise
    except Exception as error:  # noqa: BLE001 - every storage has errors of its own
        remedy = _remedy(folder, error)
        if remedy is None:
            raise _away(folder, error) from None
        raise MemberFileError(
            f"the folder of member files {folder!r} cannot be read ({type(error).__name__}):"
            f" {remedy}"
        ) from None
    return dropped, left


def _remedy(folder: str, error: Exception) -> str | None:
    """What a person has to do about the folder; None for a storage that is away."""
    if is_refusal(error):
        return _right(folder)
    return "correct member_files.folder" if isinstance(error, WRONG) else None


def _look_at(path: Any, pattern: str) -> Dropped | str:
    """A file that is meant; else why not, empty where nobody has to be told."""
    if (reason := _why_not(path, pattern)) is not None:
        return reason
    try:
        found = Dropped.of(path)
    except FileNotFoundError:
        return ""  # taken away between the two questions
    return found if found.size else "is empty"


def _why_not(path: Any, pattern: str) -> str | None:
    """Why a file is not meant; None for one that is, and empty where nobody has to be told."""
    name = str(path.name)
    lower = name.lower()
    is_hidden = name.startswith(".")
    matches = fnmatch.fnmatchcase(lower.lstrip("."), pattern.lower())
    if is_hidden:  # of a system, or of a program that is still writing
        return "is hidden, as its name begins with a dot" if matches else ""
    if lower.endswith(UNFINISHED):
        return f"is unfinished by its name, which ends in .{lower.rpartition('.')[2]}"
    if not matches:
        if not path.is_file():
            return "is a folder, and only the files beside it are read"
        packed = ": unpack it, or save it as CSV" if lower.endswith(PACKED) else ""
        return f"does not match member_files.pattern {pattern!r}{packed}"
    return None if path.is_file() else "is no file"


def find_fresh(
    dropped: Iterable[Dropped], known: KnownFiles
) -> tuple[list[Dropped], KnownFiles, Left]:
    """The files whose content is new under their name; the others as they are known now; and those
    that cannot be read.
    """
    by_name = {one.name: one for one in dropped}
    in_turn, unspent_bytes = _in_turn(by_name, known)
    fresh, still, left = list[Dropped](), dict[str, Known](), Left()
    waiting = [name for name in known.by_name if name in by_name and name not in in_turn]
    for name in (*waiting, *in_turn, *sorted(by_name.keys() - known.by_name.keys())):
        one, before = by_name[name], known.by_name.get(name)
        try:
            now = before and _as_it_was(one, before, is_looked_into=name in in_turn)
        except LeftError as error:
            left[name] = str(error)
            still |= {name: before} if before else {}
            continue
        if now is None:
            fresh.append(one)
        else:
            still[name] = now
    return fresh, KnownFiles(still, unspent_bytes), left


def _in_turn(by_name: Mapping[str, Dropped], known: KnownFiles) -> tuple[list[str], int]:
    """Which of the known files are read again, though their size and time are as they were: those
    whose last look is the longest ago. And how many bytes are saved for the next of them.
    """
    found, left_bytes = list[str](), known.unspent_bytes + LOOKED_INTO_BYTES
    for name in known.by_name:
        one = by_name.get(name)
        if one is None or one.is_sure:
            continue
        if one.size > left_bytes:
            return found, left_bytes
        left_bytes -= one.size
        found.append(name)
    return found, 0


def _as_it_was(one: Dropped, before: Known, *, is_looked_into: bool) -> Known | None:
    """What is known of a file whose content is the one that is known; None for another content."""
    is_same = one.stamp == before.stamp
    if is_same and one.sign == before.sign and (one.is_sure or not is_looked_into):
        return before
    if before.digest is None:
        if not is_same or before.sign not in {None, one.sign}:
            return None
        return replace(before, sign=one.sign, digest=one.digest)
    if one.digest == before.digest:
        return replace(before, stamp=one.stamp, sign=one.sign)
    return None
