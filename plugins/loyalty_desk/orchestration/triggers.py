"""Airflow triggers: say within a moment that a queue of ours has something for a store to do.

An adapter: the triggerer runs them. All stores share one look at a queue. Between two looks nothing
is kept but what was said before, so a triggerer that starts again says it once more; the run that
this starts then finds nothing to do.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Hashable, Mapping
from typing import Any, ClassVar, Final

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from loyalty_desk.clock import utc_text
from loyalty_desk.errors import LoyaltyDeskError

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.25
LOOK_AGAIN_AFTER_TROUBLE_S: Final = 5.0
SAY_AGAIN_AFTER_S: Final = 5.0

Waiting = Mapping[str, frozenset[str]]
"""By store: what waits, such as an award in the state and with the lease that it waits in."""


class QueueTrigger(BaseEventTrigger):
    """Fires once for everything in a queue of `store` that begins to wait for a run.

    `select_waiting` is the statement that tells what waits in the queue.
    """

    queue: ClassVar[str]
    select_waiting: ClassVar[str]

    def __init__(self, store: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.store = store

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what the triggerer makes this trigger anew from."""
        return f"{type(self).__module__}.{type(self).__qualname__}", {"store": self.store}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look and fire, by itself: for a triggerer that shares no streams."""
        async for event in self.filter_shared_stream(self.open_shared_stream({})):
            yield event

    def shared_stream_key(self) -> Hashable:
        return ("loyalty_desk", self.queue)

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[Waiting]:  # noqa: ARG003 - Airflow's
        """Yield what waits in all stores whenever it has changed, and now and then all the same:
        whoever begins to listen later, as a DAG that is switched on again, has not heard of it.
        """
        before: Waiting = {}
        said_at = time.monotonic()
        while True:
            wait_s = LOOK_EVERY_S
            try:
                waiting = await asyncio.to_thread(_find_waiting, cls.select_waiting)
            except LoyaltyDeskError as error:
                log.warning("cannot look at the queue of %s: %s", cls.queue, error)
                waiting, wait_s = before, LOOK_AGAIN_AFTER_TROUBLE_S
            if waiting != before or time.monotonic() - said_at >= SAY_AGAIN_AFTER_S:
                before, said_at = waiting, time.monotonic()
                yield waiting
            await asyncio.sleep(wait_s)

    async def filter_shared_stream(
        self, shared_stream: AsyncIterator[Waiting]
    ) -> AsyncIterator[TriggerEvent]:
        """Fire when something waits in this store that did not before."""
        before: frozenset[str] = frozenset()
        async for waiting in shared_stream:
            now = waiting.get(self.store, frozenset())
            if new := now - before:
                yield TriggerEvent(payload={"store": self.store, "waiting": len(new)})  # type: ignore[no-untyped-call]
            before = now


class AwardQueueTrigger(QueueTrigger):
    """Awards to apply, or to ask about."""

    queue = "awards"
    select_waiting = "awards/apply/select_waiting"


class CardsToShowTrigger(QueueTrigger):
    """Members whose cards were asked for."""

    queue = "refresh"
    select_waiting = "refresh/select_waiting"


def _find_waiting(select: str) -> Waiting:
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - not when Airflow only reads the DAG

    from loyalty_desk.errors import StagingUnavailableError  # noqa: PLC0415
    from loyalty_desk.staging.engine import reading  # noqa: PLC0415
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415
    from loyalty_desk.staging.staging_clock import staging_now  # noqa: PLC0415
    from loyalty_desk.staging.statements import statement  # noqa: PLC0415

    found: dict[str, set[str]] = {}
    try:
        with reading(staging_engine()) as connection:
            binds = {"now_utc": utc_text(staging_now(connection))}
            for row in connection.execute(statement(select), binds):
                found.setdefault(row.store, set()).add(":".join(map(str, row[1:])))
    except DBAPIError as error:
        raise StagingUnavailableError(type(error.orig).__name__) from None
    return {store: frozenset(keys) for store, keys in found.items()}
