"""The application as the plugin mounts it: built when the first request comes.

Every Airflow process loads the plugin, but only the API server serves requests; FastAPI costs each
task a third of a second.

What the API server holds by then stays as long as it does. Python's collector would look through
all of it within every few large pages, a fifth of a second each time, so it is told not to.
"""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI


class LazyApp:
    """An ASGI application that stands for another one."""

    @cached_property
    def _app(self) -> FastAPI:
        from loyalty_desk.web.app import make_app  # noqa: PLC0415 - see above

        app = make_app()
        keep_out_of_collecting()
        return app

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        await self._app(scope, receive, send)


@cache
def keep_out_of_collecting() -> None:
    """Have the collector of garbage pass over everything that this process holds now.

    Once in a process: what is garbage already goes first, and nothing that is replaced later stays.
    """
    gc.collect()
    gc.freeze()
