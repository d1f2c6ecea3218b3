"""Cards for those who have none since the store wrote to recent customers alone, in the background.

When `push.audience` is `everybody` again, after everything that did change, in what is left of the
push's time box: so the brake has not a whole shop to let through, and nobody's balance waits.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import ApiError, ApiUnavailableError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import CardWriter, WantedCard, find_delivery
from loyalty_desk.gorgias.ledger import keep_pushed
from loyalty_desk.records import Cause, CauseKind
from loyalty_desk.staging import audience
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_lock import Run, renew_lock
from loyalty_desk.staging.statements import statement
from loyalty_desk.sync.rewriting import rewrite_cards

log = logging.getLogger(__name__)

CHUNK = 200


def write_in_background(run: Run, client: GorgiasClient, ends_at_s: float) -> dict[str, float]:
    """Write what can wait for all that changed, until it is time; returns the counters."""
    counters = rewrite_cards(run, client, ends_at_s)
    return {**counters, **fill_cards(run, client, ends_at_s)}


def fill_cards(run: Run, client: GorgiasClient, ends_at_s: float) -> dict[str, float]:
    """Write cards until everybody has one or it is time; returns the counter, 0 in other stores.

    What Gorgias refuses is for the next plan; an outage ends it, and is no failure.
    """
    filled = 0
    with reading(run.engine) as connection:
        is_wanted = audience.is_widening(connection, run.store)
    if run.params.dry_run or run.params.limit is not None or not is_wanted:
        return {"filled": filled}
    writer = CardWriter(client, run.engine, run.store)
    for row in _iter_without_card(run):
        if time.monotonic() >= ends_at_s:
            break
        try:
            filled += _fill(run, writer, row)
        except ApiUnavailableError as error:
            log.warning("cards for everybody wait for the next run: %s", error)
            break
        except ApiError as error:  # merged, deleted or refused: the extract or the plan tells
            log.info("customer %d has no card yet: %s", row.customer_id, error.status)
            _leave_to_plan(run, row.customer_id)
    else:
        with run.engine.begin() as connection:
            audience.end_widening(connection, run.store)
        log.info("everybody has a card, or is about to")
    return {"filled": filled}


def _iter_without_card(run: Run) -> Iterator[Row[Any]]:
    after = 0
    while True:
        binds = {
            "store": run.store.name,
            "destination": run.store.push_to[0].value,
            "non_member_cards": run.store.non_member_cards,
            "after": after,
            "chunk": CHUNK,
        }
        with reading(run.engine) as connection:
            rows = connection.execute(statement("push/ledger/select_without_card"), binds).all()
        if not rows:
            return
        renew_lock(run)
        yield from rows
        after = rows[-1].customer_id


def _fill(run: Run, writer: CardWriter, row: Row[Any]) -> int:
    """Write one customer's card to each place, as staging has it now; returns how many writes."""
    count = 0
    for place in run.store.push_to:
        wanted = WantedCard(row.customer_id, place.value, row.outcome, row.member_id)
        with reading(run.engine) as connection:
            delivery = find_delivery(connection, run.store, wanted, utc_now())
        if delivery is None:  # the match does not hold any more
            _leave_to_plan(run, row.customer_id)
            return count
        was_there = delivery.is_there
        if not was_there:
            delivery = writer.deliver(delivery)
            count += 1
        with run.engine.begin() as connection:
            name, now_utc = run.store.name, utc_text(utc_now())
            cause = Cause(kind=CauseKind.SYNC, ref=run.run_id)
            keep_pushed(connection, name, delivery, now_utc, was_there=was_there, cause=cause)
    return count


def _leave_to_plan(run: Run, customer_id: int) -> None:
    with run.engine.begin() as connection:
        binds = {"store": run.store.name, "customer_id": customer_id}
        connection.execute(statement("push/ledger/insert_to_plan"), binds)
