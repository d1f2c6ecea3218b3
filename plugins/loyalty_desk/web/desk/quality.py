"""Quality: what the checks of each run found, with the ids at fault, and the Data Docs."""

from __future__ import annotations

import logging
import re
from typing import Final

from fastapi import APIRouter, Request, Response

from loyalty_desk.folders import UNUSABLE, Folder, files_below, find_inside
from loyalty_desk.hooks.folders import own_folder
from loyalty_desk.report.data import load_checks
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.unwritten import load_unwritten
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.desk.standing import newest_runs
from loyalty_desk.web.pages import DeskRoute, page
from loyalty_desk.web.rights import Seeing
from loyalty_desk.web.sending import send_file

router = APIRouter(prefix="/desk/{store}", route_class=DeskRoute)

log = logging.getLogger(__name__)

RUNS: Final = 50
DOCS_INDEX: Final = re.compile(r"[^/]+/index\.html")
DOCS_POLICY: Final = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"
)
"""Great Expectations writes its pages with styles in them; their scripts are left out."""
TYPES: Final = {".html": "text/html", ".css": "text/css"}


@router.get("/quality")
def show_quality(request: Request, visitor: Seeing) -> Response:
    """The checks of one run, the newest unless the query names another."""
    store = visitor.store.name
    with reading(staging_engine()) as connection:
        runs = newest_runs(connection, store, RUNS)
        ids = [run.run_id for run in runs]
        asked = request.query_params.get("run", "")
        chosen = asked if asked in ids else next(iter(ids), "")
        checks = load_checks(connection, store, chosen)
        unwritten = load_unwritten(connection, store, chosen)
    return page(
        request,
        "quality.html.j2",
        visitor,
        place="Quality",
        runs=runs,
        chosen=chosen,
        checks=checks,
        docs=_docs(store),
        unwritten=unwritten,
    )


@router.get("/docs/{path:path}")
def show_docs(visitor: Seeing, path: str) -> Response:
    """A file of the Data Docs."""
    found = find_inside(_root(visitor.store.name), path)
    if found is None:
        raise WebError(404, "There is no such page of the Data Docs.")
    kind = TYPES.get(found.suffix, "application/octet-stream")
    return send_file(found, kind, {"Content-Security-Policy": DOCS_POLICY})


def _docs(store: str) -> list[str]:
    """The steps that have Data Docs."""
    try:
        names = files_below(_root(store))
    except UNUSABLE as error:  # the checks themselves are in staging
        log.warning("Data Docs are not listed: %s", error)
        return []
    return sorted({name.partition("/")[0] for name in names if DOCS_INDEX.fullmatch(name)})


def _root(store: str) -> Folder:
    return own_folder("data_docs", store)
