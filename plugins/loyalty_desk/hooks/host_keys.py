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


def known_hosts(conn_id: str, connection: Any) -> bytes | None:
    """The lines of a `known_hosts` that the server of a connection has to be in: the key in the
    connection's `host_key`, else the user's file; none refuses every server.

    None takes any, as `no_host_key_check: true` says.

    Raises:
        SettingsError: what it is to have cannot be read.
    """
    from asyncssh import import_known_hosts  # noqa: PLC0415 - only where it is used

    extra = connection.extra_dejson
    if str(extra.get("no_host_key_check", "")).lower() == "true":
        return None
    known = _lines(extra)
    try:
        import_known_hosts(known.decode(errors="replace"))
    except ValueError:
        raise SettingsError(
            f"the key of the SFTP server of Airflow connection {conn_id!r} cannot be read: write"
            f" host_key of its extra, or else {NOTED}, as `ssh-keyscan` tells it"
        ) from None
    return known


def _lines(extra: dict[str, Any]) -> bytes:
    key = str(extra.get("host_key") or "").strip()
    if key:  # as Airflow's SSH connections have it, which may leave out the type
        return f"* {key if ' ' in key else f'ssh-rsa {key}'}\n".encode()
    noted = Path(NOTED).expanduser()
    return noted.read_bytes() if noted.is_file() else b"\n"
