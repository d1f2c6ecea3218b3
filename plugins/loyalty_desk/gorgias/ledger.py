"""The ledger of what Gorgias accepted from us, and the history of what that said."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from loyalty_desk.card.cards import card_json, shown_fingerprint
from loyalty_desk.gorgias.destinations import Delivery
from loyalty_desk.gorgias.field_writer import values_text
from loyalty_desk.records import WITHDRAWN, Cause, CauseKind, cause_columns
from loyalty_desk.staging.statements import statement


def keep_pushed(
    connection: Connection,
    store: str,
    delivery: Delivery,
    pushed_at_utc: str,
    *,
    was_there: bool = False,
    cause: Cause | None = None,
) -> None:
    """Note in the ledger that Gorgias accepted a card, and in the history what for.

    Of one that was there, and is the one accepted last, it need not be read how it is seen.
    """
    is_known = was_there and delivery.accepted_fingerprint == delivery.fingerprint
    seen_as = None if is_known else shown_fingerprint(delivery.shown())
    kept = connection.execute(
        statement("push/ledger/upsert_pushed_card"),
        {
            "store": store,
            "customer_id": delivery.customer_id,
            "destination": delivery.destination,
            "fingerprint": delivery.fingerprint,
            "is_member": delivery.is_member,
            "points_balance": delivery.points_balance,
            "version_utc": delivery.version_utc,
            "pushed_at_utc": pushed_at_utc,
            "field_values": values_text(delivery.written_values),
            "texts_version": delivery.wording.version,
            "shown_fingerprint": seen_as,
            "form": delivery.form,
            "activity": delivery.activity_hash if delivery.is_card else None,
        },
    )
    if kept.rowcount and not is_known:
        if was_there and cause is not None:
            cause = replace(cause, kind=CauseKind.FOUND)
        keep_write(connection, store, delivery, pushed_at_utc, cause)


def keep_write(
    connection: Connection, store: str, delivery: Delivery, at_utc: str, cause: Cause | None
) -> None:
    """Keep what a write said; of customer fields only where it was written by now, and differs."""
    if not delivery.is_card and delivery.written_values in (None, delivery.accepted_values):
        return
    connection.execute(
        statement("push/history/insert_card_write"),
        {
            "store": store,
            "customer_id": delivery.customer_id,
            "destination": delivery.destination,
            "version_utc": delivery.version_utc,
            "written_at_utc": at_utc,
            "member_id": delivery.card().get("member_id"),
            "outcome": WITHDRAWN if delivery.outcome is None else delivery.outcome.value,
            "card": card_json(delivery.said()),
            **cause_columns(cause),
        },
    )
