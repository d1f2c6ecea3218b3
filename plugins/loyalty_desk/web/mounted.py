"""The application as the plugin mounts it: built when the first request comes.

Every Airflow process loads the plugin, but only the API server serves requests; FastAPI costs each
task a third of a second.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI


class LazyApp:
    """An ASGI application that stands for another one."""

    @cached_property
    def _app(self) -> FastAPI:
        from loyalty_desk.web.app import make_app  # noqa: PLC0415 - see above

        return make_app()

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        await self._app(scope, receive, send)
