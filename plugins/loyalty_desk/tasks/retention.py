"""What is not kept longer than need be: old runs and reports, settled mismatches, old awards."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from random import shuffle
from time import monotonic
from typing import Any, Final

from sqlalchemy import Engine, Row

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import StorageError
from loyalty_desk.folders import find_kept, remove
from loyalty_desk.hooks.folders import own_folder
from loyalty_desk.hooks.journal import keep_journal
from loyalty_desk.privacy.awards import blank_award
from loyalty_desk.settings.stores_file import StoreSettings, stores_file
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

BATCH: Final = 500
"""Rows in one transaction, so that nobody waits long for it."""
MOST_LOST_S: Final = 20 * 60
"""After so long with reports that could not be removed the rest waits: each may take a minute."""
ACTIVITIES_LAST: Final = timedelta(days=30)
"""How long it is kept what a lookup read of a member's movements."""
DELETE_RUN: Final = (
    "privacy/retention/delete_run_from_run_counters",
    "privacy/retention/delete_run_from_quality_results",
    "privacy/retention/delete_run_from_rejected_records",
    "privacy/retention/delete_run_from_runs",
)


def keep_house(store_name: str) -> dict[str, int]:
    """Remove what a store need not keep any more; returns how much of what. May be repeated."""
    store, engine, now = stores_file().get(store_name), staging_engine(), utc_now()
    limits = store.retention
    keep_journal(engine)
    runs = now - timedelta(days=limits.run_days)
    awarded = now - timedelta(days=limits.award_days)
    done = {
        "runs": _remove_runs(engine, store, runs),
        "awards_made_anonymous": _blank_awards(engine, store.name, awarded),
    }
    mismatches = now - timedelta(days=limits.settled_mismatch_days)
    decided = now - timedelta(days=limits.decision_days)
    routed = now - timedelta(days=limits.routed_ticket_days)
    written = now - timedelta(days=limits.card_history_days)
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    held = now - timedelta(days=limits.liability_days)
    read = now - ACTIVITIES_LAST
    with engine.begin() as connection:
        for what, name, binds in (
            (
                "settled_mismatches",
                "privacy/retention/delete_settled_mismatches",
                {"before_utc": mismatches},
            ),
            ("decisions", "privacy/retention/delete_old_decisions", {"before_utc": decided}),
            ("alerts", "telling/delete_old_alerts", {"before_utc": runs, "month_utc": month}),
            ("tellings", "telling/delete_old_tellings", {"before_utc": runs}),
            ("card_writes", "push/history/delete_old_writes", {"before_utc": written}),
            ("card_writes_for_anonymous_awards", "push/history/forget_anonymous_awards", {}),
            ("routed_tickets", "routing/delete_old_routes", {"before_utc": routed}),
            ("liability_days", "goodwill/liability/delete_old_days", {"before_day": held}),
            ("activities", "lookup/activity/delete_old_activities", {"before_utc": read}),
            (
                "people_of_incidents",
                "privacy/retention/delete_people_of_incidents",
                {"before_utc": awarded},
            ),
            ("ended_ignores", "privacy/retention/delete_ended_ignores", {"now_utc": now}),
            ("former_members", "privacy/retention/delete_former_members", {}),
        ):
            times = {key: utc_text(moment) for key, moment in binds.items()}
            found = connection.execute(statement(name), {"store": store.name, **times})
            done[what] = found.rowcount
    log.info("store %s: removed %s", store.name, done)
    return done


def _remove_runs(engine: Engine, store: StoreSettings, before: datetime) -> int:
    """Remove the reports, then the runs; one whose report stays is not forgotten."""
    binds = {"store": store.name, "before_utc": utc_text(before)}
    with reading(engine) as connection:
        runs = [*connection.execute(statement("privacy/retention/select_old_runs"), binds)]
    shuffle(runs)  # so that not the same ones wait each night for those that take long to fail
    gone, count = _remove_reports(store.name, runs), 0
    while run_ids := list(islice(gone, BATCH)):
        with engine.begin() as connection:
            for run_id in run_ids:
                for delete in DELETE_RUN:
                    connection.execute(statement(delete), {"store": store.name, "run_id": run_id})
        count += len(run_ids)
    return count


def _remove_reports(store: str, runs: Sequence[Row[Any]]) -> Iterator[str]:
    """Remove the reports of runs; yields the runs that have none any more."""
    lost_s = 0.0
    for run in runs:
        began_s = monotonic()
        try:
            _remove_report(store, run)
        except StorageError as error:
            log.warning("store %s: run %s is kept until next time: %s", store, run.run_id, error)
            lost_s += monotonic() - began_s
            if lost_s > MOST_LOST_S:
                log.warning("store %s: other old runs are kept until next time, too", store)
                return
        else:
            yield run.run_id


def _remove_report(store: str, run: Row[Any]) -> None:
    """Remove the folder of a run's report, if it is one of the store's."""
    if run.report_path is None:
        return
    reports = own_folder("reports", store)
    folder = find_kept(reports, run.report_path.rpartition("/")[0])
    if folder is not None and find_kept(reports, str(folder.parent)) is None:  # right below it
        remove(folder)


def _blank_awards(engine: Engine, store: str, before: datetime) -> int:
    binds = {"store": store, "before_utc": utc_text(before), "most": BATCH}
    count = 0
    while True:
        with engine.begin() as connection:
            found = connection.execute(
                statement("privacy/blank/select_old_awards"), binds
            ).scalars()
            award_ids = list(found)
            for award_id in award_ids:
                blank_award(connection, store, award_id)
        count += len(award_ids)
        if len(award_ids) < BATCH:
            return count
