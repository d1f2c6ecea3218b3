"""Overview: how each store stands, and what one store's runs did."""

from __future__ import annotations

import logging
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from sqlalchemy import Connection

from loyalty_desk.clock import utc_now
from loyalty_desk.folders import UNUSABLE, Folder, files_below, find_kept, is_file
from loyalty_desk.hooks.folders import own_folder
from loyalty_desk.records import RunState
from loyalty_desk.report.data import FileLeft, load_files_left
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.journal import count_waiting_long
from loyalty_desk.staging.run_record import RunRecord
from loyalty_desk.staging.unwritten import load_unwritten
from loyalty_desk.web.answers import WebError
from loyalty_desk.web.desk.standing import (
    Standing,
    load_recent,
    load_run_progress,
    load_standing,
    newest_runs,
)
from loyalty_desk.web.desk.switches import load_switches
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
        standings = [
            (
                one,
                load_standing(connection, one, now, runs=FEW_RUNS),
                load_switches(connection, one),
                Right.UNPAUSE in rights_of(user, one),
            )
            for one in stores
        ]
    text = (
        templates()
        .get_template("stores.html.j2")
        .render(base=base_of(request), airflow=airflow_of(request), standings=standings, now=now)
    )
    return HTMLResponse(text)


@router.get("/{store}")
def show_store(request: Request, visitor: Seeing) -> Response:
    """One store: its state, live progress, trends and last runs."""
    now = utc_now()
    with reading(staging_engine()) as connection:
        standing = load_standing(connection, visitor.store, now, runs=TREND_RUNS)
        checks = _failing_checks(standing)
        files = _files(connection, visitor.store.name)
        switches = load_switches(connection, visitor.store)
        not_journalled = count_waiting_long(connection, now)
        files_left = _files_left(connection, standing)
        unwritten = (
            load_unwritten(connection, visitor.store.name, standing.newest.run_id)
            if standing.newest
            else {}
        )
    return page(
        request,
        "overview.html.j2",
        visitor,
        place="Overview",
        standing=standing,
        switches=switches,
        progress=standing.progress,
        newest=standing.newest,
        checks=checks,
        not_journalled=not_journalled,
        files_left=files_left,
        unwritten=unwritten,
        trends=_trends(standing.recent[::-1]),
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


def _failing_checks(standing: Standing) -> int:
    record = standing.newest
    return record.checks_failed if record else 0


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


def _trends(recent: list[RunRecord]) -> list[tuple[str, Markup]]:
    """Charts over the last runs, the oldest on the left; none for a single run."""
    from loyalty_desk.report import charts, formats  # noqa: PLC0415 - matplotlib takes a second

    runs = [run for run in recent if run.customers_total]
    if len(runs) < 2:
        return []

    labels = [formats.moment(run.started_at_utc) for run in runs]
    shown: tuple[tuple[str, str, list[float], str], ...] = (
        (
            "matched",
            "Customers matched, in percent",
            [100 * run.customers_matched / run.customers_total for run in runs],
            charts.GOOD,
        ),
        (
            "not-found",
            "Wrote to us, not a member",
            [run.customers_customer_not_found for run in runs],
            charts.LOOK,
        ),
        ("pushed", "Cards pushed", [run.pushed for run in runs], charts.CALM),
    )
    return [
        (title, charts.trend(f"trend-{name}", f"{title}, by run", labels, values, colour))
        for name, title, values, colour in shown
        if any(values)
    ]
