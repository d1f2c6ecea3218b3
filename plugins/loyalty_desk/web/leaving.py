"""Whether this process is about to end: it says so to load balancers before it closes anything."""

from __future__ import annotations

from collections.abc import MutableMapping
from threading import Event
from typing import Any, Final

from loyalty_desk.web.queries import Asgi, Receive, Scope, Send

LEAVING: Final = Event()
"""Set once, by the signal to end; readiness is 503 from then on."""


class LastAnswers:
    """Around an application: in a process that is about to end, each connection ends by its answer.

    A client that keeps connections would else send its next request into one that is being closed.
    """

    def __init__(self, app: Asgi) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_last(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and LEAVING.is_set():
                headers = list(message.get("headers", ()))
                message = {**message, "headers": [*headers, (b"connection", b"close")]}
            await send(message)

        await self._app(scope, receive, send_last)
