"""Where reports and SQLite files go, a disk or an object store: room, and the right to write."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final
from uuid import uuid4

from loyalty_desk.doctor.finding import Finding, Severity, fine, trouble
from loyalty_desk.doctor.scope import Scope
from loyalty_desk.errors import SettingsError, StorageError
from loyalty_desk.folders import filled, remove
from loyalty_desk.hooks.folders import own_folder
from loyalty_desk.in_time import in_time
from loyalty_desk.settings.stores_file import installation
from loyalty_desk.staging.address import find_file

DISK: Final = "disk"
MIB: Final = 1024 * 1024
LEAST_BYTES: Final = 100 * MIB
"""Less does not do for what a sync writes beside its tables."""
LITTLE_BYTES: Final = 1024 * MIB
TRIED_BYTES: Final = 64 * 1024
REACHED: Final = "See that the server of it runs, and that this machine reaches it"
ROOM: Final = "Make room, or give it a larger disk: LOYALTY_DESK_VAR_DIR says where it is"


def check_disk(_scope: Scope) -> Iterator[Finding]:
    """Can files be written where they go, and is there room for more?"""
    var_dir = installation().var_dir
    if not isinstance(var_dir, Path):
        try:
            yield in_time(lambda: _try_object_store(var_dir), var_dir)
        except StorageError as error:
            yield trouble(DISK, str(error), REACHED)
    folders = [var_dir] if isinstance(var_dir, Path) else []
    file = _staging_file()
    if file is not None and var_dir not in file.parents:
        folders.append(file.parent)
    looked_at = set[Path]()
    for folder in folders:
        try:
            there = in_time(partial(_existing, folder), str(folder))
            if there not in looked_at:
                yield in_time(partial(_look_at, there), str(folder))
        except StorageError as error:
            yield trouble(DISK, str(error), REACHED)
        else:
            looked_at.add(there)


def _try_object_store(address: str) -> Finding:
    """Write a file there, and take it away again."""
    try:
        tried = own_folder(f"doctor-{uuid4().hex}")
        with filled(tried) as folder:
            (folder / "tried").write_bytes(bytes(TRIED_BYTES))
        remove(tried)
    except (SettingsError, StorageError) as error:
        remedy = "Correct LOYALTY_DESK_VAR_DIR, its connection, or the rights of that"
        return trouble(DISK, str(error), remedy)
    return fine(DISK, f"{address} can be written to, and files be removed there")


def _staging_file() -> Path | None:
    try:
        return find_file(installation().resolved_staging_url())
    except SettingsError:  # which the check of the database tells
        return None


def _existing(folder: Path) -> Path:
    """The folder, or where it would be made."""
    return next(one for one in (folder, *folder.absolute().parents) if _is_there(one))


def _is_there(folder: Path) -> bool:
    try:
        return folder.exists()
    except OSError:  # nobody may look inside, which is worth to be told
        return True


def _look_at(there: Path) -> Finding:
    free = 0
    try:
        free = shutil.disk_usage(there).free
        with TemporaryFile(dir=there) as file:
            file.write(bytes(TRIED_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        what = f"nothing can be written to {there}: {error.strerror}"
        return trouble(DISK, f"{what} ({_room(free)})", f"{ROOM}, and let our user write there")
    if free < LITTLE_BYTES:
        severity = Severity.ERROR if free < LEAST_BYTES else Severity.WARNING
        return trouble(DISK, f"{there} is nearly full: {_room(free)}", ROOM, severity=severity)
    return fine(DISK, f"{there} can be written, {_room(free)}")


def _room(free: int) -> str:
    return f"{free // MIB:,} MiB free"
