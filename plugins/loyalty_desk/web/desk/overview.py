"""Overview: how each store stands, and what one store's runs did."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from loyalty_desk.clock import utc_now
from loyalty_desk.folders import UNUSABLE, Folder, files_below, find_kept, is_file
from loyalty_desk.hooks.account_zones import shown_zone
from loyalty_desk.hooks.folders import own_folder
from loyalty_desk.records import RunState
from loyalty_desk.report.data import FileLeft, load_files_left
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.journal import count_waiting_long
from loyalty_desk.staging.unwritten import load_unwritten
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.desk.needs import OfLastRun, needs_of
from loyalty_desk.web.desk.standing import (
    Standing,
    load_recent,
    load_run_progress,
    load_standing,
    newest_runs,
)
from loyalty_desk.web.desk.switches import load_switches
from loyalty_desk.web.desk.tiles import MOODS, tiles_of
from loyalty_desk.web.desk.trends import runs_of, trends_of
from loyalty_desk.web.pages import DeskRoute, airflow_of, back_to, base_of, page, templates
from loyalty_desk.web.rights import Right, Seeing, User, rights_of, stores_seen_by
from loyalty_desk.web.sending import send_file

log = logging.getLogger(__name__)

router = APIRouter(prefix="/desk", route_class=DeskRoute)

REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"
)
"""A report is one file with its style in it, and no script."""
FILES = ("report.html", "mismatches.csv", "mismatches.xlsx", "mismatches.json")
TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
TREND_RUNS, FEW_RUNS = 20, 5


@router.get("")
def show_stores(request: Request, user: User) -> Response:
    """The stores that the user may see; a single one is shown at once."""
    stores = stores_seen_by(user)
    if len(stores) == 1:
        return back_to(request, f"/{stores[0].name}")
    now = utc_now()
    with reading(staging_engine()) as connection:
        standings = [_glance(connection, user, one, now) for one in stores]
    frame = {"base": base_of(request), "airflow": airflow_of(request), "moods": MOODS, "now": now}
    text = templates().get_template("stores.html.j2").render(standings=standings, **frame)
    return HTMLResponse(text)


@router.get("/{store}")
def show_store(request: Request, visitor: Seeing) -> Response:
    """One store: its state, live progress, trends and last runs."""
    now = utc_now()
    with reading(staging_engine()) as connection:
        standing = load_standing(connection, visitor.store, now, runs=TREND_RUNS)
        files = _files(connection, visitor.store.name)
        switches = load_switches(connection, visitor.store)
        last = OfLastRun(
            not_journalled=count_waiting_long(connection, now),
            files_left=_files_left(connection, standing),
            unwritten=_unwritten(connection, standing),
            files=files,
        )
    zone = shown_zone(visitor.store)
    return page(
        request,
        "overview.html.j2",
        visitor,
        place="Overview",
        zone=zone,
        standing=standing,
        progress=standing.progress,
        newest=standing.newest,
        needs=needs_of(standing, switches, zone, last),
        moods=MOODS,
        tiles=tiles_of(standing, zone, now),
        trends=trends_of(standing.recent),
        trend_runs=runs_of(standing.recent),
        files=files,
        now=now,
    )


@router.get("/{store}/progress")
def show_progress(request: Request, visitor: Seeing) -> Response:
    """How far the running sync is: the part of the page that renews itself."""
    with reading(staging_engine()) as connection:
        recent = load_recent(connection, visitor.store.name, FEW_RUNS)
        progress = load_run_progress(connection, recent, utc_now())
    newest = recent[0] if recent else None
    return page(request, "progress.html.j2", visitor, progress=progress, newest=newest)


@router.get("/{store}/runs/{run_id}/{file}")
def show_file(visitor: Seeing, run_id: str, file: str) -> Response:
    """A run's report as a page, or its mismatches as a file."""
    path = _find_file(visitor.store.name, run_id, file)
    if path is None:
        raise WebError(404, "There is no such file; reports are kept for a limited time.")
    if file.endswith(".html"):
        headers = {"Content-Security-Policy": REPORT_POLICY}
        return send_file(path, "text/html", headers)
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return send_file(path, TYPES[path.suffix], headers)


def _glance(connection: Connection, user: BaseUser, store: StoreSettings, now: datetime) -> Any:
    """What the page of all stores says of one."""
    standing, zone = load_standing(connection, store, now, runs=FEW_RUNS), shown_zone(store)
    return (
        store,
        standing,
        needs_of(standing, load_switches(connection, store), zone),
        tiles_of(standing, zone, now),
        zone,
        Right.UNPAUSE in rights_of(user, store),
    )


def _unwritten(connection: Connection, standing: Standing) -> dict[str, str]:
    newest = standing.newest
    return load_unwritten(connection, newest.store, newest.run_id) if newest else {}


def _files_left(connection: Connection, standing: Standing) -> list[FileLeft]:
    """The member files that the last run did not read; one that is at work may not know yet."""
    ended = (run for run in standing.recent if run.state is not RunState.RUNNING)
    newest = next(ended, None)
    return load_files_left(connection, newest.store, newest.run_id) if newest else []


def _files(connection: Connection, store: str) -> dict[str, list[str]]:
    """The files of each of the last runs that are still there.

    An object store is not asked about each: what is kept of a run goes with its files.
    """
    try:
        reports = own_folder("reports", store)
        return {
            run.run_id: [name for name in FILES if _find_beside(reports, run.report_path, name)]
            for run in newest_runs(connection, store, TREND_RUNS)
        }
    except UNUSABLE as error:  # the numbers are in staging
        log.warning("reports are not listed: %s", error)
        return {}


def has_file(store: str, run_id: str, name: str) -> bool:
    """Whether the desk finds a file of a run; an object store is not asked, as in `_files`."""
    return _find_of_run(store, run_id, name) is not None


def _find_file(store: str, run_id: str, name: str) -> Folder | None:
    path = _find_of_run(store, run_id, name)
    if path is None or isinstance(path, Path):
        return path
    # It is listed, as a file system's own `is_file` says no as well where the store is away.
    return path if path.name in files_below(path.parent) else None


def _find_of_run(store: str, run_id: str, name: str) -> Folder | None:
    with reading(staging_engine()) as connection:
        runs = newest_runs(connection, store, 1_000)
    report_path = next((run.report_path for run in runs if run.run_id == run_id), None)
    if name not in FILES:
        return None
    return _find_beside(own_folder("reports", store), report_path, name)


def _find_beside(reports: Folder, report_path: str | None, name: str) -> Folder | None:
    """The file beside a run's report, as long as that is among the store's reports."""
    if not report_path:
        return None
    path = find_kept(reports, f"{report_path.rpartition('/')[0]}/{name}")
    if not isinstance(path, Path):
        return path
    return path if is_file(path) else None
