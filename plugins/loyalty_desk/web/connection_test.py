"""Lets Airflow's button Test work for a connection that has no port.

The page of Airflow 3.3.1 sends port 0 for none, and its API takes that for another address than the
stored one and refuses to use the stored secrets. See https://github.com/apache/airflow/pull/73298;
with a version of Airflow that has it, this module does nothing and can go.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

PATH: Final = "/api/v2/connections/test"
LONGEST: Final = 256 * 1024
"""Bytes of a body that is looked at; Airflow reads a longer one by itself."""
OWN_TYPES: Final = frozenset({"gorgias", "rivo", "trifft", "smile", "loyaltylion"})
"""Those of `hooks.found`, written out: every process of Airflow imports this module."""


class PortlessTest:
    """A middleware: port 0 of a connection of ours is no port, when the connection is tested."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        is_test = scope["type"] == "http" and scope["method"] == "POST"
        if not is_test or not scope["path"].endswith(PATH) or _length(scope) > LONGEST:
            await self._app(scope, receive, send)
            return
        parts, message = [], await receive()
        while message["type"] == "http.request":
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                break
            message = await receive()
        body = without_port_0(b"".join(parts))
        changed = {
            **scope,
            "headers": [
                (name, str(len(body)).encode() if name == b"content-length" else value)
                for name, value in scope["headers"]
            ],
        }
        is_read = message["type"] != "http.request"  # the caller is gone

        async def receive_changed() -> Message:
            nonlocal is_read
            if is_read:
                return message if message["type"] != "http.request" else await receive()
            is_read = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(changed, receive_changed, send)


def without_port_0(body: bytes) -> bytes:
    """The body of the test of a connection, with no port in the place of port 0."""
    try:
        fields = json.loads(body)
    except ValueError:
        return body
    if not isinstance(fields, dict) or fields.get("conn_type") not in OWN_TYPES:
        return body
    if fields.get("port") != 0:
        return body
    return json.dumps({**fields, "port": None}).encode()


def _length(scope: Message) -> int:
    """What the caller says of the body's length; one that does not say counts as too long."""
    told = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(told) if told.isdigit() else LONGEST + 1
