"""Read the platform and Gorgias into staging, one page at a time, each in its own transaction.

A page that was staged stays staged when a later one fails; a watermark moves only when a read is
whole. A row that cannot be used is set aside and counted, and past a share it stops the run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from loyalty_desk.clock import parse_utc, utc_now, utc_text
from loyalty_desk.errors import MovedError, NotFoundError, RejectedShareError
from loyalty_desk.gorgias.client import CustomerPage, GorgiasClient
from loyalty_desk.platforms.base import MemberPage, Platform
from loyalty_desk.records import Customer, Rejected, Ticket
from loyalty_desk.staging import schema
from loyalty_desk.staging.load import bulk_insert
from loyalty_desk.staging.statements import statement
from loyalty_desk.sync import stage
from loyalty_desk.sync.brake import BrakeFacts, ExtractSize, check_brake
from loyalty_desk.sync.run import Run, renew_lock
from loyalty_desk.sync.watermarks import RECONCILE, Watermark, find_watermark, save_watermark

log = logging.getLogger(__name__)

MIN_ROWS_FOR_SHARE = 100
"""Below this many rows one bad row must not stop a run in mid-read."""


@dataclass(slots=True)
class ReadCounts:
    """What one read of one source did. `fetched` counts each record once, repeats apart."""

    fetched: int = 0
    staged: int = 0
    rejected: int = 0
    kept_out: int = 0
    changed: int = 0
    gone: int = 0

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
class _Read:
    """The bookkeeping that every read shares: repeats, rejects, progress."""

    run: Run
    source: str
    counts: ReadCounts = field(default_factory=ReadCounts)
    seen: set[int | str] = field(default_factory=set)

    def first_sight(self, record_id: int | str) -> bool:
        """Whether this id is new to the read; pages overlap when rows move between them."""
        if record_id in self.seen:
            return False
        self.seen.add(record_id)
        return True

    def reject(self, rejected: Iterable[Rejected]) -> None:
        rows: list[tuple[object, ...]] = []
        for record in rejected:
            if record.record_id is not None and not self.first_sight(f"bad {record.record_id}"):
                continue
            rows.append(
                (
                    self.run.store.name,
                    self.run.run_id,
                    self.source,
                    self.counts.rejected + len(rows),
                    record.record_id,
                    record.field,
                    record.reason,
                )
            )
        if rows:
            with self.run.engine.begin() as connection:
                bulk_insert(connection, schema.rejected_records, rows)
        self.counts.rejected += len(rows)
        self.counts.fetched += len(rows)

    def check_share(self, *, whole: bool) -> None:
        allowed = self.run.store.extract.max_rejected_share
        counts = self.counts
        if not whole and counts.fetched < MIN_ROWS_FOR_SHARE:
            return
        if counts.rejected > allowed * counts.fetched:
            raise RejectedShareError(
                f"{counts.rejected} of {counts.fetched} {self.source} were unusable, more than "
                f"extract.max_rejected_share = {allowed:g} of store {self.run.store.name}; "
                "the report lists fields and reasons"
            )

    def page_done(self, staged: stage.StagedCounts) -> None:
        """Count one page's usable rows, look at the share of bad ones, and keep the lock."""
        self.counts.fetched += staged.staged + len(staged.kept_out)
        self.counts.staged += staged.staged
        self.counts.kept_out += len(staged.kept_out)
        self.counts.changed += staged.changed
        self.check_share(whole=False)
        renew_lock(self.run, utc_now())
        log.info(
            "%s: %d fetched, %d changed", self.source, self.counts.fetched, self.counts.changed
        )


def _start_read(run: Run, source: str) -> _Read:
    with run.engine.begin() as connection:
        connection.execute(
            statement("extract/delete_rejected_records"),
            {"store": run.store.name, "run_id": run.run_id, "source": source},
        )
    return _Read(run, source)


def extract_members(run: Run, platform: Platform) -> ReadCounts:
    """Read the members that changed since the last run; all where the platform cannot tell, when
    asked, or once a while.
    """
    with run.engine.begin() as connection:
        mark = find_watermark(connection, run.store.name, "members")
    full = not platform.capabilities.lists_changes or run.params.full_resync
    if full or _full_scan_is_due(run, mark):
        return _scan_members(run, platform)
    assert mark.since is not None  # noqa: S101 - a full scan always leaves one
    return _walk_members(run, platform, mark.since)


def _scan_members(run: Run, platform: Platform) -> ReadCounts:
    read, store = _start_read(run, "members"), run.store.name
    started = utc_now()
    scan = _begin_scan(run, "members")
    for page in platform.iter_member_pages():
        _stage_member_page(read, page, first_load=scan.is_first_load, note_seen=True)
    read.check_share(whole=True)
    read.counts.gone = _finish_scan(run, "members", scan.live_before)
    with run.engine.begin() as connection:
        mark = Watermark(since=utc_text(started), full_scan_at_utc=utc_text(started))
        save_watermark(connection, store, "members", mark)
    return read.counts


def _walk_members(run: Run, platform: Platform, since: str) -> ReadCounts:
    """Read what changed since the last run began, and a little before, as clocks differ."""
    read = _start_read(run, "members")
    started = utc_now()
    oldest = parse_utc(since) - timedelta(minutes=run.store.extract.overlap_minutes)
    for page in platform.iter_member_pages(oldest):
        _stage_member_page(read, page, first_load=False, note_seen=False)
    read.check_share(whole=True)
    with run.engine.begin() as connection:
        mark = Watermark(since=utc_text(started), full_scan_at_utc=None)
        save_watermark(connection, run.store.name, "members", mark)
    return read.counts


def _stage_member_page(read: _Read, page: MemberPage, *, first_load: bool, note_seen: bool) -> None:
    store = read.run.store.name
    fresh = [member for member in page.members if read.first_sight(member.member_id)]
    read.reject(page.rejected)
    with read.run.engine.begin() as connection:
        staged = stage.stage_members(connection, store, fresh, utc_now(), first_load=first_load)
        if note_seen:
            seen = {m.member_id for m in fresh} - staged.kept_out
            seen |= {r.record_id for r in page.rejected if r.record_id}
            stage.note_seen(connection, store, "members", seen)
    read.page_done(staged)


def extract_customers(run: Run, client: GorgiasClient) -> ReadCounts:
    """Read the customers that changed since the last run; all when asked or once a while."""
    with run.engine.begin() as connection:
        mark = find_watermark(connection, run.store.name, "customers")
    if run.params.full_resync or _full_scan_is_due(run, mark):
        return _scan_customers(run, client)
    assert mark.since is not None  # noqa: S101 - a full scan always leaves one
    return _walk_customers(run, client, mark.since)


def _full_scan_is_due(run: Run, mark: Watermark) -> bool:
    if mark.since is None or mark.full_scan_at_utc is None:
        return True
    age = utc_now() - parse_utc(mark.full_scan_at_utc)
    return age >= timedelta(days=run.store.extract.full_scan_days)


def _scan_customers(run: Run, client: GorgiasClient) -> ReadCounts:
    """Read every customer, oldest first: an order that updates do not shuffle."""
    read, store = _start_read(run, "customers"), run.store.name
    started = utc_now()
    # The newest row before the scan is the watermark: what changes during it is read next time.
    newest = next(iter(client.iter_customer_pages("updated_datetime:desc")), None)
    since = _newest_update(newest.customers if newest else [])
    scan = _begin_scan(run, "customers")
    for page in client.iter_customer_pages("created_datetime:asc"):
        _stage_customer_page(read, page, first_load=scan.is_first_load, note_seen=True)
    read.check_share(whole=True)
    read.counts.gone = _finish_scan(run, "customers", scan.live_before)
    with run.engine.begin() as connection:
        mark = Watermark(since=since or utc_text(started), full_scan_at_utc=utc_text(started))
        save_watermark(connection, store, "customers", mark)
    return read.counts


def _walk_customers(run: Run, client: GorgiasClient, since: str) -> ReadCounts:
    """Read back from the newest update to the watermark, and a little behind it."""
    read = _start_read(run, "customers")
    oldest = _minus(since, timedelta(minutes=run.store.extract.overlap_minutes))
    newest = since
    for page in client.iter_customer_pages("updated_datetime:desc"):
        _stage_customer_page(read, page, first_load=False, note_seen=False)
        newest = max(newest, _newest_update(page.customers) or newest)
        if page.customers and page.customers[-1].updated_at_utc < oldest:
            break
    read.check_share(whole=True)
    with run.engine.begin() as connection:
        mark = Watermark(since=newest, full_scan_at_utc=None)
        save_watermark(connection, run.store.name, "customers", mark)
    return read.counts


def _stage_customer_page(
    read: _Read, page: CustomerPage, *, first_load: bool, note_seen: bool
) -> None:
    store = read.run.store
    fresh = [customer for customer in page.customers if read.first_sight(customer.customer_id)]
    read.reject(page.rejected)
    with read.run.engine.begin() as connection:
        staged = stage.stage_customers(
            connection,
            store.name,
            fresh,
            utc_now(),
            card_key=store.gorgias.card_key,
            first_load=first_load,
        )
        if note_seen:
            ids = {c.customer_id for c in fresh} - staged.kept_out
            stage.note_seen(connection, store.name, "customers", ids)
            bad = [r.record_id for r in page.rejected if r.record_id]
            stage.note_seen(connection, store.name, "customers", bad)
    read.page_done(staged)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scan:
    """What staging held when a full scan began. A first load leaves the rest to a full match."""

    is_first_load: bool
    live_before: int


def _begin_scan(run: Run, source: stage.Source) -> _Scan:
    store = run.store.name
    with run.engine.begin() as connection:
        before = connection.execute(statement(f"extract/count_{source}"), {"store": store}).one()
        reconciled = find_watermark(connection, store, RECONCILE).full_scan_at_utc is not None
        stage.begin_scan(connection, store, source, run.run_id)
    return _Scan(is_first_load=not before.staged and not reconciled, live_before=before.live)


def _finish_scan(run: Run, source: stage.Source, live_before: int) -> int:
    """Mark what the scan did not see as gone, unless that is too much to believe."""
    with run.engine.begin() as connection:
        unseen = stage.count_unseen(connection, run.store.name, source)
        if not run.params.release_brake:
            size = ExtractSize(source=source, previous=live_before, current=live_before - unseen)
            facts = BrakeFacts(
                planned=0, planned_update=0, planned_clear=0, member_cards_before=0, shrink=(size,)
            )
            check_brake(run.store.brake, facts)
        return stage.finish_scan(connection, run.store.name, source, utc_now())


def extract_tickets(run: Run, client: GorgiasClient) -> ReadCounts:
    """Read tickets updated inside the window of recent tickets, newest first, to the watermark."""
    read, store = _start_read(run, "tickets"), run.store
    now = utc_now()
    window_start = utc_text(now - timedelta(days=store.extract.recent_ticket_days))
    with run.engine.begin() as connection:
        mark = find_watermark(connection, store.name, "tickets")
    since = None if run.params.full_resync else mark.since
    overlap = timedelta(minutes=store.extract.overlap_minutes)
    oldest = window_start if since is None else max(window_start, _minus(since, overlap))
    newest = since
    for page in client.iter_ticket_pages():
        fresh = [ticket for ticket in page.tickets if read.first_sight(ticket.ticket_id)]
        read.reject(page.rejected)
        recent = [ticket for ticket in fresh if ticket.updated_at_utc >= window_start]
        with run.engine.begin() as connection:
            staged = stage.stage_tickets(connection, store.name, recent, now)
        # Older rows only end the walk; they are neither fetched for anything nor staged.
        read.page_done(staged)
        page_newest = _newest_update(page.tickets)
        newest = max(filter(None, (newest, page_newest)), default=None)
        if page.tickets and page.tickets[-1].updated_at_utc < oldest:
            break
    read.check_share(whole=True)
    with run.engine.begin() as connection:
        stage.prune_tickets(connection, store.name, window_start)
        mark = Watermark(since=newest or utc_text(now), full_scan_at_utc=None)
        save_watermark(connection, store.name, "tickets", mark)
    return read.counts


def look_up_channels(run: Run, client: GorgiasClient) -> int:
    """Retrieve customers with recent tickets whose member may hide behind another address.

    List rows do not hold further e-mail addresses, so each look-up costs one request; the store
    limits how many a run may make. Returns the number of customers looked up.
    """
    store = run.store
    with run.engine.begin() as connection:
        candidates = connection.execute(
            statement("extract/select_channel_candidates"),
            {"store": store.name, "lookups": store.extract.max_channel_lookups},
        ).scalars()
        customer_ids = list(candidates)
    for customer_id in customer_ids:
        try:
            found = [client.get_customer(customer_id)]
        except (NotFoundError, MovedError):
            found = []  # merged or deleted since it was listed
        with run.engine.begin() as connection:
            if found:
                stage.stage_customers(
                    connection,
                    store.name,
                    found,
                    utc_now(),
                    card_key=store.gorgias.card_key,
                    first_load=False,
                )
            else:
                stage.mark_gone(connection, store.name, [customer_id], utc_now())
        renew_lock(run, utc_now())
    log.info("looked up %d customers for further addresses", len(customer_ids))
    return len(customer_ids)


def _newest_update(rows: Iterable[Customer | Ticket]) -> str | None:
    return max((row.updated_at_utc for row in rows), default=None)


def _minus(moment_utc: str, period: timedelta) -> str:
    return utc_text(parse_utc(moment_utc) - period)
