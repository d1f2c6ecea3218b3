"""Folders that a setting names: of this machine, or of a storage that Airflow connects to."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from loyalty_desk.errors import SettingsError
from loyalty_desk.folders import Folder, ask
from loyalty_desk.hooks.storages import open_storage
from loyalty_desk.settings.stores_file import installation


def open_folder(address: str) -> Folder:
    """A `Path`, or what does as much for an address such as `s3://aws_default@bucket/drop`.

    Raises:
        SettingsError: as `open_storage`.
        Exception: its storage does not answer; each has errors of its own.
    """
    if "://" not in address:
        return Path(address)
    parts = urlsplit(address)
    if parts.scheme == "file":  # a disk does more as itself: renames, rights, links
        return Path(unquote(parts.path))
    open_storage(parts.scheme, parts.netloc.rpartition("@")[0] or None)
    from airflow.sdk import ObjectStoragePath  # noqa: PLC0415 - only where it is used

    folder = ObjectStoragePath(address.rstrip("/"))
    storage = folder.fs
    storage.invalidate_cache()  # it keeps what it listed, and other processes write there too
    return folder


def own_folder(*names: str) -> Folder:
    """A folder of the desk's own files, wherever `LOYALTY_DESK_VAR_DIR` is.

    Raises:
        SettingsError: as `open_storage`.
        StorageError: the storage does not answer.
    """
    address = str(installation().var_dir)
    try:
        return ask(address, lambda: open_folder(address)).joinpath(*names)
    except SettingsError as error:
        raise SettingsError(f"LOYALTY_DESK_VAR_DIR: {error}") from None


def folders_of(store: str) -> dict[str, Folder]:
    """Where files that may name people of a store are, by what they are. Raises as `own_folder`."""
    return {name: own_folder(name, store) for name in ("reports", "data_docs")}


def docs_folder(store: str) -> Folder | None:
    """Where a store's Data Docs go; None if nobody wants them.

    Raises:
        SettingsError, StorageError: as `own_folder`.
    """
    return own_folder("data_docs", store) if installation().data_docs else None
