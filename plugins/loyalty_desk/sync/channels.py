"""Read further e-mail addresses, which lists do not tell, and follow who was merged in Gorgias.

Each costs a request a customer, so a run makes `extract.max_channel_lookups` at most: first for
those into whom somebody was merged, as a merge moves addresses and no list tells of it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from typing import Final

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import LoyaltyDeskError, MovedError, NotFoundError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.reading import CustomerMerge
from loyalty_desk.staging import intake
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.load import chunks
from loyalty_desk.staging.run_lock import Run, renew_lock
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.watermarks import Watermark, find_watermark, resume_at, save_watermark

log = logging.getLogger(__name__)

MERGES: Final = "customer_merges"
"""The watermark of merges of customers."""
MOST_MERGES: Final = 10_000
"""As many are followed in one run; the next one goes on behind them."""


def look_up_channels(run: Run, client: GorgiasClient) -> int:
    """Retrieve the customers whose member may hide behind another address.

    Returns the number of customers looked up.
    """
    store = run.store
    looked_up = follow_merges(run, client, store.extract.max_channel_lookups)
    binds = {
        "store": store.name,
        "guest_status": store.guest_status.value,
        "lookups": max(0, store.extract.max_channel_lookups - looked_up),
        "now_utc": utc_text(utc_now()),
    }
    with run.engine.begin() as connection:
        found = connection.execute(statement("extract/select_channel_candidates"), binds)
        customer_ids = list(found.scalars())
    for customer_id in customer_ids:
        looked_up += _look_up(run, client, customer_id)
    log.info("looked up %d customers for further addresses", looked_up)
    return looked_up


def follow_merges(run: Run, client: GorgiasClient, most_lookups: int) -> int:
    """Let who was merged go, and read who survived; returns how many were read.

    A merge moves an address to the survivor without a change that the list of customers shows. Who
    may not read events, as an app without that scope, learns of merges by later full reads.
    """
    started, overlap = utc_now(), timedelta(minutes=run.store.extract.overlap_minutes)
    with reading(run.engine) as connection:
        since = find_watermark(connection, run.store.name, MERGES).since
    window = utc_text(started - timedelta(days=run.store.extract.full_scan_days))
    since = max(since, window) if since else window
    try:
        merges = list(islice(client.iter_customer_merges(since), MOST_MERGES))
    except LoyaltyDeskError as error:
        log.warning("merges in Gorgias are not followed: %s", error)
        return 0
    is_all = len(merges) < MOST_MERGES
    _let_go(run, merges)
    looked_up, followed = 0, since
    seen: set[int] = set()
    for merge in merges:
        if most_lookups and merge.survivor_id not in seen:
            if looked_up >= most_lookups:  # the next run begins with this one
                is_all, followed = False, merge.at_utc
                break
            seen.add(merge.survivor_id)
            looked_up += _look_up(run, client, merge.survivor_id)
        followed = max(followed, merge.at_utc)
    newest = resume_at(max(followed, utc_text(started)) if is_all else followed, started, overlap)
    with run.engine.begin() as connection:
        save_watermark(
            connection, run.store.name, MERGES, Watermark(since=newest, full_scan_at_utc=None)
        )
    return looked_up


def _let_go(run: Run, merges: Iterable[CustomerMerge]) -> None:
    """Mark who is gone, of those who have a card; of the others the next write to them tells."""
    store, count = run.store.name, 0
    gone = sorted({merge.source_id for merge in merges if merge.source_id is not None})
    for some in chunks(gone):
        with run.engine.begin() as connection:
            binds = {"store": store, "ids": some}
            shown = connection.execute(statement("extract/select_with_card"), binds).scalars().all()
            count += intake.mark_gone(connection, store, shown, utc_now())
    if count:
        log.info("%d customers were merged into others since the last run", count)


def _look_up(run: Run, client: GorgiasClient, customer_id: int) -> int:
    """Read a customer in full, and whoever has a card and the same address; returns how many.

    In Gorgias an address is one customer's. Another one who has it was merged, or gave it up.
    """
    _read(run, client, customer_id)
    binds = {"store": run.store.name, "customer_id": customer_id}
    with reading(run.engine) as connection:
        found = connection.execute(statement("extract/select_rivals"), binds)
        rivals = list(found.scalars())
    for rival in rivals:
        _read(run, client, rival)
    return 1 + len(rivals)


def _read(run: Run, client: GorgiasClient, customer_id: int) -> None:
    store, asked_at = run.store, utc_now()
    try:
        found = [client.get_customer(customer_id)]
    except (NotFoundError, MovedError):
        found = []  # merged or deleted since it was listed
    with run.engine.begin() as connection:
        if found:
            intake.stage_customers(
                connection,
                store.name,
                found,
                asked_at,
                card_key=store.gorgias.card_key,
                first_load=False,
            )
        else:
            intake.mark_gone(connection, store.name, [customer_id], utc_now())
    renew_lock(run)
