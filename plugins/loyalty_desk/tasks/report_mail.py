"""The report to support managers, by mail and by other notifiers. An adapter: it sends by Airflow's
SMTP connection.

Each place gets what changed since it got the last one. One that could not be reached gets, once it
can be, the report of then and not that of the day on which it was owed.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from loyalty_desk.clock import parse_utc, utc_now, utc_text
from loyalty_desk.hooks.notifiers import Alert, Place, report_places
from loyalty_desk.hooks.telling import NO_CONTEXT, Message, Round
from loyalty_desk.report.data import ReportData, load_report_data
from loyalty_desk.report.digest import Digest, load_digest
from loyalty_desk.report.goodwill import load_month_sheets
from loyalty_desk.report.html import template, write_mailed_page
from loyalty_desk.report.mail_files import MB, Attached, attach
from loyalty_desk.report.mismatch_rows import iter_mismatches
from loyalty_desk.report.shown import Shown
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.stores import open_store
from loyalty_desk.staging.telling import REPORT, Claim, hand_down
from loyalty_desk.tasks.showing import shown_of

log = logging.getLogger(__name__)

MAIL: Final = "mail.html.j2"
SHOWN_AWARDS: Final = 10


def send_report(
    store_name: str, *, run_id: str = "", force: bool = False, only_owed: bool = False
) -> bool:
    """Send the newest report to the store's managers; returns whether anybody got it.

    Not without a run or anybody to send it to, and unless `force`d not when nothing changed since
    the last one; not twice to anybody in one DAG run. With `only_owed` those alone get it who
    could not be reached when it was due.

    Raises:
        PermanentError, NotToldError: some could not be reached; all others were.
    """
    store, engine, now = open_store(store_name), staging_engine(), utc_now()
    places, telling = report_places(store), Round(engine, store.name)
    hand_down(engine, store.name, REPORT, [place.key for place in places])
    if not places:
        log.info("store %s: nobody gets the report (reports.email_to)", store.name)
        return False
    if only_owed and not telling.owes(places, REPORT):
        return False
    run = _newest_run(engine, store)
    if run is None:
        log.info("store %s has no run to report", store.name)
        return False
    always = force or not store.reports.only_when_changed
    with _preparing(engine, store, run.run_id, now) as report:
        wish = partial(report.message, run_id=run_id, always=always, only_owed=only_owed)
        told = [
            place.title
            for place in telling.in_order(places)
            if telling.tell(place, REPORT, partial(wish, place))
        ]
    log.info("store %s: the report is sent to %d of %d places", store.name, len(told), len(places))
    telling.end()
    return bool(told)


def _newest_run(engine: Engine, store: StoreSettings) -> Any:
    with reading(engine) as connection:
        binds = {"store": store.name}
        return connection.execute(statement("report/runs/select_newest_report"), binds).first()


@dataclass(kw_only=True)
class _Report:
    """The report of one run, for as many places as want it. Files are written when first needed."""

    engine: Engine
    store: StoreSettings
    run_id: str
    now: datetime
    folder: Path

    def message(
        self, place: Place, claim: Claim, *, run_id: str, always: bool, only_owed: bool
    ) -> Message | None:
        """What the place gets, by when it got the last one; None when that is nothing."""
        last = claim.content or {}
        is_owed = claim.tries > 0
        if not is_owed and (only_owed or (run_id and last.get("run_id") == run_id)):
            return None
        since = parse_utc(last["at_utc"]) if last else None
        with reading(self.engine) as connection:
            digest = load_digest(connection, self.store.name, self._data, since, self.now)
        if not (is_owed or always or digest.has_changed):
            log.info("%s: nothing changed since the last report", place.title)
            return None
        content = {"at_utc": utc_text(self.now), "run_id": run_id}
        return Message(partial(self._send, place, digest), content)

    def _send(self, place: Place, digest: Digest) -> None:
        if place.address is None:
            place.deliver(Alert(subject=digest.subject, text=digest.text()), NO_CONTEXT)
            return
        from airflow.providers.smtp.hooks.smtp import SmtpHook  # noqa: PLC0415 - 1 s of imports

        text = template(MAIL).render(
            digest=digest,
            shown_awards=SHOWN_AWARDS,
            attached=self._attached,
            most_mb=f"{self.store.reports.max_mail_mb:g}",
            elsewhere=self._shown.elsewhere,
        )
        with SmtpHook(smtp_conn_id=self.store.alerts.smtp_conn_id) as hook:
            hook.send_email_smtp(
                to=[place.address],
                from_email=self.store.alerts.email_from,
                subject=digest.subject,
                html_content=text,
                files=[str(path) for path in self._attached.paths],
            )

    @cached_property
    def _data(self) -> ReportData:
        min_score = self.store.mismatches.min_score
        return load_report_data(self.engine, self.store.name, self.run_id, self.now, min_score)

    @cached_property
    def _shown(self) -> Shown:
        return shown_of(self.store)

    @cached_property
    def _attached(self) -> Attached:
        """Page and files, written anew, as another worker may hold those of the run."""
        min_score = self.store.mismatches.min_score
        return attach(
            partial(iter_mismatches, self.engine, self.store.name, self.now, min_score),
            partial(write_mailed_page, self._data, self.now, self._shown),
            self.folder,
            int(self.store.reports.max_mail_mb * MB),
            load_month_sheets(self.engine, self.store, self.now),
            self._shown,
        )


@contextmanager
def _preparing(
    engine: Engine, store: StoreSettings, run_id: str, now: datetime
) -> Iterator[_Report]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "report"
        yield _Report(engine=engine, store=store, run_id=run_id, now=now, folder=folder)
