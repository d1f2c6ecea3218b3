"""What a run could not write that is only for reading: Data Docs, its report. It stops no run.

Kept until another run of the store cannot write something, and said on the run.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.folders import UNUSABLE, why_unusable
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state

DATA_DOCS: Final = "the Data Docs"
REPORT: Final = "the report"

log = logging.getLogger(__name__)


@contextmanager
def for_reading(engine: Engine, store: str, run_id: str, what: str) -> Iterator[None]:
    """Write `what`, such as `DATA_DOCS`, if its folder can be used; else keep why not.

    Nothing that a later step needs belongs in here, as the rest of the block is left out then.
    """
    try:
        yield
    except UNUSABLE as error:
        why = why_unusable(error)
        log.warning("store %s, run %s: %s could not be written: %s", store, run_id, what, why)
        with reading(engine) as connection:
            known = load_unwritten(connection, store, run_id)
        content = json.dumps({"run_id": run_id, "why": {**known, what: why}})
        with engine.begin() as connection:
            keep_state(connection, store, StateKey.UNWRITTEN, content, utc_now())


def load_unwritten(connection: Connection, store: str, run_id: str) -> dict[str, str]:
    """What a run could not write, and of each why and what to do."""
    kept = json.loads(find_state(connection, store, StateKey.UNWRITTEN) or "{}")
    return dict(kept["why"]) if kept.get("run_id") == run_id else {}
