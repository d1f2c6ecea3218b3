"""Airflow's own test of a connection, as its API server makes it: by a hook, under an id of the
moment, from an address that holds all fields.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

Test = Callable[..., tuple[bool, str]]
TRIED = "tried_for_a_moment"


def airflows_test(monkeypatch: pytest.MonkeyPatch) -> Test:
    """Give the fields of a form, `extra` as an object; get whether it works, and the sentence."""

    def tested(conn_type: str, *, extra: dict[str, Any] | None = None, **fields: Any) -> Any:
        from airflow.models.connection import Connection
        from airflow.sdk.execution_time.cache import SecretCache

        SecretCache.reset()
        filled = {"conn_id": TRIED, "conn_type": conn_type, "extra": json.dumps(extra or {})}
        connection = Connection(**filled, **fields)
        monkeypatch.setenv(f"AIRFLOW_CONN_{TRIED.upper()}", connection.get_uri())
        return connection.test_connection()

    return tested


@contextmanager
def somebody_else(status: int = 404) -> Iterator[str]:
    """A server that is another one than was meant, as a web page stands at a mistyped address."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<html>Nothing to see here</html>")

        def log_message(self, *told: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def nobody() -> str:
    """Where nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{unused.getsockname()[1]}"
