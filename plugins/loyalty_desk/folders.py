"""Folders on a disk or in an object store: filled, listed, removed. `hooks/folders.py` opens them.

Never: an import of Airflow.

What is written appears whole: on a disk a file takes its name when it is finished, and in an object
store it is sent from a temporary folder of this machine, which is taken away again.

A network disk or an object store may hang for good. So whatever asks a folder for something does it
by `ask`, step by step: nothing else ends that wait.
"""

from __future__ import annotations

import io
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any, Final, TypeVar
from urllib.parse import urlsplit

from loyalty_desk.errors import LoyaltyDeskError, SettingsError, StorageError
from loyalty_desk.in_time import NoAnswerError, in_time

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

PART: Final = 1 << 20
"""Bytes that are read or sent in one step."""
_BLOCK_S: Final = 300.0
"""Patience with what is in an object store: its libraries read and send blocks of 50 MB."""

T = TypeVar("T")

_END: Final[Any] = object()


def ask(folder: Folder, do: Callable[[], T], *, patience_s: float | None = None) -> T:
    """What one step gives that needs a folder, or a file in it.

    Raises:
        StorageError: it does not answer in time, refuses, or is full.
    """
    with answering(folder):
        return in_time(do, str(folder), patience_s)


def ask_raw(folder: Folder, do: Callable[[], T], *, patience_s: float | None = None) -> T:
    """As `ask`, but what a disk or an object store raises keeps its name."""
    return in_time(do, str(folder), patience_s)


def ask_each(folder: Folder, things: Iterator[T]) -> Iterator[T]:
    """What an iterator yields that asks a folder for one after the other; raises as `ask`."""
    while (one := ask(folder, partial(next, things, _END))) is not _END:
        yield one


@contextmanager
def filled(folder: Folder) -> Iterator[Path]:
    """A folder of this machine to write into; at the end `folder` holds what was written.

    Raises:
        StorageError: the disk or the object store did not take it.
    """
    if isinstance(folder, Path):
        ask(folder, partial(_begin, folder))
        with answering(folder):
            yield folder
        return
    with ExitStack() as stack:
        with answering(Path(tempfile.gettempdir())):
            place = TemporaryDirectory(prefix="loyalty-desk-", ignore_cleanup_errors=True)
            made = Path(stack.enter_context(place))
            yield made
        for name in sorted(files_below(made), key=lambda one: (one.endswith(_LAST), one)):
            with (made / name).open("rb") as file, _sending(folder / name) as send:
                while part := file.read(PART):
                    send(part)


def _begin(folder: Path) -> None:
    """Make a folder, and a file in it, as of a disk that hangs it may be known that it is there."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=folder):
        pass


@contextmanager
def _sending(file: Folder) -> Iterator[Callable[[bytes], object]]:
    """What sends the next part of a file to an object store, which has it at the end."""
    sent = ask(file, lambda: file.open("wb"))
    try:
        yield lambda part: ask(file, lambda: sent.write(part), patience_s=_BLOCK_S)
    except NoAnswerError:
        raise
    except BaseException:
        with suppress(StorageError):
            ask(file, sent.close)
        raise
    ask(file, sent.close, patience_s=_BLOCK_S)


@contextmanager
def refilled(folder: Folder) -> Iterator[Path]:
    """The same for a folder that is emptied first, as far as it can be; no half of it stays."""
    remove(folder, ignore_errors=True)
    try:
        with filled(folder) as made:
            yield made
    except NoAnswerError:
        raise
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
        found = (path for some in ask_each(folder, _walk(folder)) for path in some)
        return sorted(path.relative_to(folder).as_posix() for path in found)
    begin = f"{folder.path.strip('/')}/"
    names = (str(name).lstrip("/") for name in ask(folder, lambda: folder.fs.find(folder.path)))
    return sorted(name.removeprefix(begin) for name in names if name.startswith(begin))


def _walk(folder: Path) -> Iterator[list[Path]]:
    """The files of a folder, then of each below."""
    for place, _, names in os.walk(folder, onerror=_say_unless_missing):
        yield [path for path in (Path(place, name) for name in names) if path.is_file()]


def _say_unless_missing(error: OSError) -> None:
    """Left to itself, a walk takes a folder that it may not read for an empty one."""
    if not isinstance(error, FileNotFoundError):
        raise error


@contextmanager
def reading(file: Folder) -> Iterator[IO[bytes]]:
    """A file to read.

    Raises:
        StorageError: it does not answer in time, or the object store raises anything.
        OSError: the disk does.
    """
    with reading_by(ask_raw if isinstance(file, Path) else ask, file) as content:
        yield content


@contextmanager
def reading_by(step: Callable[..., Any], file: Folder) -> Iterator[IO[bytes]]:
    """The same, each step of it by `ask` or `ask_raw`."""
    content = step(file, lambda: file.open("rb"))
    try:
        yield io.BufferedReader(_InSteps(step, file, content), PART)
    except NoAnswerError:
        raise  # to close it would wait as well; whoever was left behind lets go of it
    except BaseException:
        with suppress(StorageError, OSError):
            step(file, content.close)
        raise
    step(file, content.close)


class _InSteps(io.RawIOBase):
    """What is read of a file, each part of it in time."""

    def __init__(self, step: Callable[..., Any], file: Folder, content: Any) -> None:
        self._step, self._file, self._content = step, file, content
        self._patience_s = None if isinstance(file, Path) else _BLOCK_S

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Not straight into the buffer: who is left behind would write there later."""
        room = memoryview(buffer).cast("B")
        size = min(len(room), PART)
        part = self._step(self._file, lambda: self._content.read(size), patience_s=self._patience_s)
        room[: len(part)] = part
        return len(part)


def remove(entry: Folder, *, ignore_errors: bool = False) -> None:
    """Remove a file, or a folder with all that it holds, if it is there.

    Raises:
        StorageError: it does not answer in time; or it cannot be removed, and errors are not
            ignored.
    """
    try:
        if isinstance(entry, Path):
            ask(entry, partial(_remove_here, entry, ignore_errors=ignore_errors))
        else:
            ask(entry, partial(_remove_there, entry))
    except NoAnswerError:
        raise  # whatever comes next would wait as well
    except StorageError as error:
        if not ignore_errors:
            raise
        log.warning("%s", error)


def _remove_here(entry: Path, *, ignore_errors: bool) -> None:
    if entry.is_dir():
        shutil.rmtree(entry, ignore_errors=ignore_errors)
    else:
        entry.unlink(missing_ok=True)


def _remove_there(entry: Folder) -> None:
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
        found = ask(folder, lambda: _find_below(folder, str(folder.resolve() / name)))
    else:
        found = folder / name if _leads_down(name) else None
    return found if found is not None and is_file(found) else None


def is_file(file: Folder) -> bool:
    """Whether it is there, and one; raises StorageError where that cannot be said."""
    return bool(ask(file, file.is_file))


def find_kept(folder: Folder, address: str) -> Folder | None:
    """What an address that was kept leads to, if that is below the folder; there may be nothing.

    Raises:
        StorageError: the disk does not answer.
    """
    if isinstance(folder, Path):
        return ask(folder, lambda: _find_below(folder, address))
    begin = f"{folder}/"
    name = address.removeprefix(begin)
    return folder / name if address.startswith(begin) and _leads_down(name) else None


def _find_below(folder: Path, address: str) -> Path | None:
    path, root = Path(address).resolve(), folder.resolve()  # a link may lead elsewhere
    return path if path != root and path.is_relative_to(root) else None


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
    told = error if isinstance(error, NoAnswerError) else StorageError
    return f"{str(error).rstrip('.')}. {told.what_to_do}"


def _leads_down(name: str) -> bool:
    """Whether each part is a name; what comes from an address may hold any."""
    return all(part not in {"", ".", ".."} for part in name.split("/"))
