"""One function a stage, for the DAG and for the command line alike.

Each takes the store's name and the run id, finds everything else in settings and staging, holds the
store's lock, and writes its own counters. All may be repeated. Between stages go counts only.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection

from loyalty_desk.awards import agents
from loyalty_desk.awards.ledger import AWARD_MARKER, Ledger
from loyalty_desk.clock import utc_now
from loyalty_desk.errors import BrakeError, LoyaltyDeskError, QualityError
from loyalty_desk.folders import Folder
from loyalty_desk.goodwill.liability import keep_liability, keep_what_awards_were_for
from loyalty_desk.goodwill.movement import forget_ledger, read_ledger
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.hooks import connections
from loyalty_desk.hooks.account_zones import learn_account_zone
from loyalty_desk.hooks.folders import docs_folder, open_folder, own_folder
from loyalty_desk.hooks.journal import keep_journal
from loyalty_desk.mismatches.history import write_history
from loyalty_desk.mismatches.suggestions import suggest_members
from loyalty_desk.platforms.base import Platform
from loyalty_desk.quality.own import installed_checks
from loyalty_desk.quality.steps import Step
from loyalty_desk.records import RunState
from loyalty_desk.report import text
from loyalty_desk.routing.in_sync import route_open_tickets
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging import run_record
from loyalty_desk.staging.engine import decide, reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.kept_out import make_hasher
from loyalty_desk.staging.last_awards import say_last_awards_of_all
from loyalty_desk.staging.platform_of import claim_platform
from loyalty_desk.staging.run_lock import Run, release_lock, take_lock
from loyalty_desk.staging.staging_clock import ask_staging_now, staging_now
from loyalty_desk.staging.stores import claim_card_place, open_store
from loyalty_desk.staging.unwritten import DATA_DOCS, REPORT, for_reading, load_unwritten
from loyalty_desk.staging.watermarks import forget_reads
from loyalty_desk.sync import channels, extract, filling, members, push
from loyalty_desk.sync.brake import check_brake, check_meeting
from loyalty_desk.sync.match import MatchCounts, match_customers
from loyalty_desk.sync.plan import plan_changes
from loyalty_desk.sync.reads import keep_full_match, keep_full_plan, must_be_full
from loyalty_desk.tasks.showing import shown_of
from loyalty_desk.tasks.stages import (
    Counters,
    counted_gorgias,
    counted_platform,
    keep,
    open_run,
    stage,
)
from loyalty_desk.tasks.sync_order import SYNC_ORDER
from loyalty_desk.tasks.telling import Tell, failure_text, no_note

log = logging.getLogger(__name__)


def start(store_name: str, run_id: str, params: Mapping[str, Any]) -> None:
    """Begin the run: lock the store, keep the params, and see that both accounts answer."""
    store = open_store(store_name)
    engine = staging_engine()
    keep_journal(engine)  # raises where the database was restored and does not know it
    with engine.begin() as connection:
        make_hasher(connection, store_name, utc_now())
    run = Run(store=store, run_id=run_id, params=RunParams(**params), engine=engine)
    with engine.begin() as connection:
        now = staging_now(connection)
        run_record.start_run(connection, store.name, run_id, run.params.model_dump(), now)
        take_lock(connection, run, now)
    try:
        with counted_gorgias(run) as client:
            learn_account_zone(store, client.get_account().time_zone)
            claim_card_place(engine, store, connections.gorgias_account(store))
            connections.loyalty_platform(store).check()
        with engine.begin() as connection:
            claim_platform(connection, store, utc_now())
        installed_checks(store_name, Step)  # a mistake is found before anything was read
    except Exception as error:
        # Nothing has begun, so nothing is to be reported, and the store is free for the next try.
        with engine.begin() as connection:
            run_record.finish_run(
                connection,
                store_name,
                run_id,
                RunState.FAILED,
                failure_text("start", error),
                utc_now(),
            )
            release_lock(connection, run)
        raise


def extract_members(store_name: str, run_id: str) -> Counters:
    with stage(store_name, run_id, "members", seconds="members") as run:
        with counted_platform(run) as platform:
            counts = members.extract_members(run, platform, open_folder)
            ledger = _read_ledger(run, platform)
        files = {"member_files_left": counts.files_left}
        return keep(run, counts.as_counters("members") | files | ledger)


def _read_ledger(run: Run, platform: Platform) -> dict[str, int]:
    """Read why balances moved, right after the balances. No sync fails for it, and none waits long:
    what is not known of a day is unexplained, and the run says that it was not read.
    """
    if not platform.capabilities.ledger_kinds:
        forget_ledger(run.engine, run.store.name)
        return {}
    ours = Ledger(run.engine, run.store.name, platform)
    try:
        counts = read_ledger(
            run.engine,
            run.store.name,
            platform,
            AWARD_MARKER,
            ask_staging_now(run.engine),
            tells_ours=ours.is_there and ours.shows_bookings(),
        )
    except LoyaltyDeskError as error:
        log.warning("why balances moved is not known: %s", error)
        return {"ledger_not_read": 1, "ledger_rejected": 0}
    log.info("read %d bookings of the platform's ledger", counts.entries)
    return {"ledger_not_read": 0, "ledger_rejected": counts.unread}


def extract_customers(store_name: str, run_id: str) -> Counters:
    with (
        stage(store_name, run_id, "customers", seconds="customers") as run,
        counted_gorgias(run) as client,
    ):
        counters = keep(run, extract.extract_customers(run, client).as_counters("customers"))
        _read_agents(run, client)
        return counters


def _read_agents(run: Run, client: GorgiasClient) -> None:
    """Read who may award over HTTP. No sync fails for it: awards ask Gorgias themselves then."""
    store, now = run.store.name, ask_staging_now(run.engine)
    if not (run.params.full_resync or agents.are_due(run.engine, store, now)):
        return
    try:
        count = agents.stage_agents(run.engine, store, client.iter_users(), now)
        log.info("staged %d users of Gorgias", count)
    except LoyaltyDeskError as error:
        log.warning("awards over HTTP may wait: the users of Gorgias cannot be read: %s", error)


def extract_tickets(store_name: str, run_id: str) -> Counters:
    with (
        stage(store_name, run_id, "tickets", seconds="tickets") as run,
        counted_gorgias(run) as client,
    ):
        return keep(run, extract.extract_tickets(run, client).as_counters("tickets"))


def look_up_channels(store_name: str, run_id: str) -> Counters:
    with (
        stage(store_name, run_id, "channels", seconds="customers") as run,
        counted_gorgias(run) as client,
    ):
        asked = _look_members_up(run)  # first: whom it finds needs no further lookup
        looked_up = channels.look_up_channels(run, client)
        return keep(run, {"member_lookups": asked, "channel_lookups": looked_up})


def _look_members_up(run: Run) -> int:
    """Ask a platform that lists no members about them one by one."""
    with counted_platform(run) as platform:
        if platform.capabilities.lists_members:
            return 0
        return members.look_members_up(run, platform)


def match(store_name: str, run_id: str) -> Counters:
    """Match; when nobody meets anybody, all stays as it was, and the next run reads anew."""
    with stage(store_name, run_id, "match", seconds="match") as run:
        with run.engine.begin() as connection:  # by itself, as a match may hold rows for long
            say_last_awards_of_all(connection, store_name, utc_now())
        try:
            counts = decide(run.engine, partial(_match, run))
        except BrakeError:
            # What was read may be another account's: what changes in the right one is not enough.
            with run.engine.begin() as connection:
                forget_reads(connection, store_name)
            raise
        with run.engine.begin() as connection:
            now = staging_now(connection)  # awards go by it
            keep_liability(connection, run.store, now)
            keep_what_awards_were_for(connection, run.store, now)
        return counts.as_counters()


def _match(run: Run, connection: Connection) -> MatchCounts:
    full = must_be_full(run, connection)
    counts = match_customers(connection, run.store, utc_now(), full=full)
    if not run.params.release_brake:
        check_meeting(counts.meeting(is_full=full))
    if full:
        keep_full_match(run, connection)
    write_history(connection, run.store.name, utc_now())
    run_record.add_counters(connection, run.store.name, run.run_id, counts.as_counters())
    return counts


def plan(store_name: str, run_id: str) -> Counters:
    """Plan, then brake: an unreasonable plan is kept for the report, and stops the run here."""
    with stage(store_name, run_id, "plan", seconds="plan") as run:
        with run.engine.begin() as connection:
            full = must_be_full(run, connection)
            counts = plan_changes(
                connection,
                run.store,
                run_id,
                utc_now(),
                full=full,
                limit=run.params.limit,
            )
            run_record.add_counters(connection, store_name, run_id, counts.as_counters())
            if full:
                keep_full_plan(run, connection)
        if not run.params.release_brake:
            check_brake(run.store.brake, counts.brake_facts())
        return counts.as_counters()


def push_cards(store_name: str, run_id: str) -> Counters:
    with stage(store_name, run_id, "push", seconds="push") as run, counted_gorgias(run) as client:
        keep(run, route_open_tickets(run, client))
        try:
            ends_at_s = push.push_changes(run, client)
        finally:  # what an outage cut short is counted too
            counters = keep(run, push.count_changes(run).as_counters())
        return {**counters, **keep(run, filling.write_in_background(run, client, ends_at_s))}


def read_back(store_name: str, run_id: str) -> Counters:
    with (
        stage(store_name, run_id, "read_back", seconds="push") as run,
        counted_gorgias(run) as client,
    ):
        return keep(run, push.read_back(run, client).as_counters())


def check(store_name: str, run_id: str, *, steps: Sequence[str]) -> Counters:
    """Run the suites of some steps; raises QualityError when a critical check fails."""
    from loyalty_desk.quality.gate import check_step  # noqa: PLC0415 - GX takes seconds

    failed = {"critical": 0, "warning": 0}
    with stage(store_name, run_id, f"check {' and '.join(steps)}") as run:
        docs_dir = None
        with for_reading(run.engine, store_name, run_id, DATA_DOCS):
            docs_dir = docs_folder(store_name)
        own = installed_checks(store_name, map(Step, steps))
        for step, checks in own.items():
            result = check_step(
                run.engine,
                run.store,
                run_id,
                step,
                utc_now(),
                docs_dir=docs_dir,
                own=checks,
            )
            failed["critical"] += result.quality_critical_failed
            failed["warning"] += result.quality_warning_failed
    return failed


def report(
    store_name: str, run_id: str, *, reached_the_end: bool, tell: Tell = no_note
) -> dict[str, Any]:
    """End the run: settle its state, `tell` its note, write the report, give the lock back.

    Returns the report's path, None where it could not be written; the note, and the record's
    counters.

    Raises:
        QualityError: every stage ended well and yet the counts do not add up.
    """
    from loyalty_desk.report.goodwill import load_month_sheets  # noqa: PLC0415 - as below
    from loyalty_desk.report.html import write_report  # noqa: PLC0415 - charts take seconds

    run = open_run(store_name, run_id)
    with run.engine.begin() as connection:
        record = run_record.load_run_record(connection, store_name, run_id)
        failure = _what_went_wrong(record, reached_the_end=reached_the_end)
        state = RunState.FAILED if failure else RunState.SUCCEEDED
        if record.state == RunState.ABANDONED:
            state = record.state  # so that no task of it can be cleared and work in between
        run_record.finish_run(connection, store_name, run_id, state, failure, utc_now())
        record = run_record.load_run_record(connection, store_name, run_id)
    tell(_note(run, record))  # first: what follows may fail as well
    suggest_members(run.engine, store_name)
    path = None
    with for_reading(run.engine, store_name, run_id, REPORT):
        path = write_report(
            run.engine,
            store_name,
            run_id,
            report_dir(store_name, run_id),
            utc_now(),
            min_score=run.store.mismatches.min_score,
            sheets=load_month_sheets(run.engine, run.store, utc_now()),
            shown=shown_of(run.store),
        )
    tell(note := _note(run, record))
    with run.engine.begin() as connection:
        release_lock(connection, run)
    log.info("store %s, run %s\n%s\nreport: %s", store_name, run_id, text.table(record), path)
    if failure and reached_the_end:
        raise QualityError(f"store {store_name}, run {run_id}: {failure}")
    return {"report": path and str(path), "note": note, "counters": record.counters()}


STAGES: Final[Mapping[str, Callable[[str, str], Counters]]] = {
    "extract_members": extract_members,
    "extract_customers": extract_customers,
    "extract_tickets": extract_tickets,
    "look_up_channels": look_up_channels,
    "check_extracts": partial(check, steps=("members", "customers")),
    "match": match,
    "check_match": partial(check, steps=("match",)),
    "plan": plan,
    "check_plan": partial(check, steps=("plan",)),
    "push": push_cards,
    "read_back": read_back,
    "check_push": partial(check, steps=("push",)),
}
"""What each stage of `SYNC_ORDER` does for a store and a run."""


def run_all(store_name: str, run_id: str, params: Mapping[str, Any]) -> None:
    """Every stage in the DAG's order, in this process; raises what the failing stage raises."""
    start(store_name, run_id, params)
    reached_the_end = False
    try:
        for name in chain.from_iterable(SYNC_ORDER):
            STAGES[name](store_name, run_id)
        reached_the_end = True
    finally:
        report(store_name, run_id, reached_the_end=reached_the_end)


def report_dir(store_name: str, run_id: str) -> Folder:
    """Where a run's report goes; the run id is made safe for a file name."""
    return own_folder("reports", store_name, re.sub(r"[^\w.-]", "_", run_id))


def _note(run: Run, record: run_record.RunRecord) -> str:
    with reading(run.engine) as connection:
        return text.note(record, load_unwritten(connection, run.store.name, run.run_id))


def _what_went_wrong(record: run_record.RunRecord, *, reached_the_end: bool) -> str | None:
    if record.failure:
        return record.failure
    if not reached_the_end:
        return "a task was stopped from outside; clear it to go on from there"
    problems = run_record.balance_problems(record)
    return f"the counts do not add up: {'; '.join(problems)}" if problems else None
