"""What follows an answer: in a thread of its own, as it may wait for the database.

On SQLite a sync holds the file for as long as its longest statement takes. If each answer waited
for that, those that only read would soon have neither thread nor connection left. One thread keeps
the order: what was found last is what is kept last. A process that ends does what waits first, for
as long as an end may take.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Final

from loyalty_desk.staging.writable import is_busy
from loyalty_desk.web.answers import CLOSED

log = logging.getLogger(__name__)

MOST_WAITING: Final = 10_000
"""Of one process, a few kilobytes each. What comes beyond is left out, and the log says so."""
MOST_TRIES: Final = 10
"""Each waits as long as every statement does for a writer."""

_THREAD: Final = ThreadPoolExecutor(1, thread_name_prefix="after-answer")
_WAITING: Final[set[Future[None]]] = set()


def do_soon(store: str, work: Callable[[], None]) -> None:
    """Have work for a store done after what waits already; returns at once."""
    if still_waiting() >= MOST_WAITING:
        log.warning("store %s: too much waits for staging, a lookup is not followed up", store)
        return
    _WAITING.add(future := _THREAD.submit(work))
    future.add_done_callback(partial(_end, store))


def still_waiting() -> int:
    """How many lookups are not followed up yet."""
    return len(_WAITING)


def _end(store: str, done: Future[None]) -> None:
    _WAITING.discard(done)
    if (error := done.exception()) is not None:
        log.error("store %s: a lookup is not followed up (%s)", store, type(error).__name__)


def keep(store: str, kept: str, work: Callable[[], None]) -> None:
    """Have staging keep something of a lookup; what cannot be `kept` is said in the log."""
    for tries_left in reversed(range(MOST_TRIES)):
        try:
            work()
        except CLOSED as error:
            if tries_left and is_busy(error):
                continue
            log.warning("store %s: a lookup is not %s (%s)", store, kept, type(error).__name__)
        return
