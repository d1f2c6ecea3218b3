"""A moment after which nothing of a call is sent any more, kept down to the wire.

The time limits of urllib3 are not enough for that: they are per address of a host, and per read of
a socket. And what the kernel holds when a socket is closed is sent for minutes after.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Timer
from typing import Any, Self

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from loyalty_desk.clock import steady_s

DROP_UNSENT = struct.pack("ii", 1, 0)
SEND_REST = struct.pack("ii", 0, 0)
"""For SO_LINGER: what closing a socket does with what the kernel has not sent yet."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of this machine."""

    at_s: float

    @classmethod
    def after(cls, wait_s: float) -> Self:
        return cls(steady_s() + wait_s)

    def left_s(self) -> float:
        """Real seconds until then; below zero when it is over."""
        return self.at_s - steady_s()


class Wire(HTTPAdapter):
    """The connection of one attempt: it sends before the deadline or not at all.

    The answer has `answer_s` more, however slowly its bytes come. `is_open` from the moment on from
    which the service may have got something.
    """

    def __init__(self, deadline: Deadline, answer_s: float) -> None:
        self.deadline, self.answer_s, self.is_open = deadline, answer_s, False
        self._socket: socket.socket | None = None
        self._watch: Timer | None = None
        super().__init__()

    def watch(self, sock: socket.socket) -> None:
        """Hang up when the time is over; unless it is answered, what was not sent never is."""
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DROP_UNSENT)
        # TLS takes the socket over, so the watch has a handle of its own.
        self._socket = sock.dup()
        self._watch = Timer(self.deadline.left_s() + self.answer_s, self._hang_up)
        self._watch.daemon = True
        self._watch.start()

    def answered(self) -> None:
        """The service has the request, so the connection may end as connections do."""
        if self._socket is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, SEND_REST)

    def close(self) -> None:
        """End the watch with the attempt."""
        if self._watch is not None:
            self._watch.cancel()
        if self._socket is not None:
            self._socket.close()
        super().close()

    def _hang_up(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it is over already
                self._socket.shutdown(socket.SHUT_RDWR)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        kind = _BoundHTTPS if pool.scheme == "https" else _BoundHTTP
        pool.ConnectionCls = partial(kind, wire=self)
        return pool


class _Bound(HTTPConnection):
    """What a connection does differently on a wire."""

    def __init__(self, *args: Any, wire: Wire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wire = wire

    def _new_conn(self) -> socket.socket:
        """Connect, to all addresses together before the deadline."""
        host, each_s = self._dns_host, self.timeout
        try:
            return self._connect_any(host, float(each_s) if each_s else None)
        finally:  # TLS trusts the host, not the address that was found for it
            self._dns_host, self.timeout = host, each_s

    def _connect_any(self, host: str, each_s: float | None) -> socket.socket:
        failure: Exception = ConnectTimeoutError(self, "the time is over")
        try:
            found = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise NameResolutionError(self.host, self, error) from None  # type: ignore[arg-type] # only told
        for *_, address in found:
            left_s = self._wire.deadline.left_s()
            if left_s <= 0:
                break
            self._dns_host, self.timeout = str(address[0]), min(each_s or left_s, left_s)
            try:
                sock = super()._new_conn()
            except (ConnectTimeoutError, NewConnectionError) as error:
                failure = error
            else:
                self._wire.watch(sock)
                return sock
        raise failure

    def connect(self) -> None:
        super().connect()
        if self._wire.deadline.left_s() <= 0:
            self.close()
            raise ConnectTimeoutError(self, "the time was over before anything was sent")
        self._wire.is_open = True

    def getresponse(self) -> Any:
        response = super().getresponse()
        self._wire.answered()
        return response


class _BoundHTTP(_Bound):
    """Plain."""


class _BoundHTTPS(_Bound, HTTPSConnection):
    """With TLS, whose handshake is before the deadline as well."""
