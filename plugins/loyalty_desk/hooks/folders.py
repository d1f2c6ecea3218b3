"""Folders that a setting names: of this machine, or of a storage that Airflow connects to."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def open_folder(address: str) -> Any:
    """A `Path`, or what does as much for an address such as `sftp://my_sftp@/drop`.

    Raises:
        ImportError, ValueError: the provider of its storage is not installed.
    """
    if "://" not in address:
        return Path(address)
    from airflow.sdk import ObjectStoragePath  # noqa: PLC0415 - only where it is used

    return ObjectStoragePath(address)
