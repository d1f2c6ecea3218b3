"""Port 0 in Airflow's test of a connection is no port, for the types of ours alone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from loyalty_desk.hooks.found import OWN_TYPES as KNOWN_TYPES
from loyalty_desk.web.connection_test import OWN_TYPES, PATH, Message, PortlessTest

OURS = {"conn_type": "gorgias", "host": "my-shop", "port": 0}


def received(body: bytes, *, path: str = PATH, parts: int = 1) -> Any:
    """What the application behind the middleware gets as body, and is told of its length."""
    size = max(1, -(-len(body) // parts))
    chunks = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
    messages = [
        {"type": "http.request", "body": chunk, "more_body": chunk is not chunks[-1]}
        for chunk in chunks
    ]
    got: list[bytes] = []
    told: list[bytes] = []

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError(message)

    async def app(scope: Message, receive: Any, send: Any) -> None:
        told.extend(value for name, value in scope["headers"] if name == b"content-length")
        while (message := await receive())["type"] == "http.request":
            got.append(message["body"])
            if not message.get("more_body"):
                break
        assert (await receive())["type"] == "http.disconnect"

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": [(b"content-length", str(len(body)).encode())],
    }
    asyncio.run(PortlessTest(app)(scope, receive, send))
    return b"".join(got), told[0]


def test_the_types_are_those_that_there_are() -> None:
    assert OWN_TYPES == KNOWN_TYPES


@pytest.mark.parametrize("parts", [1, 3])
def test_port_0_of_a_connection_of_ours_is_none(parts: int) -> None:
    body, length = received(json.dumps(OURS).encode(), parts=parts)

    assert json.loads(body) == {**OURS, "port": None}
    assert int(length) == len(body)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (json.dumps({**OURS, "port": 443}).encode(), PATH),
        (json.dumps({**OURS, "conn_type": "http"}).encode(), PATH),
        (json.dumps(OURS).encode(), "/api/v2/connections"),
        (json.dumps([OURS]).encode(), PATH),
        (b"{broken", PATH),
        (b"", PATH),
        (json.dumps({**OURS, "extra": "x" * 300_000}).encode(), PATH),
    ],
)
def test_everything_else_passes_as_it_came(body: bytes, path: str) -> None:
    assert received(body, path=path) == (body, str(len(body)).encode())
