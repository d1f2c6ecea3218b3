"""Work on a store that must not meet a sync: it waits for its turn, and no run overtakes it.

Who waits says so (`lock_turns`), so that no run begins before; who works renews a short lease all
the while, so that one that was killed holds nobody up for long.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Final, Literal

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from loyalty_desk.clock import parse_utc, utc_text
from loyalty_desk.errors import NoTurnError, StoreBusyError
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.stores_file import StoreSettings, installation
from loyalty_desk.staging.run_lock import Run, release_lock, take_lock
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

Work = Literal["erase", "disconnect", "platform"]

LEASE: Final = timedelta(minutes=1)
"""How long one that was killed holds the store."""
RENEWED_EVERY_S: Final = 10.0
WAITED_FOR: Final = timedelta(minutes=2)
"""How long nobody else begins after the last sign of who waits."""
LOOKS_EVERY_S: Final = 1.0
TELLS_EVERY_S: Final = 10.0


@contextmanager
def hold_store(
    engine: Engine, store: StoreSettings, work: Work, *, holder: str | None = None, waits: bool
) -> Iterator[Run]:
    """Hold the store's lock, so that no sync works meanwhile.

    With `waits` this waits for a sync that is at work, `turn_minutes` at most. Without it, who has
    a `holder` to come again by keeps the next turn for two minutes, and goes first.

    Raises:
        StoreBusyError: somebody is at work; only without `waits`.
        NoTurnError: somebody was at work for too long. Nothing was done.
    """
    run_id = f"{work}__{holder or uuid.uuid4().hex}"
    run = Run(store=store, run_id=run_id, params=RunParams(), engine=engine)
    if waits or holder is not None:
        _take_turn(run, waits=waits)
    else:
        stay_holder(run)
    over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(run, over), name=run_id, daemon=True)
    renewing.start()
    try:
        yield run
    finally:
        over.set()
        renewing.join()
        with engine.begin() as connection:
            release_lock(connection, run)


def stay_holder(run: Run) -> None:
    """See that the store is still held; raises StoreBusyError when another took it over."""
    with run.engine.begin() as connection:
        take_lock(connection, run, staging_now(connection), lease=LEASE)


def _take_turn(run: Run, *, waits: bool) -> None:
    speed = installation().speed
    most = timedelta(minutes=run.store.turn_minutes / speed)
    started_s, told_s = monotonic(), -TELLS_EVERY_S
    while True:
        since, now = _claim_turn(run)
        try:
            stay_holder(run)
        except StoreBusyError as busy:
            waited_s = monotonic() - started_s
            if max(now - since, timedelta(seconds=waited_s)) >= most:
                _give_turn_up(run)
                raise NoTurnError(
                    f"{busy}; it was waited for {most.total_seconds() / 60:.3g} minutes, and"
                    " nothing was changed"
                ) from None
            if not waits:
                raise
            if waited_s - told_s >= TELLS_EVERY_S:
                told_s = waited_s
                log.info("waiting for its turn, for %.0f s by now: %s", waited_s, busy)
        else:
            _give_turn_up(run)
            return
        sleep(LOOKS_EVERY_S / speed)


def _claim_turn(run: Run) -> tuple[datetime, datetime]:
    """Have the next turn, unless somebody else waits; returns since when this one does, and now."""
    with run.engine.begin() as connection:
        now = staging_now(connection)
        binds = {
            "store": run.store.name,
            "run_id": run.run_id,
            "now_utc": utc_text(now),
            "expires_at_utc": utc_text(now + WAITED_FOR),
        }
        since = connection.execute(statement("run/upsert_turn"), binds).scalar()
    return (now if since is None else parse_utc(since)), now


def _give_turn_up(run: Run) -> None:
    with run.engine.begin() as connection:
        binds = {"store": run.store.name, "run_id": run.run_id}
        connection.execute(statement("run/delete_turn"), binds)


def _renew(run: Run, over: threading.Event) -> None:
    while not over.wait(RENEWED_EVERY_S):
        try:
            stay_holder(run)
        except StoreBusyError as error:  # what it does next finds out by itself
            log.error("lost the store: %s", error)
            return
        except DBAPIError as error:  # a long transaction of its own, mostly; the lease has room
            log.warning("the lock is renewed later (%s)", type(error).__name__)
