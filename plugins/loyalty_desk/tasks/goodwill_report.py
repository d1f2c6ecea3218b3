"""A month's goodwill to support managers, by mail and by other notifiers: each place once a month.

An adapter: it sends by Airflow's SMTP connection.
"""

from __future__ import annotations

import logging
import tempfile
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import PermanentError
from loyalty_desk.goodwill.chosen import YEARS
from loyalty_desk.hooks.elsewhere import elsewhere_of
from loyalty_desk.hooks.notifiers import Alert, Place, report_places
from loyalty_desk.hooks.telling import NO_CONTEXT, Message, Round
from loyalty_desk.report.goodwill import GoodwillReport, load_goodwill_report
from loyalty_desk.report.html import template
from loyalty_desk.report.sheets import workbook_of
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.stores import open_store
from loyalty_desk.staging.telling import GOODWILL, Claim

log = logging.getLogger(__name__)


class NoMonthError(PermanentError):
    """That month cannot be told; nobody was told anything."""

    def __init__(self, month: str, why: str, last: date) -> None:
        super().__init__(
            f"month {month!r} {why}: trigger the DAG again with one such as {last:%Y-%m}, or"
            " without any for the month that ended"
        )


MAIL: Final = "goodwill_mail.html.j2"
WORKBOOK: Final = "goodwill.xlsx"


def send_goodwill_report(store_name: str, *, run_id: str = "", month: str | None = None) -> bool:
    """Send the month that ended, or the named one (`2026-01`); returns whether anybody got it.

    The month that ended goes to each place once, and not where nothing was booked; a named one goes
    to everybody, but not twice in one DAG run.

    Raises:
        NoMonthError: the one that is named cannot be told; nobody was.
        PermanentError, NotToldError: some could not be reached; all others were.
    """
    store, engine, now = open_store(store_name), staging_engine(), utc_now()
    wanted = _read_month(month, now) if month else _last_month(now)
    places, telling = report_places(store), Round(engine, store.name)
    if not places:
        log.info("store %s: nobody gets the goodwill report (reports.email_to)", store.name)
        return False
    with reading(engine) as connection:
        report = load_goodwill_report(connection, store, wanted, now, elsewhere_of(store))
    if report.is_empty and not month:
        log.info("store %s: nothing was booked in %s", store.name, f"{wanted:%Y-%m}")
        return False
    wish = partial(_message, report, run_id=run_id, is_asked_for=month is not None)
    told = [
        place.title
        for place in telling.in_order(places)
        if telling.tell(place, GOODWILL, partial(wish, place))
    ]
    log.info("store %s: goodwill is sent to %d of %d places", store.name, len(told), len(places))
    telling.end()
    return bool(told)


def _read_month(text: str, now: datetime) -> date:
    """The first day of a month such as `2026-01`; raises NoMonthError."""
    try:
        month = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise NoMonthError(text, "is no month", _last_month(now)) from None
    if month.year < YEARS[0]:
        raise NoMonthError(text, f"is before {YEARS[0]}", _last_month(now))
    if month > now.astimezone(UTC).date():
        raise NoMonthError(text, "has not begun", _last_month(now))
    return month


def _last_month(now: datetime) -> date:
    return (now.astimezone(UTC).date().replace(day=1) - timedelta(days=1)).replace(day=1)


def _message(
    report: GoodwillReport, place: Place, claim: Claim, *, run_id: str, is_asked_for: bool
) -> Message | None:
    """What the place gets; None when it has it."""
    last = claim.content or {"month": "", "run_id": ""}
    month = f"{report.month:%Y-%m}"
    if is_asked_for:
        if run_id and last["run_id"] == run_id:
            return None
        # The newest month that was told stays, or a later run would tell it again.
        content = {"month": max(month, last["month"]), "run_id": run_id}
    elif last["month"] >= month:
        return None
    else:
        content = {"month": month, "run_id": run_id}
    return Message(partial(_send, report, place), content)


def _send(report: GoodwillReport, place: Place) -> None:
    if place.address is None:
        alert = Alert(subject=report.subject, text="\n".join(report.lines))
        place.deliver(alert, NO_CONTEXT)
        return
    from airflow.providers.smtp.hooks.smtp import SmtpHook  # noqa: PLC0415 - 1 s of imports

    desk = elsewhere_of(report.store).desk
    text = template(MAIL).render(report=report, desk=desk and f"{desk}/goodwill")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WORKBOOK
        path.write_bytes(workbook_of(report.tables))
        with SmtpHook(smtp_conn_id=report.store.alerts.smtp_conn_id) as hook:
            hook.send_email_smtp(
                to=[place.address],
                from_email=report.store.alerts.email_from,
                subject=report.subject,
                html_content=text,
                files=[str(path)],
            )
