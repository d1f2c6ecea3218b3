"""Whether this process can serve: staging answers and has the tables of this version."""

from __future__ import annotations

import logging

from sqlalchemy.exc import DBAPIError

from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.settings.stores_file import stores_file
from loyalty_desk.staging.engine import check_migrated
from loyalty_desk.staging.installed import staging_engine

log = logging.getLogger(__name__)


def find_trouble() -> str | None:
    """What keeps us from serving, in a word that tells nobody outside more than that; or None."""
    try:
        check_migrated(staging_engine())
    except (LoyaltyDeskError, DBAPIError) as error:
        reason = type(error).__name__ if isinstance(error, DBAPIError) else str(error)
        log.warning("not ready: %s", reason)
        return "staging"
    if "" in stores_file().problems:
        log.warning("not ready: %s", stores_file().problems[""])
        return "stores"
    return None
