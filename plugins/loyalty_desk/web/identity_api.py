"""`GET /loyalty/api/v1/identity`: whether a public address leads to this installation. Open.

Who asks names the number that it wrote into the staging database, and is told whether it stands in
ours, and if so which version this is. Anybody else is told no.
"""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from loyalty_desk.staging.identity import HEADER, has_nonce
from loyalty_desk.staging.installed import staging_engine

router = APIRouter(prefix="/api/v1")


@router.get("/identity")
def identity(request: Request) -> JSONResponse:
    """Say whether we work on the database that the caller wrote to."""
    nonce = request.headers.get(HEADER, "")
    is_ours = bool(nonce) and has_nonce(staging_engine(), nonce)
    told = {"is_ours": is_ours} | ({"version": version("loyalty-desk")} if is_ours else {})
    # A proxy that kept it would tell the next caller about this one.
    return JSONResponse(told, headers={"Cache-Control": "no-store"})
