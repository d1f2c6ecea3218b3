"""The journal: whether what was erased, revoked and decided would outlive the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.doctor.finding import Finding, Severity, fine, not_checked, trouble
from loyalty_desk.doctor.scope import Scope
from loyalty_desk.hooks.journal import AWAY, journal_folder
from loyalty_desk.staging.engine import Standing, reading, tables_stand
from loyalty_desk.staging.journal import Journal, count_waiting_long, find_journal
from loyalty_desk.staging.journal_folder import (
    BrokenMarkError,
    JournalAheadError,
    Mark,
    read_mark,
    see_that_it_goes_on,
)
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
        yield _look(scope.engine, journal, waiting)
    except JournalAheadError as error:
        what, remedy = f"{error}, and syncs stop", "Stop Airflow, then run this"
        yield trouble(JOURNAL, what, remedy, _RESTORED)
    except AWAY as error:
        yield not_checked(JOURNAL, str(error))
        if journal.pending:
            yield _in_no_file(journal.pending)


def _look(engine: Engine, journal: Journal, waiting: int) -> Finding:
    """Raises JournalAheadError where a sync would, and what is in `AWAY`."""
    place, broken = journal_folder() / journal.id, None
    try:
        mark = read_mark(place)
    except BrokenMarkError as error:
        mark, broken = None, error
    see_that_it_goes_on(engine, place, journal, mark)
    if broken is not None:
        remedy = broken.what_to_do
        return trouble(JOURNAL, str(broken), remedy, severity=Severity.WARNING)
    if mark is None:
        begins = "nothing is in it yet, and nothing has to be"
        missing = waiting or journal.last_kept
        return _in_no_file(missing) if missing else fine(JOURNAL, begins)
    return _judge(journal, mark, waiting)


def _judge(journal: Journal, mark: Mark, waiting: int) -> Finding:
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
