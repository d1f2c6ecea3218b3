"""The report by mail, for support managers. An adapter: it sends by Airflow's SMTP connection."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from loyalty_desk.clock import parse_utc, utc_now, utc_text
from loyalty_desk.mismatches.history import Progress, load_progress
from loyalty_desk.report.classes import class_text
from loyalty_desk.report.data import load_report_data
from loyalty_desk.report.files import CSV, XLSX
from loyalty_desk.report.html import REPORT, template, write_pages
from loyalty_desk.settings import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state
from loyalty_desk.stores import open_store

log = logging.getLogger(__name__)

MAIL: Final = "mail.html.j2"
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail. `files` are attached; they are gone when it was sent."""

    subject: str
    html: str
    files: Sequence[Path]


def send_report(store_name: str, *, force: bool = False) -> bool:
    """Mail the newest report to the store's managers; returns whether it was sent.

    Not without a run or anybody to send it to, and unless `force`d not when nothing changed since
    the last one. A mail that cannot be sent raises, and is the same one the next time.
    """
    store, engine, now = open_store(store_name), staging_engine(), utc_now()
    if not store.reports.email_to:
        log.info("store %s: nobody gets the report (reports.email_to)", store.name)
        return False
    since = _last_sent(engine, store.name)
    with reading(engine) as connection:
        newest = connection.execute(statement("report/select_newest_report"), {"store": store.name})
        run = newest.first()
        progress = load_progress(connection, store.name, since, now)
    if run is None:
        log.info("store %s has no run to report", store.name)
        return False
    if store.reports.only_when_changed and not force and not any(map(_has_changed, progress)):
        log.info("store %s: nothing changed since %s", store.name, utc_text(since))
        return False
    with tempfile.TemporaryDirectory() as folder:
        _send(store, _write(engine, store, run, progress, since, now, Path(folder) / "report"))
    with engine.begin() as connection:
        content = json.dumps({"at_utc": utc_text(now)})
        keep_state(connection, store.name, StateKey.REPORT_SENT, content, now)
    log.info(
        "store %s: the report is sent to %d addresses", store.name, len(store.reports.email_to)
    )
    return True


def _last_sent(engine: Engine, store: str) -> datetime:
    with reading(engine) as connection:
        kept = find_state(connection, store, StateKey.REPORT_SENT)
    return NEVER if kept is None else parse_utc(json.loads(kept)["at_utc"])


def _has_changed(row: Progress) -> bool:
    return bool(row.newly_open or row.came_back or row.settled)


def _write(
    engine: Engine,
    store: StoreSettings,
    run: Any,
    progress: list[Progress],
    since: datetime,
    now: datetime,
    folder: Path,
) -> Mail:
    """Write page and spreadsheet anew, as another worker may hold those of the run."""
    min_score = store.mismatches.min_score
    data = load_report_data(engine, store.name, run.run_id, now, min_score)
    write_pages(engine, data, folder, now, min_score)
    shown = [row for row in progress if row.open or row.settled]
    count = sum(row.open for row in shown)
    news = sum(row.newly_open + row.came_back for row in shown)
    subject = f"Loyalty of {store.name}: {count:,} to look at, {news:,} new"
    html = template(MAIL).render(
        subject=subject,
        since=None if since == NEVER else since,
        as_of=parse_utc(run.started_at_utc),
        progress=[(row, class_text(row.side, row.outcome).title) for row in shown],
        suggested=len(data.suggested),
        tickets=sum(data.tickets_by_class.values()),
        awards=data.awards.count,
    )
    return Mail(
        subject=subject, html=html, files=tuple(folder / name for name in (REPORT, XLSX, CSV))
    )


def _send(store: StoreSettings, mail: Mail) -> None:
    from airflow.providers.smtp.hooks.smtp import SmtpHook  # noqa: PLC0415 - 1 s of imports

    with SmtpHook(smtp_conn_id=store.alerts.smtp_conn_id) as hook:
        hook.send_email_smtp(
            to=list(store.reports.email_to),
            from_email=store.alerts.email_from,
            subject=mail.subject,
            html_content=mail.html,
            files=[str(path) for path in mail.files],
        )
