"""The staging database of this installation."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Engine

from loyalty_desk.settings import installation
from loyalty_desk.staging.engine import check_migrated, open_engine


@cache
def staging_engine() -> Engine:
    """The migrated staging database; one engine a process. Raises as `open_engine` does."""
    engine = open_engine(installation().resolved_staging_url())
    check_migrated(engine)
    return engine


def forget_engine() -> None:
    """Close it; the next call opens what the settings say then."""
    if staging_engine.cache_info().currsize:
        staging_engine().dispose()
    staging_engine.cache_clear()
