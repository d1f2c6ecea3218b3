"""The staging database of this installation."""

from __future__ import annotations

from functools import cache
from threading import Lock

from sqlalchemy import Engine

from loyalty_desk.settings.stores_file import installation
from loyalty_desk.staging.engine import check_migrated, open_engine

_OPENING = Lock()


def staging_engine() -> Engine:
    """The migrated staging database; one engine a process. Raises as `open_engine` does."""
    with _OPENING:  # the first requests of a server come at once, and each would open one
        return _open()


@cache
def _open() -> Engine:
    engine = open_engine(installation().resolved_staging_url())
    check_migrated(engine)
    return engine
