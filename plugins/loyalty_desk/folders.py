"""Folders on a disk or in an object store: filled, listed, removed. `hooks/folders.py` opens them.

Never: an import of Airflow.

What is written appears whole: on a disk a file takes its name when it is finished, and in an object
store it is sent from a temporary folder of this machine, which is taken away again.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final

from loyalty_desk.errors import LoyaltyDeskError, StorageError

log = logging.getLogger(__name__)

Folder = Any
"""A `Path`, or what does as much for an object store."""

_LAST: Final = ".html"
"""Pages are sent last, as they lead to the other files."""


@contextmanager
def filled(folder: Folder) -> Iterator[Path]:
    """A folder of this machine to write into; at the end `folder` holds what was written.

    Raises:
        StorageError: the object store did not take it.
    """
    if isinstance(folder, Path):
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with TemporaryDirectory(prefix="loyalty-desk-") as place:
        made = Path(place)
        yield made
        with answering(folder):
            for name in sorted(files_below(made), key=lambda one: (one.endswith(_LAST), one)):
                with (made / name).open("rb") as file, (folder / name).open("wb") as sent:
                    shutil.copyfileobj(file, sent)


@contextmanager
def refilled(folder: Folder) -> Iterator[Path]:
    """The same for a folder that is emptied first, as far as it can be."""
    remove(folder, ignore_errors=True)
    with filled(folder) as made:
        yield made


def files_below(folder: Folder) -> list[str]:
    """The names of all files below, relative to the folder; none where there is no such folder.

    Raises:
        StorageError: the object store does not answer.
    """
    if isinstance(folder, Path):
        found = (path for path in folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(folder).as_posix() for path in found)
    with answering(folder):
        begin = f"{folder.path.strip('/')}/"
        names = (str(name).lstrip("/") for name in folder.fs.find(folder.path))
        return sorted(name.removeprefix(begin) for name in names if name.startswith(begin))


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
        OSError: a file of this machine cannot be removed, and errors are not ignored.
        StorageError: the object store does not answer, or refuses; and errors are not ignored.
    """
    if isinstance(entry, Path):
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=ignore_errors)
        else:
            entry.unlink(missing_ok=True)
        return
    try:
        _remove_there(entry)
    except StorageError as error:
        if not ignore_errors:
            raise
        log.warning("%s", error)


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
        StorageError: the object store does not answer.
    """
    if "\0" in name:
        return None
    if isinstance(folder, Path):
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
    """Give what an object store raises one name, as each of them has errors of its own.

    Raises:
        StorageError: it does not answer, or refuses.
    """
    try:
        yield
    except LoyaltyDeskError:
        raise
    except Exception as error:
        raise StorageError(f"{folder} cannot be used now ({type(error).__name__})") from error


def _leads_down(name: str) -> bool:
    """Whether each part is a name; what comes from an address may hold any."""
    return all(part not in {"", ".", ".."} for part in name.split("/"))
