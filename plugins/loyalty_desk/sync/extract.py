"""Read the platform and Gorgias into staging, one page at a time, each in its own transaction.

A page that was staged stays staged when a later one fails; a watermark moves only when a read is
whole. A row that cannot be used is set aside and counted, and past a share it stops the run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from loyalty_desk.clock import parse_utc, utc_now, utc_text
from loyalty_desk.gorgias.client import CustomerPage, GorgiasClient
from loyalty_desk.records import Customer, Ticket
from loyalty_desk.staging import audience, full_scans, intake, set_aside
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_lock import Run
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.watermarks import find_watermark, save_watermark
from loyalty_desk.sync.reads import (
    Read,
    ReadCounts,
    begin_scan,
    finish_scan,
    full_scan_is_due,
    next_watermark,
    start_read,
)

log = logging.getLogger(__name__)


def extract_customers(run: Run, client: GorgiasClient) -> ReadCounts:
    """Read the customers that changed since the last run; all when asked or once a while."""
    with run.engine.begin() as connection:
        watermark = find_watermark(connection, run.store.name, "customers")
    if run.params.full_resync or full_scan_is_due(run, watermark):
        return _scan_customers(run, client)
    assert watermark.since is not None  # noqa: S101 - a full scan always leaves one
    return _walk_customers(run, client, watermark.since)


def _scan_customers(run: Run, client: GorgiasClient) -> ReadCounts:
    """Read every customer, oldest first: an order that updates do not shuffle."""
    read, store = start_read(run, "customers"), run.store.name
    started = utc_now()
    # The newest row before the scan is the watermark: what changes during it is read next time.
    newest = next(iter(client.iter_customer_pages("updated_datetime:desc")), None)
    since = _newest_update(newest.customers if newest else [])
    scan = begin_scan(run, "customers")
    for asked_at, page in _dated(client.iter_customer_pages("created_datetime:asc")):
        _stage_customer_page(read, page, asked_at, first_load=scan.is_first_load, note_seen=True)
    read.check_share(whole=True)
    read.counts.gone = finish_scan(run, "customers", scan)
    with run.engine.begin() as connection:
        watermark = next_watermark(run, since or utc_text(started), started, full=True)
        save_watermark(connection, store, "customers", watermark)
    return read.counts


def _walk_customers(run: Run, client: GorgiasClient, since: str) -> ReadCounts:
    """Read back from the newest update to the watermark, and a little behind it."""
    read, started = start_read(run, "customers"), utc_now()
    oldest = _minus(since, timedelta(minutes=run.store.extract.overlap_minutes))
    newest = since
    for asked_at, page in _dated(client.iter_customer_pages("updated_datetime:desc")):
        _stage_customer_page(read, page, asked_at, first_load=False, note_seen=False)
        newest = max(newest, _newest_update(page.customers) or newest)
        if page.customers and page.customers[-1].updated_at_utc < oldest:
            break
    read.check_share(whole=True)
    with run.engine.begin() as connection:
        watermark = next_watermark(run, newest, started)
        save_watermark(connection, run.store.name, "customers", watermark)
    return read.counts


def _dated(pages: Iterable[CustomerPage]) -> Iterator[tuple[datetime, CustomerPage]]:
    """Each page with when it was asked for: what is written meanwhile is newer than the page."""
    asked_at = utc_now()
    for page in pages:
        yield asked_at, page
        asked_at = utc_now()


def _stage_customer_page(
    read: Read, page: CustomerPage, asked_at: datetime, *, first_load: bool, note_seen: bool
) -> None:
    store = read.run.store
    fresh = [customer for customer in page.customers if read.first_sight(customer.customer_id)]
    read.reject(page.rejected)
    with read.run.engine.begin() as connection:
        set_aside.note_rejected(connection, store.name, "customer", page.rejected, utc_now())
        staged = intake.stage_customers(
            connection,
            store.name,
            fresh,
            asked_at,
            card_key=store.gorgias.card_key,
            first_load=first_load,
        )
        if note_seen:
            ids = {c.customer_id for c in fresh} - staged.unknown
            full_scans.note_seen(connection, store.name, "customers", ids)
            bad = [r.record_id for r in page.rejected if r.record_id]
            full_scans.note_seen(connection, store.name, "customers", bad)
    read.page_done(staged)


def extract_tickets(run: Run, client: GorgiasClient) -> ReadCounts:
    """Read tickets updated inside the window of recent tickets, newest first, to the watermark."""
    read, store = start_read(run, "tickets"), run.store
    now = utc_now()
    window_start = utc_text(now - timedelta(days=store.extract.recent_ticket_days))
    with run.engine.begin() as connection:
        watermark = find_watermark(connection, store.name, "tickets")
        counts_since, is_known = audience.oldest_to_read(connection, store, window_start, now)
    since = watermark.since
    is_full = run.params.full_resync or watermark.lies_ahead(now) or not is_known
    if is_full or _is_half_read(run):
        since = None
    overlap = timedelta(minutes=store.extract.overlap_minutes)
    oldest = counts_since if since is None else max(counts_since, _minus(since, overlap))
    newest = since
    for page in client.iter_ticket_pages():
        fresh = [ticket for ticket in page.tickets if read.first_sight(ticket.ticket_id)]
        read.reject(page.rejected)
        recent = [ticket for ticket in fresh if ticket.updated_at_utc >= window_start]
        older = [one for one in fresh if counts_since <= one.updated_at_utc < window_start]
        with run.engine.begin() as connection:
            staged = intake.stage_tickets(connection, store.name, recent, now)
            audience.stage_older_tickets(connection, store, older)
        # Older rows only end the walk; they are neither fetched for anything nor staged.
        read.page_done(staged)
        page_newest = _newest_update(page.tickets)
        newest = max(filter(None, (newest, page_newest)), default=None)
        if page.tickets and page.tickets[-1].updated_at_utc < oldest:
            break
    read.check_share(whole=True)
    with run.engine.begin() as connection:
        audience.keep_older_tickets(connection, store, window_start, now)
        intake.prune_tickets(connection, store.name, window_start)
        watermark = next_watermark(run, newest or utc_text(now), now)
        save_watermark(connection, store.name, "tickets", watermark)
    return read.counts


def _is_half_read(run: Run) -> bool:
    """Whether routing needs more of open tickets than an older version kept."""
    if not run.store.routing.rules:
        return False
    with reading(run.engine) as connection:
        binds = {"store": run.store.name}
        found = connection.execute(statement("routing/has_open_ticket_half_read"), binds)
        return found.scalar_one() is not None


def _newest_update(rows: Iterable[Customer | Ticket]) -> str | None:
    return max((row.updated_at_utc for row in rows), default=None)


def _minus(moment_utc: str, period: timedelta) -> str:
    return utc_text(parse_utc(moment_utc) - period)
