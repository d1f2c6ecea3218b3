"""The report to support managers, by mail and by other notifiers. An adapter: it sends by Airflow's
SMTP connection.
"""

from __future__ import annotations

import json
import logging
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from loyalty_desk.clock import parse_utc, utc_now, utc_text
from loyalty_desk.hooks.notifiers import Alert, make_notifiers, tell
from loyalty_desk.report.data import ReportData, load_report_data
from loyalty_desk.report.digest import Digest, load_digest
from loyalty_desk.report.files import CSV, XLSX
from loyalty_desk.report.html import REPORT, template, write_pages
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state
from loyalty_desk.staging.stores import open_store

log = logging.getLogger(__name__)

MAIL: Final = "mail.html.j2"
ATTACHED: Final = (REPORT, XLSX, CSV)
SHOWN_AWARDS: Final = 10


def send_report(store_name: str, *, force: bool = False) -> bool:
    """Send the newest report to the store's managers; returns whether it was sent.

    Not without a run or anybody to send it to, and unless `force`d not when nothing changed since
    the last one. One that cannot be sent raises, and is the same one the next time.
    """
    store, engine, now = open_store(store_name), staging_engine(), utc_now()
    notifiers = make_notifiers(store.reports.notifiers, f"store {store.name!r}: reports.notifiers")
    if not (store.reports.email_to or notifiers):
        log.info("store %s: nobody gets the report (reports.email_to)", store.name)
        return False
    run = _newest_run(engine, store)
    if run is None:
        log.info("store %s has no run to report", store.name)
        return False
    since = _last_sent(engine, store.name)
    data = load_report_data(engine, store.name, run.run_id, now, store.mismatches.min_score)
    with reading(engine) as connection:
        digest = load_digest(connection, store.name, data, since, now)
    if store.reports.only_when_changed and not force and not digest.has_changed:
        log.info("store %s: nothing changed since the last report", store.name)
        return False
    if store.reports.email_to:
        _mail(engine, store, data, digest, now)
    tell(notifiers, Alert(subject=digest.subject, text=digest.text()))
    with engine.begin() as connection:
        content = json.dumps({"at_utc": utc_text(now)})
        keep_state(connection, store.name, StateKey.REPORT_SENT, content, now)
    count = len(store.reports.email_to) + len(notifiers)
    log.info("store %s: the report is sent to %d places", store.name, count)
    return True


def _newest_run(engine: Engine, store: StoreSettings) -> Any:
    with reading(engine) as connection:
        binds = {"store": store.name}
        return connection.execute(statement("report/runs/select_newest_report"), binds).first()


def _last_sent(engine: Engine, store: str) -> datetime | None:
    with reading(engine) as connection:
        kept = find_state(connection, store, StateKey.REPORT_SENT)
    return None if kept is None else parse_utc(json.loads(kept)["at_utc"])


def _mail(
    engine: Engine, store: StoreSettings, data: ReportData, digest: Digest, now: datetime
) -> None:
    """Mail page and files, written anew, as another worker may hold those of the run."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook  # noqa: PLC0415 - 1 s of imports

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "report"
        write_pages(engine, data, folder, now, store.mismatches.min_score)
        with SmtpHook(smtp_conn_id=store.alerts.smtp_conn_id) as hook:
            hook.send_email_smtp(
                to=list(store.reports.email_to),
                from_email=store.alerts.email_from,
                subject=digest.subject,
                html_content=template(MAIL).render(digest=digest, shown_awards=SHOWN_AWARDS),
                files=[str(folder / name) for name in ATTACHED],
            )
