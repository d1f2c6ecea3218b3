"""Runs all servers in one process and says when they listen."""

import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any

import uvicorn
from fastapi import FastAPI

from sandbox import control
from sandbox.gate import Gate
from sandbox.gorgias import app as gorgias_app
from sandbox.gorgias.access import ACCOUNT, AGENT_EMAIL
from sandbox.gorgias.account import Account
from sandbox.programme import apps as platform_app
from sandbox.programme.side import Side
from sandbox.sides import SIDES
from sandbox.world import World

HOST = "127.0.0.1"
LOOPBACK = (HOST, "::1")
POLL_S = 0.01
BACKLOG = 512


class QuietServer(uvicorn.Server):
    """A server that leaves signals to `serve`: two of them would take each other's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install no signal handlers."""
        yield


def listen(port: int, host: str = HOST) -> socket.socket:
    """Return a socket that listens on this machine only; port 0 picks a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit it; else every answer waits 40 ms for the caller's delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


async def serve(world: World) -> None:
    """Serve until SIGTERM or SIGINT."""
    options = world.options
    clock, latency_s = world.ground.clock, options.latency_ms / 1000
    ports: list[Account | Side] = [world.account, *world.sides.values()]
    gates = [Gate(_app(world, port), port.access, clock, port.server, latency_s) for port in ports]
    ports_wanted = (options.gorgias_port, *(0 for _ in world.sides))
    listeners = [listen(port, options.host) for port in ports_wanted]
    servers = [QuietServer(_config(gate)) for gate in gates]

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    pairs = zip(servers, listeners, strict=True)
    running = [asyncio.ensure_future(server.serve([listener])) for server, listener in pairs]
    while not all(server.started for server in servers):
        await asyncio.sleep(POLL_S)
    sys.stdout.write(json.dumps(ready_line(world, listeners)) + "\n")
    sys.stdout.flush()
    await asyncio.gather(*running)


def _app(world: World, port: Account | Side) -> FastAPI:
    """Return the application of a port: its own routes, and the control API that all have."""
    if isinstance(port, Account):
        app = gorgias_app.build_app(port)
    else:
        app = platform_app.build_app(port, SIDES[port.name].routes)
    app.state.world = world
    app.include_router(control.router)
    return app


def _config(gate: Gate) -> uvicorn.Config:
    return uvicorn.Config(
        gate,
        log_level="warning",
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=60,
    )


def ready_line(world: World, listeners: list[socket.socket]) -> dict[str, Any]:
    """Return addresses and credentials, as the first line of output has them."""
    host = world.options.host
    shown = f"[{host}]" if ":" in host else host
    urls = [f"http://{shown}:{listener.getsockname()[1]}" for listener in listeners]
    access = world.account.access
    return {
        "gorgias": {
            "url": urls[0],
            "account": ACCOUNT,
            "email": AGENT_EMAIL,
            "api_key": access.api_key,
            "oauth": {
                "client_id": access.tokens.client_id,
                "client_secret": access.tokens.client_secret,
                "access_token": access.first_access_token,
                "refresh_token": access.tokens.refresh_token,
            },
        },
        **{
            name: side.ready(url)
            for (name, side), url in zip(world.sides.items(), urls[1:], strict=True)
        },
    }
