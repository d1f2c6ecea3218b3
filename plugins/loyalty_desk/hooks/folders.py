"""Folders that a setting names: of this machine, or of a storage that Airflow connects to."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from loyalty_desk.errors import SettingsError
from loyalty_desk.folders import Folder, answering
from loyalty_desk.hooks.host_keys import SSH, know_server
from loyalty_desk.settings.stores_file import installation

EXTRAS: Final = {"s3": "s3", "gs": "gs", "abfs": "azure", "abfss": "azure", "sftp": "sftp"}
"""The extra of the package that has what an address needs, by how that begins."""


def open_folder(address: str) -> Folder:
    """A `Path`, or what does as much for an address such as `s3://aws_default@bucket/drop`.

    Raises:
        SettingsError: the provider of its storage is not installed.
        ValueError: Airflow knows no such storage.
    """
    if "://" not in address:
        return Path(address)
    parts = urlsplit(address)
    if parts.scheme == "file":  # a disk does more as itself: renames, rights, links
        return Path(unquote(parts.path))
    from airflow.sdk import ObjectStoragePath  # noqa: PLC0415 - only where it is used

    try:
        if parts.scheme in SSH:
            know_server(parts.scheme, parts.netloc.rpartition("@")[0] or None)
        folder = ObjectStoragePath(address.rstrip("/"))
        storage = folder.fs
    except (ImportError, ValueError) as error:
        if (extra := EXTRAS.get(parts.scheme)) is None:
            raise
        raise SettingsError(
            f"{parts.scheme}:// needs what `pip install 'loyalty-desk[{extra}]'` installs"
        ) from error
    storage.invalidate_cache()  # it keeps what it listed, and other processes write there too
    return folder


def own_folder(*names: str) -> Folder:
    """A folder of the desk's own files, wherever `LOYALTY_DESK_VAR_DIR` is.

    Raises:
        SettingsError: the provider of its storage is not installed.
        StorageError: the storage cannot be opened, as its connection is missing.
    """
    address = str(installation().var_dir)
    with answering(address):
        return open_folder(address).joinpath(*names)


def folders_of(store: str) -> dict[str, Folder]:
    """Where files that may name people of a store are, by what they are. Raises as `own_folder`."""
    return {name: own_folder(name, store) for name in ("reports", "data_docs")}


def docs_folder(store: str) -> Folder | None:
    """Where a store's Data Docs go; None if nobody wants them.

    Raises:
        SettingsError, StorageError: as `own_folder`.
    """
    return own_folder("data_docs", store) if installation().data_docs else None
