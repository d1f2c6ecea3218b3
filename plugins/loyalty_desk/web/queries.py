"""Queries of ours hold addresses of people, so nothing around our application may log them; nor a
part of a path that is one, as a member's id may be.

Whoever logs a request looks at it when it has been answered. So both are moved out of it before
anybody else can answer, and our application alone, in a copy of its own, gets them back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import quote

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

_KEPT: Final = "loyalty_desk.asked"


class QueriesHidden:
    """Around the whole server: no request to `below`, whoever answers it, has a query to log.

    Airflow puts a plugin's middleware inside its own ones. Those may answer before us, as with 500
    while Airflow's database is away, so this moves around all of them when the server starts.
    """

    def __init__(self, app: Asgi, below: str) -> None:
        self._app, self._below = app, below.strip("/").lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" and "app" in scope:
            server = scope["app"]
            server.middleware_stack = QueriesHidden(server.middleware_stack, self._below)
        elif scope["type"] == "http" and self._is_below(scope):
            _hide(scope)
        await self._app(scope, receive, send)

    def _is_below(self, scope: Scope) -> bool:
        """Also when it is mistyped so that Airflow answers it: without a slash at its end, say."""
        path = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/").lower()
        return bool(path.partition("/")[0] == self._below)


class OwnRequest:
    """Around our application: it sees the query, and never which host a request names.

    Anybody can name any host. Without one, each address that is made from a request is a path.
    """

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _hide(scope)
        headers = [header for header in scope["headers"] if header[0] != b"host"]
        own = {"headers": headers, "server": None}
        await self._app({**scope, **scope[_KEPT], **own}, receive, send)


def _hide(scope: Scope) -> None:
    path = scope["path"]
    kept = {"query_string": scope["query_string"]}
    if "@" in path:
        kept |= {"path": path, "raw_path": scope.get("raw_path")}
        scope["path"] = "/".join("…" if "@" in part else part for part in path.split("/"))
        scope["raw_path"] = quote(scope["path"]).encode()
    scope["query_string"] = b""
    scope.setdefault(_KEPT, kept)
