"""Airflow trigger: says within a moment that a store has awards to apply or to ask about.

An adapter: the triggerer runs it. All stores share one look at the queue. Between two looks nothing
is kept but what was said before, so a triggerer that starts again says it once more; the run that
this starts then finds nothing to do.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Hashable, Mapping
from typing import Any, Final

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import LoyaltyDeskError

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.25
LOOK_AGAIN_AFTER_TROUBLE_S: Final = 5.0

Waiting = Mapping[str, frozenset[str]]
"""By store: what waits, each award in the state and with the lease that it waits in."""


class AwardQueueTrigger(BaseEventTrigger):
    """Fires once for every award of `store` that begins to wait for a run."""

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
        return ("loyalty_desk", "awards")

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[Waiting]:  # noqa: ARG003 - Airflow's
        """Yield what waits in all stores whenever it has changed."""
        before: Waiting = {}
        while True:
            wait_s = LOOK_EVERY_S
            try:
                waiting = await asyncio.to_thread(_find_waiting)
            except LoyaltyDeskError as error:
                log.warning("cannot look at the awards: %s", error)
                waiting, wait_s = before, LOOK_AGAIN_AFTER_TROUBLE_S
            if waiting != before:
                before = waiting
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
                yield TriggerEvent(payload={"store": self.store, "awards": len(new)})  # type: ignore[no-untyped-call]
            before = now


def _find_waiting() -> Waiting:
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - not when Airflow only reads the DAG

    from loyalty_desk.errors import StagingUnavailableError  # noqa: PLC0415
    from loyalty_desk.staging.engine import reading  # noqa: PLC0415
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415
    from loyalty_desk.staging.statements import statement  # noqa: PLC0415

    found: dict[str, set[str]] = {}
    try:
        with reading(staging_engine()) as connection:
            binds = {"now_utc": utc_text(utc_now())}
            for row in connection.execute(statement("awards/select_waiting"), binds):
                found.setdefault(row.store, set()).add(
                    f"{row.award_id}:{row.state}:{row.lease_until_utc}"
                )
    except DBAPIError as error:
        raise StagingUnavailableError(type(error.orig).__name__) from None
    return {store: frozenset(keys) for store, keys in found.items()}
