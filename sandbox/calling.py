"""Calls that the sandbox itself makes: to addresses on this machine only, never anywhere else."""

import asyncio
import functools
import ssl
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from sandbox.clock import Clock

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
RETRY_AFTER_S = 5.0
"""Sandbox seconds between two tries."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request to make."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, and after how many real seconds; status 0 is no answer at all."""

    status: int
    body: bytes = b""
    took_s: float = 0.0
    trouble: str | None = None

    @property
    def is_success(self) -> bool:
        """Tell whether it is a 2xx."""
        return 200 <= self.status < 300


class Background:
    """Work that nobody waits for. Held here, as the loop alone would let it be collected."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin some work."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cancel(self) -> None:
        """Give up whatever is not done."""
        for task in self._tasks:
            task.cancel()


def is_local(url: str) -> bool:
    """Tell whether an address is on this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.hostname in LOCAL_HOSTS


async def send(call: Call, timeout_s: float) -> Reply:
    """Make a call, once, within so many real seconds. Redirects are not followed."""
    if not is_local(call.url):
        return Reply(0, trouble="not on this machine: the sandbox sends nothing elsewhere")
    started_s = time.monotonic()
    # A client for each call: cookies of one answer must not go out with the next request.
    try:
        async with (
            asyncio.timeout(timeout_s),
            httpx.AsyncClient(timeout=timeout_s, trust_env=False, verify=_certificates()) as client,
        ):
            answer = await client.request(
                call.method, call.url, headers=dict(call.headers), content=call.content
            )
    except (TimeoutError, httpx.TimeoutException):
        return Reply(0, took_s=time.monotonic() - started_s, trouble="timeout")
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        took_s = time.monotonic() - started_s
        return Reply(0, took_s=took_s, trouble=type(error).__name__)
    return Reply(answer.status_code, answer.content, time.monotonic() - started_s)


async def iter_tries(
    clock: Clock, call: Call, attempts: int, timeout_s: float
) -> AsyncIterator[tuple[int, Reply]]:
    """Make a call up to so many times; yield the number of each try, and its reply."""
    for attempt in range(1, attempts + 1):
        if attempt > 1:
            await clock.sleep(RETRY_AFTER_S)
        yield attempt, await send(call, timeout_s)


@functools.cache
def _certificates() -> ssl.SSLContext:
    # Reading them takes longer than a call, so once is enough.
    return httpx.create_ssl_context(trust_env=False)
