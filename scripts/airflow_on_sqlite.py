"""What Airflow needs on SQLite, where one write waits for the other: two changes to Airflow itself.

The hook that `scripts.preload` writes makes them in the programs that need them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import now

LogAction = Callable[..., Coroutine[Any, Any, None]]


def adapt() -> None:
    """Make the changes that this program, an `airflow` command, needs."""
    program = sys.argv[1:2]
    if program == ["scheduler"]:
        compiles(now, "sqlite")(_now_with_fractions)
    elif program == ["api-server"]:
        from airflow.api_fastapi.logging import decorators  # noqa: PLC0415 - only this program

        decorators.action_logging = _committing_in_a_thread(decorators.action_logging)


def _now_with_fractions(*_: Any, **__: Any) -> str:
    """SQLite's own `now` has whole seconds, so a new run would wait for the next one to begin.

    Airflow compares it with a run's time and does nothing else with it.
    """
    return "strftime('%Y-%m-%d %H:%M:%f', 'now')"


def _committing_in_a_thread(action_logging: Callable[..., LogAction]) -> Callable[..., LogAction]:
    """Keep the audit log of the REST API from standing in its own way.

    Airflow 3.3 commits it on the event loop. When another request of the same process holds
    SQLite's write lock, that one needs the loop to commit and let go: both wait, and everybody
    else with them, until SQLite's busy timeout.
    """

    @wraps(action_logging)
    def make(*args: Any, **kwargs: Any) -> LogAction:
        log_action = action_logging(*args, **kwargs)

        @wraps(log_action)  # FastAPI reads the signature
        async def log_and_commit(*, session: Any, **others: Any) -> None:
            from starlette.concurrency import run_in_threadpool  # noqa: PLC0415 - see adapt

            await log_action(session=_Uncommitted(session), **others)
            await run_in_threadpool(session.commit)

        return log_and_commit

    return make


class _Uncommitted:
    """A session to which one can add."""

    def __init__(self, session: Any) -> None:
        self.add = session.add

    def commit(self) -> None:
        """Leave it to who made this."""
