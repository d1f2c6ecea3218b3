"""An SFTP server for tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh


def new_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


@contextmanager
def sftp_server(
    folder: Path,
    key: asyncssh.SSHKey | None = None,
    port: int = 0,
    *,
    passwords: Collection[str] = ("secret",),
    closed: str = "",
) -> Iterator[int]:
    """A real SFTP server on this machine, with a key of its own; yields its port.

    `passwords` are those of `shop`. Nobody may look into the folder `closed`.
    """
    connections: list[asyncssh.SSHServerConnection] = []

    class Server(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            connections.append(conn)

        def begin_auth(self, username: str) -> bool:
            return bool(username)

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return username == "shop" and password in passwords

    class Files(asyncssh.SFTPServer):
        def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
            if closed and path.decode().strip("/") == closed:
                raise asyncssh.SFTPPermissionDenied("it is closed")
            found: AsyncIterator[asyncssh.SFTPName] = super().scandir(path)
            return found

    loop, ports, servers = asyncio.new_event_loop(), [], []

    async def serve() -> None:
        server = await asyncssh.create_server(
            Server,
            "127.0.0.1",
            port,
            server_host_keys=[key or new_key()],
            sftp_factory=lambda channel: Files(channel, chroot=str(folder).encode()),
        )
        ports.append(server.get_port())
        servers.append(server)

    async def end() -> None:
        for server in servers:
            server.close()
        for connection in connections:
            connection.abort()

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(serve(), loop).result(20)
    try:
        yield ports[0]
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
