"""By which key an SFTP server is known.

Airflow's storage checks none: whoever answers at the address is sent the password, and tells who is
a member.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from loyalty_desk.errors import SettingsError

SSH: Final = ("sftp", "ssh")
NOTED: Final = "~/.ssh/known_hosts"


def know_server(scheme: str, conn_id: str | None) -> None:
    """Have the storage of a connection take its server only by the key in the connection's
    `host_key`, else by `known_hosts`; `no_host_key_check: true` there takes any.

    Raises:
        SettingsError: the server has another key, or what it is to have cannot be read.
        ImportError, ValueError: what the storage needs is not installed.
    """
    from airflow.sdk import BaseHook  # noqa: PLC0415 - only where it is used
    from airflow.sdk.io import attach, get_fs  # noqa: PLC0415
    from asyncssh import HostKeyNotVerifiable, import_known_hosts  # noqa: PLC0415

    extra = BaseHook.get_connection(conn_id).extra_dejson if conn_id else {}
    if str(extra.get("no_host_key_check", "")).lower() == "true":
        return
    known = _known_hosts(extra)
    try:
        import_known_hosts(known.decode(errors="replace"))
    except ValueError:
        raise SettingsError(
            f"the key of the SFTP server of Airflow connection {conn_id!r} cannot be read: write"
            f" host_key of its extra, or else {NOTED}, as `ssh-keyscan` tells it"
        ) from None
    options: dict[str, Any] = {"known_hosts": known}
    try:
        storage = get_fs(scheme, conn_id, storage_options=options)
    except HostKeyNotVerifiable:
        raise SettingsError(
            f"the SFTP server of Airflow connection {conn_id!r} shows another key than known_hosts"
            " has, or one that is not in it: ask whoever runs the server, and put its key into"
            " host_key of the connection's extra"
        ) from None
    # Airflow keeps the storage of a connection, and gives a path the one that is attached.
    attach(scheme, conn_id, fs=storage)


def _known_hosts(extra: dict[str, Any]) -> bytes:
    """Lines of a `known_hosts`; none at all refuses every server."""
    key = str(extra.get("host_key") or "").strip()
    if key:  # as Airflow's SSH connections have it, which may leave out the type
        return f"* {key if ' ' in key else f'ssh-rsa {key}'}\n".encode()
    noted = Path(NOTED).expanduser()
    return noted.read_bytes() if noted.is_file() else b"\n"
