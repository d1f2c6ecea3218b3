"""`GET /loyalty/api/v1/ready`: for load balancers and health checks. Open, and tells nothing more.

200 when requests can be served, 503 with one word when not. It asks staging, and writes there what
stands there, so a proxy that publishes `/loyalty/api/` should leave it out.
"""

from __future__ import annotations

import logging

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError

from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.settings.stores_file import stores_file
from loyalty_desk.staging.engine import check_migrated
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.writable import check_writable
from loyalty_desk.web.leaving import LEAVING

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/v1")


@router.get("/ready")
def ready() -> JSONResponse:
    """Say whether requests can be served."""
    trouble = _find_trouble()
    if trouble is None:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "not ready", "because": trouble}, 503)


def _find_trouble() -> str | None:
    """What keeps us from serving, in a word that tells nobody outside more than that; or None."""
    if LEAVING.is_set():
        return "leaving"
    try:
        engine = staging_engine()
        check_migrated(engine)
        check_writable(engine)
    except (LoyaltyDeskError, DBAPIError) as error:
        reason = type(error).__name__ if isinstance(error, DBAPIError) else str(error)
        log.warning("not ready: %s", reason)
        return "staging"
    if "" in stores_file().problems:
        log.warning("not ready: %s", stores_file().problems[""])
        return "stores"
    return None
