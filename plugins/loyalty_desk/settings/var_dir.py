"""Where the desk keeps its own files: in a folder, or in an object store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator

from loyalty_desk.errors import SettingsError

OBJECT_STORES: Final = ("s3", "gs", "abfs", "abfss")


def read_place(value: str | Path) -> str | Path:
    """A `Path`, also of a `file://`, or the address of an object store as it was given.

    Raises:
        SettingsError: it is neither.
    """
    if isinstance(value, Path) or "://" not in value:
        return Path(value)
    parts = urlsplit(value)
    if parts.password is not None:  # not repeated, as it would stand in every log
        raise SettingsError(
            "LOYALTY_DESK_VAR_DIR holds a password; before its @ stands the id of an Airflow"
            " connection, and keys are in that"
        )
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return Path(unquote(parts.path))
    if parts.scheme in OBJECT_STORES and parts.hostname:
        return value.rstrip("/")
    raise SettingsError(
        f"LOYALTY_DESK_VAR_DIR is {value}; it may be a folder, file:///folder, or"
        f" {', '.join(f'{scheme}://' for scheme in OBJECT_STORES)} with a bucket, such as"
        " s3://aws_default@bucket/folder"
    )


VarDir = Annotated[Path | str, BeforeValidator(read_place)]
