"""A whole copy of the staging database while it is in use. PostgreSQL has its own tools for it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from loyalty_desk.errors import SettingsError
from loyalty_desk.staging.address import find_file


def back_up(url: str, target: Path) -> None:
    """Copy the SQLite file of `url` to `target`, as it is at one time; writers go on meanwhile.

    Raises:
        SettingsError: it is PostgreSQL, there is nothing to copy, or `target` exists.
    """
    source = find_file(url)
    if source is None:
        raise SettingsError("staging is in PostgreSQL: back it up with pg_dump, see docs/backup.md")
    if not source.is_file():
        raise SettingsError(f"there is no staging database {source}")
    try:
        # It holds names and addresses: nobody else may read it, from its first byte.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise SettingsError(f"{target} exists; a backup never replaces another one") from None
    except OSError as error:
        raise SettingsError(f"cannot write {target}: {error.strerror}") from None
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
    except sqlite3.Error as error:
        target.unlink()
        raise SettingsError(f"cannot copy {source}: {error}") from None
