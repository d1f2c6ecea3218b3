"""What every read into staging shares: repeats, rejects, progress, and full scans.

A page that was staged stays staged when a later one fails; a watermark moves only when a read is
whole. A row that cannot be used is set aside and counted, and past a share it stops the run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from loyalty_desk.clock import parse_utc, utc_now, utc_text
from loyalty_desk.errors import RejectedShareError
from loyalty_desk.records import Rejected
from loyalty_desk.settings.sections import BrakeSettings
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import full_scans, schema
from loyalty_desk.staging.intake_batch import StagedCounts
from loyalty_desk.staging.load import bulk_insert
from loyalty_desk.staging.row_types import RejectedRow
from loyalty_desk.staging.run_lock import Run, renew_lock
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state
from loyalty_desk.staging.watermarks import (
    RECONCILE,
    Watermark,
    find_watermark,
    resume_at,
    save_watermark,
)
from loyalty_desk.sync.brake import BrakeFacts, ExtractSize, FullRead, check_brake, check_full_read

log = logging.getLogger(__name__)

MIN_ROWS_FOR_SHARE = 100
"""Below this many rows a share says nothing yet of a read that goes on."""


@dataclass(slots=True)
class ReadCounts:
    """What one read of one source did. `fetched` counts each record once, repeats apart."""

    fetched: int = 0
    staged: int = 0
    rejected: int = 0
    kept_out: int = 0
    changed: int = 0
    gone: int = 0
    files_left: int = 0

    def as_counters(self, source: str) -> dict[str, float]:
        counts = {
            "fetched": self.fetched,
            "staged": self.staged,
            "rejected": self.rejected,
            "kept_out": self.kept_out,
        }
        if source != "tickets":
            counts |= {"changed": self.changed, "gone": self.gone}
        return {f"{source}_{name}": value for name, value in counts.items()}


@dataclass(slots=True)
class Read:
    """The bookkeeping that every read shares: repeats, rejects, progress.

    `unnamed` counts the rows of which nobody can tell whose they are.
    """

    run: Run
    source: str
    counts: ReadCounts = field(default_factory=ReadCounts)
    seen: set[int | str] = field(default_factory=set)
    unnamed: int = 0

    def first_sight(self, record_id: int | str) -> bool:
        """Whether this id is new to the read; pages overlap when rows move between them."""
        if record_id in self.seen:
            return False
        self.seen.add(record_id)
        return True

    def reject(self, rejected: Iterable[Rejected]) -> None:
        rows: list[RejectedRow] = []
        for record in rejected:
            if record.record_id is not None and not self.first_sight(f"bad {record.record_id}"):
                continue
            rows.append(
                RejectedRow(
                    store=self.run.store.name,
                    run_id=self.run.run_id,
                    source=self.source,
                    position=self.counts.rejected + len(rows),
                    record_id=record.record_id,
                    field=record.field,
                    reason=record.reason,
                )
            )
        if rows:
            with self.run.engine.begin() as connection:
                bulk_insert(connection, schema.rejected_records, rows)
        self.counts.rejected += len(rows)
        self.counts.fetched += len(rows)
        self.unnamed += sum(row.record_id is None for row in rows)

    def check_share(self, *, whole: bool) -> None:
        counts = self.counts
        if not whole and counts.fetched < MIN_ROWS_FOR_SHARE:
            return
        limit = self.run.store.extract.limit_exceeded(counts.rejected, counts.fetched)
        if limit:
            raise RejectedShareError(
                f"{counts.rejected} of {counts.fetched} {self.source} were unusable, more than "
                f"{limit} of store {self.run.store.name}; the report lists fields and reasons"
            )

    def page_done(self, staged: StagedCounts) -> None:
        """Count one page's usable rows, look at the share of bad ones, and keep the lock."""
        self.counts.fetched += staged.staged + len(staged.kept_out)
        self.counts.staged += staged.staged
        self.counts.kept_out += len(staged.kept_out)
        self.counts.changed += staged.changed
        self.check_share(whole=False)
        renew_lock(self.run)
        log.info(
            "%s: %d fetched, %d changed", self.source, self.counts.fetched, self.counts.changed
        )


def start_read(run: Run, source: str) -> Read:
    with run.engine.begin() as connection:
        connection.execute(
            statement("extract/delete_rejected_records"),
            {"store": run.store.name, "run_id": run.run_id, "source": source},
        )
    return Read(run, source)


def full_scan_is_due(run: Run, watermark: Watermark) -> bool:
    if watermark.since is None or watermark.full_scan_at_utc is None:
        return True
    now = utc_now()
    age = now - parse_utc(watermark.full_scan_at_utc)
    return watermark.lies_ahead(now) or age >= timedelta(days=run.store.extract.full_scan_days)


def next_watermark(run: Run, newest: str, started: datetime, *, full: bool = False) -> Watermark:
    """The watermark after a whole read that saw updates up to `newest`.

    What changed while the read went on may be missing from it, so its start is what counts.
    """
    overlap = timedelta(minutes=run.store.extract.overlap_minutes)
    return Watermark(
        since=resume_at(newest, started, overlap),
        full_scan_at_utc=utc_text(started) if full else None,
    )


_COUNT: Final[Mapping[full_scans.Source, str]] = {
    "members": "extract/count_members",
    "customers": "extract/count_customers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What staging held when a full scan began. A first load leaves the rest to a full match.

    `is_reconciled` is not so before the first plan: nobody has a card, and nobody can lose one.
    """

    is_first_load: bool
    is_reconciled: bool
    live_before: int


def begin_scan(run: Run, source: full_scans.Source) -> Scan:
    store = run.store.name
    with run.engine.begin() as connection:
        before = connection.execute(statement(_COUNT[source]), {"store": store}).one()
        reconciled = find_watermark(connection, store, RECONCILE).full_scan_at_utc is not None
        full_scans.begin_scan(connection, store, source, run.run_id)
    return Scan(
        is_first_load=not before.staged and not reconciled,
        is_reconciled=reconciled,
        live_before=before.live,
    )


def finish_scan(
    run: Run,
    source: full_scans.Source,
    scan: Scan,
    *,
    unnamed: int = 0,
    is_of_people: bool = False,
) -> int:
    """Mark what the scan did not see as gone, unless that is too much to believe, or it may be in
    one of the `unnamed` rows. What people made may be cut off, and is believed less.
    """
    before = scan.live_before
    with run.engine.begin() as connection:
        unseen = full_scans.count_unseen(connection, run.store.name, source)
        # A first read of another account's members was stopped at the match, and the key corrected.
        is_other_account = unseen == before and not scan.is_reconciled
        if not is_other_account and not run.params.release_brake:
            check_unseen(run.store.brake, source, before, unseen, is_of_people=is_of_people)
        if not run.params.release_brake:
            seen = full_scans.count_seen(connection, run.store.name, source)
            full = FullRead(source=source, known=before, read=seen)
            check_full_read(run.store.brake, full)
        if unnamed:
            log.warning("%s: nobody is gone, %d rows do not say whose they are", source, unnamed)
            return 0
        return full_scans.finish_scan(connection, run.store.name, source, utc_now())


def check_unseen(
    limits: BrakeSettings,
    source: full_scans.Source,
    known: int,
    unseen: int,
    *,
    is_of_people: bool,
) -> None:
    """Raise BrakeError where a full scan did not see too many of those who are known."""
    size = ExtractSize(
        source=source, previous=known, current=known - unseen, is_of_any_size=is_of_people
    )
    facts = BrakeFacts(
        planned=0, planned_update=0, planned_clear=0, member_cards_before=0, shrink=(size,)
    )
    check_brake(limits, facts)


def must_be_full(run: Run, connection: Connection) -> bool:
    """Whether match and plan look at everything: when asked, the first time, when the settings by
    which they decide have changed, and once a while.

    Both decide alike, as only a finished full plan is kept.
    """
    store = run.store.name
    full_scan_at_utc = find_watermark(connection, store, RECONCILE).full_scan_at_utc
    if run.params.full_resync or full_scan_at_utc is None:
        return True
    if find_state(connection, store, StateKey.DECIDED_BY) != _decided_by(run.store):
        log.info("settings that decide about everybody have changed: everybody is looked at")
        return True
    return utc_now() - parse_utc(full_scan_at_utc) >= timedelta(
        days=run.store.extract.full_scan_days
    )


def keep_full_match(run: Run, connection: Connection) -> None:
    """Keep by which settings everybody is matched."""
    settings = _decided_by(run.store)
    keep_state(connection, run.store.name, StateKey.MATCHED_BY, settings, utc_now())


def keep_full_plan(run: Run, connection: Connection) -> None:
    """Keep that everybody is planned, by the settings of the match before.

    Where somebody changed them in between, the next run looks at everybody again.
    """
    store, now = run.store.name, utc_now()
    watermark = Watermark(since=None, full_scan_at_utc=utc_text(now))
    save_watermark(connection, store, RECONCILE, watermark)
    matched_by = find_state(connection, store, StateKey.MATCHED_BY)
    if matched_by is not None:
        keep_state(connection, store, StateKey.DECIDED_BY, matched_by, now)


def _decided_by(store: StoreSettings) -> str:
    """Settings whose change may change any card, though nobody's data has changed."""
    settings = {"include_guests", "non_member_cards", "push_to"}
    return store.model_dump_json(include=settings)
