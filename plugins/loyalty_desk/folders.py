"""Folders on a disk or in an object store: filled, listed, removed. `hooks/folders.py` opens them.

Never: an import of Airflow.

What is written appears whole: on a disk a file takes its name when it is finished, and in an object
store it is sent from a temporary folder of this machine, which is taken away again.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final
from urllib.parse import urlsplit

from loyalty_desk.errors import LoyaltyDeskError, SettingsError, StorageError

log = logging.getLogger(__name__)

Folder = Any
"""A `Path`, or what does as much for an object store."""

UNUSABLE: Final = (SettingsError, StorageError)
"""What is raised where a folder cannot be used. Whoever writes what is only for reading goes on."""

_REFUSALS: Final = {
    *("SFTPPermissionDenied", "NoCredentialsError", "PartialCredentialsError"),
    "ClientAuthenticationError",
}
"""What storages raise for that besides PermissionError, by name, as few have their packages."""

_LAST: Final = ".html"
"""Pages are sent last, as they lead to the other files."""


@contextmanager
def filled(folder: Folder) -> Iterator[Path]:
    """A folder of this machine to write into; at the end `folder` holds what was written.

    Raises:
        StorageError: the disk or the object store did not take it.
    """
    if isinstance(folder, Path):
        with answering(folder):
            folder.mkdir(parents=True, exist_ok=True)
            yield folder
        return
    with ExitStack() as stack:
        with answering(Path(tempfile.gettempdir())):
            place = TemporaryDirectory(prefix="loyalty-desk-", ignore_cleanup_errors=True)
            made = Path(stack.enter_context(place))
            yield made
        with answering(folder):
            for name in sorted(files_below(made), key=lambda one: (one.endswith(_LAST), one)):
                with (made / name).open("rb") as file, (folder / name).open("wb") as sent:
                    shutil.copyfileobj(file, sent)


@contextmanager
def refilled(folder: Folder) -> Iterator[Path]:
    """The same for a folder that is emptied first, as far as it can be; no half of it stays."""
    remove(folder, ignore_errors=True)
    try:
        with filled(folder) as made:
            yield made
    except StorageError:
        if isinstance(folder, Path):  # elsewhere what leads to the rest is sent last
            remove(folder, ignore_errors=True)
        raise


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file to write that takes its name when it is finished; nothing stays of half of one."""
    unfinished = path.with_name(f".{path.name}")
    try:
        yield unfinished
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    unfinished.replace(path)


def files_below(folder: Folder) -> list[str]:
    """The names of all files below, relative to the folder; none where there is no such folder.

    Raises:
        StorageError: the folder cannot be read, or the object store does not answer.
    """
    if isinstance(folder, Path):
        with answering(folder):
            found = (
                Path(place, name)
                for place, _, names in os.walk(folder, onerror=_say_unless_missing)
                for name in names
            )
            files = (path for path in found if path.is_file())
            return sorted(path.relative_to(folder).as_posix() for path in files)
    with answering(folder):
        begin = f"{folder.path.strip('/')}/"
        names = (str(name).lstrip("/") for name in folder.fs.find(folder.path))
        return sorted(name.removeprefix(begin) for name in names if name.startswith(begin))


def _say_unless_missing(error: OSError) -> None:
    """Left to itself, a walk takes a folder that it may not read for an empty one."""
    if not isinstance(error, FileNotFoundError):
        raise error


@contextmanager
def reading(file: Folder) -> Iterator[IO[bytes]]:
    """A file to read.

    Raises:
        StorageError: the object store does not answer.
    """
    with nullcontext() if isinstance(file, Path) else answering(file), file.open("rb") as content:
        yield content


def remove(entry: Folder, *, ignore_errors: bool = False) -> None:
    """Remove a file, or a folder with all that it holds, if it is there.

    Raises:
        StorageError: it cannot be removed, or the object store does not answer; and errors are not
            ignored.
    """
    try:
        if isinstance(entry, Path):
            _remove_here(entry, ignore_errors=ignore_errors)
        else:
            _remove_there(entry)
    except StorageError as error:
        if not ignore_errors:
            raise
        log.warning("%s", error)


def _remove_here(entry: Path, *, ignore_errors: bool) -> None:
    with answering(entry):
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=ignore_errors)
        else:
            entry.unlink(missing_ok=True)


def _remove_there(entry: Folder) -> None:
    with answering(entry):
        if not entry.fs.exists(entry.path):
            return
        entry.fs.rm(entry.path, recursive=True)
        entry.fs.invalidate_cache()
        if entry.fs.exists(entry.path):  # of many deletes, S3's keeps to itself which were refused
            raise StorageError(f"{entry} could not be removed: the right to delete is missing")


def find_inside(folder: Folder, name: str) -> Folder | None:
    """The file of that relative name below the folder; None where it leads out, or is no file.

    Raises:
        StorageError: the folder cannot be read, or the object store does not answer.
    """
    if "\0" in name:
        return None
    if isinstance(folder, Path):
        with answering(folder):
            found = find_kept(folder, str(folder.resolve() / name))
            return found if found is not None and found.is_file() else None
    if not _leads_down(name):
        return None
    with answering(folder):
        return folder / name if (folder / name).is_file() else None


def find_kept(folder: Folder, address: str) -> Folder | None:
    """What an address that was kept leads to, if that is below the folder; there may be nothing."""
    if isinstance(folder, Path):
        path, root = Path(address).resolve(), folder.resolve()  # a link may lead elsewhere
        return path if path != root and path.is_relative_to(root) else None
    begin = f"{folder}/"
    name = address.removeprefix(begin)
    return folder / name if address.startswith(begin) and _leads_down(name) else None


@contextmanager
def answering(folder: Folder) -> Iterator[None]:
    """Give what a disk or an object store raises one name, as each store has errors of its own.

    Raises:
        StorageError: it does not answer, refuses, or is full.
    """
    try:
        yield
    except LoyaltyDeskError:
        raise
    except Exception as error:
        is_here = isinstance(folder, Path)
        if is_here and not isinstance(error, OSError):
            raise  # it is the fault of whoever uses the folder
        if not is_here and is_refusal(error):
            raise StorageError(f"{folder} refuses {keys_of(folder)}") from error
        why = (is_here and getattr(error, "strerror", None)) or type(error).__name__
        raise StorageError(f"{folder} cannot be used now ({why})") from error


def is_refusal(error: Exception) -> bool:
    """Whether a storage says that we may not."""
    return isinstance(error, PermissionError) or type(error).__name__ in _REFUSALS


def keys_of(folder: Folder) -> str:
    conn_id = urlsplit(str(folder)).netloc.rpartition("@")[0]
    return f"Airflow connection {conn_id!r}" if conn_id else "the keys of this machine"


def why_unusable(error: LoyaltyDeskError) -> str:
    """One of `UNUSABLE` in words, with what to do."""
    return f"{str(error).rstrip('.')}. {StorageError.what_to_do}"


def _leads_down(name: str) -> bool:
    """Whether each part is a name; what comes from an address may hold any."""
    return all(part not in {"", ".", ".."} for part in name.split("/"))
