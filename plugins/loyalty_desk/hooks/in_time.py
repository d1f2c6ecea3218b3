"""Ends a wait for a folder that never answers: a network disk or an object store may hang for ever.

A thread cannot be ended from outside. So what hangs is left behind, and may still be done later: only
what may be repeated, by several at once, is done this way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from loyalty_desk.errors import StorageError

PATIENCE_S: Final = 20.0
"""How long a person or the beginning of a sync waits for a folder."""

T = TypeVar("T")


def in_time(do: Callable[[], T], what: str, patience_s: float | None = None) -> T:
    """What `do` gives or raises, if it ends within seconds, `PATIENCE_S` unless told otherwise.

    Raises:
        StorageError: it does not; the text begins with `what`.
    """
    seconds = PATIENCE_S if patience_s is None else patience_s
    ended: SimpleQueue[Callable[[], T]] = SimpleQueue()

    def work() -> None:
        try:
            found = do()
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            ended.put(_raising(error))
        else:
            ended.put(lambda: found)

    # Nothing waits for a daemon when the process ends.
    threading.Thread(target=copy_context().run, args=(work,), daemon=True).start()
    try:
        return ended.get(timeout=seconds)()
    except Empty:
        raise StorageError(f"{what} does not answer within {seconds:g} s") from None


def _raising(error: BaseException) -> Callable[[], T]:
    def again() -> T:
        raise error

    return again
