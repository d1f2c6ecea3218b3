"""Debian's PgBouncer in transaction mode before the PostgreSQL of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url

from sandbox.serving import HOST
from scripts.services import find_free_port
from tests.waiting import wait_until

CONFIG = """
[databases]
* = host={socket} user={user}

[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
query_wait_timeout = {patience_s}
max_client_conn = {clients}
"""
OF_A_SESSION = {
    "prepared statements": "SELECT name FROM pg_prepared_statements",
    "locks": "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
    "tables": "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()",
    "cursors": "SELECT name FROM pg_cursors",
    "channels": "SELECT pg_listening_channels()",
    "settings": "SELECT name FROM pg_settings WHERE source = 'session'"
    " AND name NOT IN ('application_name', 'client_encoding')",  # it hands these over itself
}
"""What a session can keep from one transaction to the next, by the query that shows it."""


@dataclass(frozen=True)
class Pooler:
    """A running PgBouncer before every database of a server."""

    address: URL
    size: int

    def url_of(self, database: str) -> str:
        """As plain as a person writes it."""
        return self.address.set(database=database).render_as_string(hide_password=False)

    def left_behind(self, database: str) -> dict[str, set[str]]:
        """What transactions that are over have left in the sessions that clients share."""
        with ExitStack() as stack:
            # As many transactions at once as there are sessions: each has one of its own.
            sessions = [
                stack.enter_context(psycopg.connect(self.url_of(database), prepare_threshold=None))
                for _ in range(self.size)
            ]
            pids = {one.execute("SELECT pg_backend_pid()").fetchall()[0] for one in sessions}
            assert len(pids) == self.size
            found = {
                kind: {str(row[0]) for one in sessions for row in one.execute(query)}
                for kind, query in OF_A_SESSION.items()
            }
        return {kind: names for kind, names in found.items() if names}


@contextmanager
def pooling(
    server_url: str,
    *,
    size: int,
    mode: str = "transaction",
    patience_s: int = 120,
    clients: int = 100,
) -> Iterator[Pooler]:
    """Run PgBouncer with so many sessions to each database, for which clients wait so long."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        remedy = "no PgBouncer here: apt-get install pgbouncer"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(remedy)
    server, port = make_url(server_url), find_free_port()
    socket = Path(str(server.query["host"]))
    owner = socket.stat()  # it refuses to be root, and the server's folder is its own user's
    with tempfile.TemporaryDirectory(prefix="loyalty-desk-pgbouncer-") as folder:
        config = Path(folder, "pgbouncer.ini")
        filled = {"socket": socket, "user": server.username, "host": HOST, "port": port}
        bounds = {"size": size, "patience_s": patience_s, "clients": clients}
        config.write_text(CONFIG.format(**filled, mode=mode, **bounds), encoding="utf-8")
        for path in (config.parent, config):
            os.chown(path, owner.st_uid, owner.st_gid)
        with subprocess.Popen(
            [program, "--quiet", str(config)],
            user=owner.st_uid,
            group=owner.st_gid,
            extra_groups=[],
        ) as process:
            try:
                pooler = Pooler(
                    URL.create("postgresql", server.username, host=HOST, port=port), size
                )
                wait_until(lambda: _answers(pooler.url_of(str(server.database))) or process.poll())
                yield pooler
            finally:
                process.kill()


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True
