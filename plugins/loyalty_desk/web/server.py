"""The server of `loyalty-desk serve`: uvicorn, with what it leaves to the proxy before it.

It waits for no client for ever, and it ends without losing a request: readiness says no first, for
as long as a load balancer needs to see it, and only then the port is closed.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import math
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from threading import Timer
from time import monotonic
from types import FrameType
from typing import Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from loyalty_desk.errors import SettingsError
from loyalty_desk.settings.stores_file import installation
from loyalty_desk.web.afterwards import still_waiting
from loyalty_desk.web.bodies import MOST_S as MOST_BODY_S
from loyalty_desk.web.leaving import LEAVING
from loyalty_desk.web.standalone import make_standalone

log = logging.getLogger(__name__)

MOST_REQUEST_S: Final = MOST_BODY_S + 5
"""How long a request may take to come in whole. A slow body is answered before, with 408."""
MOST_IDLE_S: Final = 75
"""How long a connection is kept for the next request: longer than proxies keep theirs."""
MOST_ENDING_S: Final = 30
"""How long requests under way may take once the port is closed."""
CUT_OFF_S: Final = MOST_ENDING_S + 5
"""How long the whole end may take from there on, with all that still follows an answer."""
MOST_HEAD_BYTES: Final = 16_384
SWITCH_S: Final = 0.0005
"""How long one thread computes while another one waits to: a tenth of Python's own, which adds up
over the many short waits for the database that a request has.
"""
OPEN_PER_REQUEST: Final = 2
"""Connections that may be open for each request at once: some are idle, or come to be refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Where to serve, behind whom, and how many requests at once (`connections`)."""

    host: str
    port: int
    root_path: str
    proxies: Sequence[str]
    connections: int
    drain_s: float
    access_log: bool


class Room:
    """For so many connections. Beyond, the one goes that has had no request under way for longest:
    a flood of connections that ask for nothing keeps nobody out then.
    """

    def __init__(self, most: float = math.inf) -> None:
        self.most = most
        self.idle: dict[PromptConnection, None] = {}
        """Those without a request under way, the longest first."""


class PromptConnection(H11Protocol):
    """A connection that is closed when a request does not come in whole in time, or when there is
    no room.

    uvicorn by itself waits for ever for the rest of a request, or for the first one, and a byte now
    and then keeps a connection that has been answered.
    """

    _deadline: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, room: Room, **options: Any) -> None:
        super().__init__(*args, **options)
        self._room = room

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begin()
        self._room.idle[self] = None
        if len(self.connections) > self._room.most:
            next(iter(self._room.idle)).make_room()  # it is this one where all others are at work

    def make_room(self) -> None:
        log.warning("closed an idle connection: %d others are open", self._room.most)
        self.connections.discard(self)  # now, as more may come before it is closed
        self._room.idle.pop(self)
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        was_answered = self.conn.our_state is h11.DONE  # before its body was in
        super().data_received(data)
        if was_answered and self.conn.our_state is not h11.DONE:  # now it is in
            self._forget()
            if self.conn.our_state is h11.IDLE and not self._is_coming():
                self.timeout_keep_alive_task = self.loop.call_later(
                    self.timeout_keep_alive, self.timeout_keep_alive_handler
                )
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()  # a request may have begun before its turn

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        self._room.idle.pop(self, None)
        super().connection_lost(exc)

    def _is_coming(self) -> bool:
        """Has a request begun that is not in whole?"""
        state = self.conn.their_state
        return state is h11.SEND_BODY or (state is h11.IDLE and bool(self.conn.trailing_data[0]))

    def _watch(self) -> None:
        """Bound the wait from a request's first byte on, whatever comes meanwhile."""
        if self._is_coming():
            self._begin()
        else:
            self._forget()
        if self.cycle is not None and not self.cycle.response_complete:
            self._room.idle.pop(self, None)
        elif self in self.connections:
            self._room.idle.setdefault(self)

    def _begin(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(MOST_REQUEST_S, self.transport.close)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Server(uvicorn.Server):
    """Ends in two steps by SIGTERM; at once by Ctrl-C, or by a second SIGTERM."""

    def __init__(self, config: uvicorn.Config, drain_s: float) -> None:
        super().__init__(config)
        self._drain_s, self._closes_at = drain_s, math.inf

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():  # said now: from here on a signal ends it as it should
            host, port = listener.getsockname()[:2]
            log.info("serving the API on %s, port %d", host, port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Threads that wait for the database or for Gorgias would keep the process for minutes.
        limit = Timer(CUT_OFF_S / installation().speed, _cut_off)
        limit.daemon = True
        limit.start()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        if sig == signal.SIGTERM and not LEAVING.is_set():
            LEAVING.set()
            self._closes_at = monotonic() + self._drain_s
            return
        LEAVING.set()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        if monotonic() >= self._closes_at:
            self.should_exit = True
        return await super().on_tick(counter)


def _cut_off() -> None:
    """End the process whatever goes on in it; it has to bear that at any moment anyhow."""
    log.warning("cut off the end: %d lookups are not followed up", still_waiting())
    logging.shutdown()
    os._exit(0)


def serve(serving: Serving) -> None:
    """Serve until a signal to end.

    Raises:
        SettingsError: the address cannot be listened on.
    """
    if serving.access_log:
        logging.getLogger("uvicorn.access").propagate = True  # Airflow mutes it for its own
    config = uvicorn.Config(
        make_standalone(serving.root_path, serving.connections),
        http=partial(  # type: ignore[arg-type] # it is called, and nothing else
            PromptConnection, room=Room(OPEN_PER_REQUEST * serving.connections)
        ),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=serving.access_log,
        proxy_headers=bool(serving.proxies),
        forwarded_allow_ips=list(serving.proxies),
        server_header=False,
        timeout_keep_alive=MOST_IDLE_S,
        timeout_graceful_shutdown=math.ceil(MOST_ENDING_S / installation().speed),
        h11_max_incomplete_event_size=MOST_HEAD_BYTES,
    )
    sys.setswitchinterval(SWITCH_S)
    with listen(serving.host, serving.port) as listener:
        Server(config, serving.drain_s).run(sockets=[listener])
    log.info("ended")


def listen(host: str, port: int) -> socket.socket:
    """Open the port; raises SettingsError with what is wrong and what to do."""
    where = f"cannot listen on {host}, port {port}"
    host = host.removeprefix("[").removesuffix("]")  # as an IPv6 address has them in a URL
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except socket.gaierror:
        raise SettingsError(f"{where}: --host is no address of this machine") from None
    except OSError as error:
        why = {
            errno.EADDRINUSE: "another program has the port; end it, or choose another by --port",
            errno.EADDRNOTAVAIL: "--host is no address of this machine",
            errno.EACCES: "a port below 1024 takes rights; choose a higher one by --port",
        }.get(error.errno or 0, error.strerror)
        raise SettingsError(f"{where}: {why}") from None
