"""The storages that Airflow connects to, each by its connection as it is now.

Airflow keeps a storage, with its log-in, for as long as a process lives.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

from loyalty_desk.errors import SettingsError
from loyalty_desk.hooks.host_keys import SSH, known_hosts

EXTRAS: Final = {"s3": "s3", "gs": "gs", "abfs": "azure", "abfss": "azure", "sftp": "sftp"}
"""The extra of the package that has what an address needs, by how that begins."""
UNFIT: Final = (ValueError, TypeError, KeyError, AttributeError)
"""What storages raise for a connection that does not tell what they need."""


_OPENED: Final[dict[tuple[str, str], bytes]] = {}
"""By which connection each storage of this process was opened, as a hash: it has the log-in."""


def open_storage(scheme: str, conn_id: str | None) -> None:
    """Have Airflow's paths of a scheme and a connection use the connection as it is now.

    Raises:
        SettingsError: what it needs is not installed; the connection is missing, does not do for
            such a storage or is refused; or the server has another key.
        Exception: the storage does not answer; each has errors of its own.
    """
    from airflow.sdk.io import attach, has_fs  # noqa: PLC0415 - only where it is used

    extra = EXTRAS.get(scheme)
    if not has_fs(scheme):
        if extra is not None:
            raise _not_installed(scheme, extra)
        raise SettingsError(f"{scheme}:// cannot be opened: Airflow knows no such storage")
    if conn_id is None and scheme in SSH:
        raise SettingsError(
            f"an address that begins with {scheme}:// names its Airflow connection before an @:"
            f" {scheme}://<connection>@/<folder>"
        )
    if conn_id is not None and ":" in conn_id:  # a log-in, which no message may repeat
        raise SettingsError(
            "what stands before the @ of an address is the id of an Airflow connection, which has"
            " the log-in; write no log-in there"
        )
    try:
        if conn_id is None:
            _ = attach(scheme, conn_id).fs
        else:
            _open(scheme, conn_id)
    except ImportError as error:
        if extra is None:
            raise
        raise _not_installed(scheme, extra) from error


def _open(scheme: str, conn_id: str) -> None:
    from airflow.sdk.io import attach  # noqa: PLC0415

    connection = _find(conn_id)
    options = _options(scheme, conn_id, connection)
    sign = _sign(connection, options)
    store = attach(scheme, conn_id)
    if _OPENED.get((scheme, conn_id)) != sign or _is_closed(store.fs):
        store.fs = _connect(scheme, conn_id, options)
        _OPENED[scheme, conn_id] = sign


def _find(conn_id: str) -> Any:
    """The connection; None where there is none, as some storages do without."""
    from airflow.sdk import BaseHook  # noqa: PLC0415
    from airflow.sdk.exceptions import AirflowNotFoundException  # noqa: PLC0415

    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        return None


def _sign(connection: Any, options: Mapping[str, Any]) -> bytes:
    """What is another one when the connection, or by what its server is known, has changed."""
    fields = ("conn_type", "host", "port", "schema", "login", "password", "extra")
    told = [getattr(connection, name, None) for name in fields]
    return blake2b(repr([*told, options.get("known_hosts")]).encode(), digest_size=16).digest()


def _options(scheme: str, conn_id: str, connection: Any) -> dict[str, Any]:
    if scheme not in SSH:
        return {}
    if connection is None:
        raise _missing(conn_id)
    if not connection.host:
        raise SettingsError(f"Airflow connection {conn_id!r} lacks its host: name the SFTP server")
    # Its library would give a log-in of before again, though the server has ended it.
    return {"known_hosts": known_hosts(conn_id, connection), "skip_instance_cache": True}


def _connect(scheme: str, conn_id: str, options: dict[str, Any]) -> Any:
    from airflow.sdk.exceptions import AirflowNotFoundException  # noqa: PLC0415
    from airflow.sdk.io import get_fs  # noqa: PLC0415

    try:
        return get_fs(scheme, conn_id, storage_options=options or None)
    except AirflowNotFoundException:
        raise _missing(conn_id) from None
    except PermissionError:
        raise SettingsError(
            f"the server of Airflow connection {conn_id!r} refuses the log-in: correct the"
            " login and the password of the connection, or its key"
        ) from None
    except OSError as error:
        if error.filename is None:
            raise
        raise _unfit(scheme, conn_id, error, "correct the file that its extra names") from None
    except Exception as error:
        if type(error).__name__ == "HostKeyNotVerifiable":
            raise SettingsError(
                f"the SFTP server of Airflow connection {conn_id!r} shows another key than"
                " known_hosts has, or one that is not in it: ask whoever runs the server, and put"
                " its key into host_key of the connection's extra"
            ) from None
        if isinstance(error, UNFIT):
            raise _unfit(scheme, conn_id, error, "correct its fields and its extra") from None
        raise


def _is_closed(storage: Any) -> bool:
    """Whether an SFTP server has ended the log-in; other storages keep none."""
    client = getattr(storage, "_client", None)
    is_closed = getattr(client, "is_closed", None)
    return is_closed is not None and bool(is_closed())


def _unfit(scheme: str, conn_id: str, error: Exception, remedy: str) -> SettingsError:
    return SettingsError(
        f"Airflow connection {conn_id!r} does not do for {scheme}:// ({type(error).__name__}):"
        f" {remedy}"
    )


def _missing(conn_id: str) -> SettingsError:
    return SettingsError(
        f"there is no Airflow connection {conn_id!r}: add it, or correct what stands before the @"
        " of the address"
    )


def _not_installed(scheme: str, extra: str) -> SettingsError:
    return SettingsError(f"{scheme}:// needs what `pip install 'loyalty-desk[{extra}]'` installs")
