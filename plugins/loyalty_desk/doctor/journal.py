"""The journal: whether what was erased, revoked and decided would outlive the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loyalty_desk.clock import utc_now
from loyalty_desk.doctor.finding import Finding, Severity, fine, not_checked, trouble
from loyalty_desk.doctor.scope import Scope
from loyalty_desk.hooks.journal import AWAY, journal_folder
from loyalty_desk.staging.engine import Standing, reading, tables_stand
from loyalty_desk.staging.journal import Journal, count_waiting_long, find_journal
from loyalty_desk.staging.journal_folder import Mark, read_mark
from loyalty_desk.staging.journal_gaps import LONGEST_SILENCE

JOURNAL: Final = "journal"
_RESTORED: Final = "loyalty-desk restored"


def check_journal(scope: Scope) -> Iterator[Finding]:
    """Does the folder hold everything, and is it of this database?"""
    if tables_stand(scope.engine)[0] is not Standing.CURRENT:
        yield not_checked(JOURNAL, "the tables are not those of this version")
        return
    with reading(scope.engine) as connection:
        journal = find_journal(connection)
        waiting = count_waiting_long(connection, utc_now())
    if journal is None:
        begins = "none is begun: the first sync does"
        yield _in_no_file(waiting) if waiting else fine(JOURNAL, begins)
        return
    try:
        mark = read_mark(journal_folder() / journal.id)
    except AWAY as error:
        yield not_checked(JOURNAL, str(error))
        mark = None
        waiting = journal.pending
    if mark is not None:
        yield _judge(journal, mark, waiting)
    elif missing := waiting or journal.last_kept:
        yield _in_no_file(missing)


def _judge(journal: Journal, mark: Mark, waiting: int) -> Finding:
    if mark.last > journal.last_number:
        what = (
            f"it holds {mark.last} entries and the database {journal.last_number}: the database"
            " was restored and has not caught up"
        )
        return trouble(JOURNAL, what, "Stop Airflow, then run this", _RESTORED)
    if missing := waiting or max(0, journal.last_kept - mark.last):
        return _in_no_file(missing)
    when = f"{mark.at:%Y-%m-%d %H:%M} UTC"
    if utc_now() - mark.at > LONGEST_SILENCE:
        what = f"silent since {when}, so that a restore could not rely on it"
        remedy = "See that syncs or housekeeping__<store> run each day"
        return trouble(JOURNAL, what, remedy, severity=Severity.WARNING)
    return fine(JOURNAL, f"{mark.last} entries, whole at {when}")


def _in_no_file(count: int) -> Finding:
    what = (
        f"{count} erasures, revoked tokens and decisions are in no file, and would be lost with the"
        " database"
    )
    remedy = "The next sync writes them; see that LOYALTY_DESK_VAR_DIR can be written"
    return trouble(JOURNAL, what, remedy, severity=Severity.WARNING)
