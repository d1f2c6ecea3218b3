"""Reads the address of the staging database: which database, where, and by which options.

Nothing of it is ever part of an error but what names the database: options may hold a password.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import psycopg
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.util import asbool

from loyalty_desk.errors import SettingsError

BUSY_TIMEOUT_S: Final = 30.0
"""How long SQLite waits for another writer, unless the address says otherwise."""

_NAME: Final = "LOYALTY_DESK_STAGING_URL"
_CONNECT_TIMEOUT_S: Final = 10

Read = Callable[[str], Any]


def _number_or_none(text: str) -> int | None:
    return None if text.lower() == "none" else int(text)


_POSTGRESQL: Final[Mapping[str, Read]] = {
    **{one.keyword.decode(): str for one in psycopg.pq.Conninfo.get_defaults()},
    "connect_timeout": int,
    "prepare_threshold": _number_or_none,
}
"""What PostgreSQL's own library knows, and the one option of psycopg that changes no result."""
_SQLITE: Final[Mapping[str, Read]] = {"uri": asbool, "timeout": float, "cached_statements": int}
_SQLITE_FILE: Final = {"mode", "cache", "vfs", "psow", "modeof", "nolock", "immutable"}
"""What SQLite itself reads, where the address begins with `file:`."""
_MAY_REPEAT: Final = {"host", "port"}
_FOR_MEMORY: Final = {"", ":memory:"}


def parse_address(address: str) -> URL:
    """The address, with the name of the driver that we use. Raises SettingsError for any other."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise SettingsError(
            f"{_NAME} is not a database URL; "
            "it must be sqlite:///<file> or postgresql://<user>:<password>@<host>/<database>"
        ) from None
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise SettingsError(
            f"{_NAME} starts with {url.drivername!r}; it must start with sqlite:/// or postgresql://"
        )
    if url.drivername == "sqlite":
        _check_file(url)
    driver_options(url)
    return url


def driver_options(url: URL) -> dict[str, Any]:
    """What the driver is given beside what SQLAlchemy reads from the address, each with its type.

    Raises:
        SettingsError: an option of the address is unknown, there twice, or cannot be read.
    """
    given = _options(url)
    if url.drivername == "sqlite":
        return {"timeout": BUSY_TIMEOUT_S} | given
    ours = {
        # Behind a pooler the next transaction may be another session's, which knows no statement
        # that this one has prepared.
        "prepare_threshold": None,
        "application_name": "loyalty_desk",
        "connect_timeout": _CONNECT_TIMEOUT_S,
    }
    names_are_kept = {"client_encoding": "utf8"}  # whatever this machine's variables say
    return ours | given | names_are_kept


def find_file(address: str) -> Path | None:
    """The SQLite file that an address names, there or not; None for another database. Raises
    SettingsError for what is no address.
    """
    url = parse_address(address)
    return file_of(url) if url.drivername == "sqlite" else None


def file_of(url: URL) -> Path:
    """The file of an SQLite address."""
    name = str(url.database or "")
    return Path(unquote(urlsplit(name).path) if _is_uri(url) else name)


def shown(url: URL) -> str:
    """The address without its password; options are left out, as they may hold one too."""
    return url.set(query={}).render_as_string(hide_password=True)


def _is_uri(url: URL) -> bool:
    return str(url.database or "").startswith("file:")


def _check_file(url: URL) -> None:
    if str(file_of(url)) in _FOR_MEMORY | {"."} or url.query.get("mode") == "memory":
        raise SettingsError(f"{_NAME} must name a file: sqlite:///<file>")
    if _is_uri(url) and not driver_options(url).get("uri"):
        raise SettingsError(f"{_NAME} begins with file:, which needs the option uri=true")


def _options(url: URL) -> dict[str, Any]:
    """The options that the driver takes, each with its type; SQLite's own stay in the address."""
    is_sqlite = url.drivername == "sqlite"
    known = _SQLITE if is_sqlite else _POSTGRESQL
    in_address = (_SQLITE_FILE if _is_uri(url) else set()) if is_sqlite else _MAY_REPEAT
    options = {}
    for name, text in url.query.items():
        if name in in_address:
            continue
        if name not in known:
            near = get_close_matches(name, known.keys() | in_address, n=1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            raise SettingsError(f"{_NAME} has the option {name!r}, which it cannot have{meant}")
        if not isinstance(text, str):
            raise SettingsError(f"{_NAME} has the option {name!r} twice")
        try:
            options[name] = known[name](text)
        except ValueError:
            raise SettingsError(f"{_NAME}: the option {name!r} cannot have that value") from None
    return options
