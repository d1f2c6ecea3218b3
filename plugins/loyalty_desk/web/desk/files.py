"""The desk's style and script. Anybody may read them: they hold nothing of any store."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from loyalty_desk.web.answers import WebError
from loyalty_desk.web.pages import HERE, DeskRoute

router = APIRouter(prefix="/desk-static", route_class=DeskRoute)

FILES: Final = {
    "desk.css": HERE / "static" / "desk.css",
    "icon.svg": HERE / "static" / "icon.svg",
    "desk.js": HERE / "static" / "desk.js",
    "frame.js": HERE / "static" / "frame.js",
}
HEADERS: Final = {"Cache-Control": "no-cache"}


@router.get("/{name}")
def read_file(name: str) -> Response:
    """One of the files, asked about anew each time so that an update shows at once."""
    if name not in FILES:
        raise WebError(404, "There is no such file.")
    return FileResponse(FILES[name], headers=HEADERS)
