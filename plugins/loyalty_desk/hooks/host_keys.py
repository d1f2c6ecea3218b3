"""By which key an SFTP server is known.

Airflow's storage checks none: whoever answers at the address is sent the password, and tells who is
a member.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

SSH: Final = ("sftp", "ssh")
NOTED: Final = "~/.ssh/known_hosts"


def know_server(scheme: str, conn_id: str | None) -> None:
    """Have the storage of a connection take its server only by the key in the connection's
    `host_key`, else by `known_hosts`; `no_host_key_check: true` there takes any.
    """
    from airflow.sdk import BaseHook  # noqa: PLC0415 - only where it is used
    from airflow.sdk.io import attach, get_fs  # noqa: PLC0415

    extra = BaseHook.get_connection(conn_id).extra_dejson if conn_id else {}
    if str(extra.get("no_host_key_check", "")).lower() != "true":
        # Airflow keeps the storage of a connection, and gives a path the one that is attached.
        options: dict[str, Any] = {"known_hosts": _known_hosts(extra)}
        attach(scheme, conn_id, fs=get_fs(scheme, conn_id, storage_options=options))


def _known_hosts(extra: dict[str, Any]) -> bytes:
    """Lines of a `known_hosts`; none at all refuses every server."""
    key = str(extra.get("host_key") or "").strip()
    if key:  # as Airflow's SSH connections have it, which may leave out the type
        return f"* {key if ' ' in key else f'ssh-rsa {key}'}\n".encode()
    noted = Path(NOTED).expanduser()
    return noted.read_bytes() if noted.is_file() else b"\n"
