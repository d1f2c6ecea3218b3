"""`GET /loyalty/api/v1/ready`: for load balancers and health checks. Open, and tells nothing more.

200 when requests can be served, 503 with one word when not. It asks staging, so a proxy that
publishes `/loyalty/api/` should leave it out.
"""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from loyalty_desk.watching.readiness import find_trouble

router = APIRouter(prefix="/api/v1")


@router.get("/ready")
def ready() -> JSONResponse:
    """Say whether requests can be served."""
    trouble = find_trouble()
    if trouble is None:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "not ready", "because": trouble}, 503)
