"""Ends a wait for a folder that never answers: a network disk or an object store may hang for good.

A thread cannot be ended from outside. So what hangs is left behind, and may still be done later:
only what may be repeated, by several at once, is done this way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextvars import copy_context
from typing import Final, TypeVar

from loyalty_desk.errors import StorageError

PATIENCE_S: Final = 20.0
"""How long one question to a folder may take."""

T = TypeVar("T")


class NoAnswerError(StorageError):
    """A folder or an object store does not answer in time: what comes next would wait as well."""

    what_to_do = (
        "It is tried again by itself; if it stays, see that the server of that disk or object store"
        " runs, and that this machine reaches it. LOYALTY_DESK_VAR_DIR says where our own files are"
    )

    def __init__(self, text: str, seconds: float = 0) -> None:
        self.seconds = seconds
        super().__init__(text)


def in_time(do: Callable[[], T], what: str, patience_s: float | None = None) -> T:
    """What `do` gives or raises, if it ends within seconds, `PATIENCE_S` unless told otherwise.

    Raises:
        NoAnswerError: it does not; the text begins with `what`.
    """
    seconds = PATIENCE_S if patience_s is None else patience_s
    done: Future[T] = Future()

    def work() -> None:
        try:
            done.set_result(do())
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            done.set_exception(error)

    # Nothing waits for a daemon when the process ends.
    threading.Thread(target=copy_context().run, args=(work,), daemon=True).start()
    if not wait([done], timeout=seconds).done:
        raise NoAnswerError(f"{what} does not answer within {seconds:g} s", seconds)
    return done.result()
