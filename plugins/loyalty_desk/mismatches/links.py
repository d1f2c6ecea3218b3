"""A person's decisions on who is who, where e-mails do not tell. The next sync uses them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from loyalty_desk.clock import utc_text
from loyalty_desk.errors import PermanentError
from loyalty_desk.records import Cause, CauseKind, cause_columns
from loyalty_desk.staging.statements import statement


def confirm_link(
    connection: Connection,
    store: str,
    customer_id: int,
    member_id: str,
    *,
    confirmed_by: str,
    now: datetime,
) -> None:
    """Decide that a customer is a member; replaces an earlier decision on the customer.

    Raises:
        PermanentError: staging knows no such customer or no such member.
    """
    key: dict[str, Any] = {"store": store, "customer_id": customer_id, "member_id": member_id}
    for what, find in (("customer", "links/find_customer"), ("member", "links/find_member")):
        subject = key[f"{what}_id"]
        if connection.execute(statement(find), {"store": store, f"{what}_id": subject}).first():
            continue
        raise PermanentError(f"store {store} has no {what} {subject}; run a sync, check the id")
    _touch_linked(connection, store, customer_id)
    connection.execute(
        statement("links/upsert_link"),
        {**key, "confirmed_by": confirmed_by, "now_utc": utc_text(now)},
    )
    _touch_linked(connection, store, customer_id)
    _ask_to_show(connection, store, customer_id, now)


def remove_link(connection: Connection, store: str, customer_id: int, now: datetime) -> None:
    """Take a decision back; raises PermanentError when there is none.

    What it led to on a platform that the store left goes too: it leads no erasing to the other.
    """
    _touch_linked(connection, store, customer_id)
    key = {"store": store, "customer_id": customer_id}
    member_id = connection.execute(statement("links/delete_link"), key).scalar()
    if member_id is None:
        raise PermanentError(f"customer {customer_id} of store {store} has no link")
    pair = {"store": store, "customer_text": str(customer_id), "member_id": member_id}
    connection.execute(statement("links/delete_former_pair"), pair)
    _ask_to_show(connection, store, customer_id, now)


def _touch_linked(connection: Connection, store: str, customer_id: int) -> None:
    """Have the next match decide anew on the customer and on whom it is linked to now."""
    key = {"store": store, "customer_id": customer_id}
    member_id = connection.execute(statement("links/select_link"), key).scalar()
    touched = [("customer", str(customer_id))] + ([("member", member_id)] if member_id else [])
    for kind, value in touched:
        connection.execute(
            statement("links/insert_touched"), {"store": store, "kind": kind, "value": value}
        )


def _ask_to_show(connection: Connection, store: str, customer_id: int, now: datetime) -> None:
    """Have the customer's card written at once, without waiting for the next sync."""
    binds = {
        "store": store,
        "customer_id": customer_id,
        "is_stale": False,
        "now_utc": utc_text(now),
        **cause_columns(Cause(kind=CauseKind.DECISION)),
    }
    connection.execute(statement("refresh/ask_for_customer"), binds)
