"""Fakes for HTTP: a transport that answers from a script, and a server that misbehaves on demand.

A call that the script does not expect fails the test.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import requests

from loyalty_desk.http.exchange import Answer
from loyalty_desk.http.pacing import OpenGate
from loyalty_desk.http.transport import Transport


class ScriptedTransport(Transport):
    """Answers in the order of `will_answer`; keeps what was asked."""

    def __init__(self, service: str = "Gorgias") -> None:
        super().__init__(
            requests.Session(), "http://unused.test", service, gate=OpenGate(), conn_id="test"
        )
        self._script: deque[Any] = deque()
        self.calls: list[tuple[str, str]] = []
        self.queries: list[dict[str, Any]] = []
        self.bodies: list[Any] = []

    def will_answer(self, body: Any) -> None:
        """Answer the next call with `body`, or raise it when it is an error."""
        self._script.append(body)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        retry: bool | None = None,
    ) -> Answer:
        self.calls.append((method, path))
        self.queries.append(dict(query or {}))
        self.bodies.append(json if form is None else form)
        assert self._script, f"nothing in the script for {method} {path}"
        answer = self._script.popleft()
        if isinstance(answer, Exception):
            raise answer
        return Answer(200, {}, answer)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server does with one request. `length` overstates the body to break it off."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False
    delay_s: float = 0.0
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as the server saw it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class ScriptedServer:
    """A real HTTP server on a free port of this machine, for one test."""

    def __init__(self) -> None:
        self.script: deque[Reply] = deque()
        self.seen: list[Seen] = []
        script, seen = self.script, self.seen

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen.append(Seen(self.command, self.path, headers, body))
                reply = script.popleft() if script else Reply(599, b'{"error": "unscripted"}')
                time.sleep(reply.delay_s)  # so slow is this server
                if reply.drop:
                    self.close_connection = True
                    return
                tells_time = "Date" in reply.headers
                (self.send_response_only if tells_time else self.send_response)(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(reply.length or len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
                self.close_connection = reply.length is not None

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                """Stay quiet."""

        for method in ("GET", "POST", "PUT", "DELETE"):
            setattr(Handler, f"do_{method}", Handler.handle_any)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def will(self, *replies: Reply) -> None:
        self.script.extend(replies)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def as_json(body: Any) -> bytes:
    return orjson.dumps(body)
