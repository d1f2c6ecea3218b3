"""A task that waits for a store gives its place back: the sync that it waits for may need it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from airflow.sdk.exceptions import AirflowRescheduleException

from loyalty_desk.errors import StoreBusyError
from loyalty_desk.settings.stores_file import installation

log = logging.getLogger(__name__)

AGAIN_AFTER_S: Final = 15.0
"""Well inside the time for which a turn is kept."""
SOONEST_S: Final = 5.0
"""Whatever the speed: Airflow takes a task for failed that is queued again before its scheduler has
seen the end of the last try."""


@contextmanager
def in_turn(ti: Any = None, *, at_most: timedelta | None = None) -> Iterator[None]:
    """Have the task come again in some seconds while the store is busy; that is no retry.

    What it calls gives up by itself, unless the task instance waits `at_most` so long: then the
    StoreBusyError is a failure.
    """
    try:
        yield
    except StoreBusyError as busy:
        now = datetime.now(UTC)
        if at_most is not None and now - _first_try(ti, now) >= at_most:
            raise
        log.info("waiting for its turn: %s", busy)
        again = now + timedelta(seconds=max(SOONEST_S, AGAIN_AFTER_S / installation().speed))
        raise AirflowRescheduleException(again) from None  # type: ignore[no-untyped-call]


def _first_try(ti: Any, now: datetime) -> datetime:
    found: datetime | None = ti.get_first_reschedule_date(ti.get_template_context())
    return found or now
