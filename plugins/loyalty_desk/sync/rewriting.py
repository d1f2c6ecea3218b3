"""Cards that are the same and stand in Gorgias in an older form, written anew in the background.

After everything that did change, in what is left of the push's time box: nobody's balance waits for
it, and the brake does not count it, as nothing that it guards changes. `connect` begins it, when it
has made widgets that read the form of now; from then on another currency is a form of its own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from sqlalchemy import Row

from loyalty_desk.card.shown import FORM, form_of
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import ApiError, ApiUnavailableError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import CardWriter, WantedCard, find_delivery
from loyalty_desk.gorgias.ledger import keep_pushed
from loyalty_desk.records import Cause, CauseKind, Destination
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_lock import Run, renew_lock
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, find_state

log = logging.getLogger(__name__)

CHUNK = 200


def rewrite_cards(run: Run, client: GorgiasClient, ends_at_s: float) -> dict[str, float]:
    """Write cards in the form of now until none is left or it is time; returns the counter.

    What Gorgias does not take is left to the next run; an outage ends it, and is no failure.
    """
    rewritten = 0
    if run.params.dry_run or run.params.limit is not None or not _is_wanted(run):
        return {"rewritten": rewritten}
    writer = None
    for row in _iter_outdated(run):
        if time.monotonic() >= ends_at_s:
            break
        # Made when a card needs it, as it may ask Gorgias for the customer fields.
        writer = writer or CardWriter(client, run.engine, run.store)
        try:
            rewritten += _rewrite(run, writer, row)
        except ApiUnavailableError as error:
            log.warning("cards in an older form wait for the next run: %s", error)
            break
        except ApiError as error:  # merged, deleted or refused: the extract or the plan tells
            log.info("customer %d keeps an older form: %s", row.customer_id, error.status)
    log.info("%d cards are written in the form of now", rewritten)
    return {"rewritten": rewritten}


def _is_wanted(run: Run) -> bool:
    if Destination.CUSTOMER_DATA not in run.store.push_to:
        return False
    with reading(run.engine) as connection:
        return find_state(connection, run.store.name, StateKey.CARD_FORM) == FORM


def _iter_outdated(run: Run) -> Iterator[Row[tuple[int, int, str, str | None]]]:
    store = run.store
    form_now = form_of(store.currency, reads_movements=store.lookup.activity)
    place, after = -1, 0
    while True:
        binds = {
            "audience": store.push.audience,
            "place": place,
            "after": after,
            "chunk": CHUNK,
        }
        with reading(run.engine) as connection:
            rows = connection.execute(
                statement("push/ledger/select_cards_to_rewrite"),
                {"store": store.name, "form_now": form_now, **binds},
            ).all()
        if not rows:
            return
        renew_lock(run)
        yield from rows
        place, after = rows[-1].place, rows[-1].customer_id


def _rewrite(run: Run, writer: CardWriter, row: Row[tuple[int, int, str, str | None]]) -> bool:
    """Write one card as staging has it now; False when it is for the next plan."""
    destination = Destination.CUSTOMER_DATA.value
    wanted = WantedCard(row.customer_id, destination, row.outcome, row.member_id)
    with reading(run.engine) as connection:
        delivery = find_delivery(connection, run.store, wanted, utc_now())
    # A card that differs is a change, which the plan and the brake have to see.
    if delivery is None or delivery.fingerprint != delivery.accepted_fingerprint:
        return False
    delivery = writer.deliver(delivery)
    with run.engine.begin() as connection:
        cause = Cause(kind=CauseKind.SYNC, ref=run.run_id)
        keep_pushed(connection, run.store.name, delivery, utc_text(utc_now()), cause=cause)
    return True
