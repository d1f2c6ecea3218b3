"""What a full scan sees of a store's members or customers, and what is gone because it does not."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection

from loyalty_desk.clock import utc_text
from loyalty_desk.staging import schema, set_aside
from loyalty_desk.staging.load import bulk_upsert
from loyalty_desk.staging.row_types import SeenRow
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

Source = Literal["members", "customers"]


def begin_scan(connection: Connection, store: str, source: Source, run_id: str) -> None:
    """Begin to note what a full scan sees; one that was cut off before begins anew."""
    log.info("full scan of %s begins in run %s", source, run_id)
    connection.execute(statement("stage/scan/delete_scan_seen"), {"store": store, "source": source})


def note_seen(connection: Connection, store: str, source: Source, ids: Iterable[int | str]) -> None:
    """Note ids that the full scan saw, also of rows that could not be used."""
    seen = {str(subject_id) for subject_id in ids}
    bulk_upsert(connection, schema.scan_seen, [SeenRow(store, source, value) for value in seen])


def count_seen(connection: Connection, store: str, source: Source) -> int:
    """How many ids the scan saw so far."""
    binds = {"store": store, "source": source}
    return int(connection.execute(statement("stage/scan/count_seen"), binds).scalar_one())


class _Unseen(NamedTuple):
    """The statements on live rows that a full scan did not see."""

    count_rows: str
    touch_rows: str
    mark_rows: str


_UNSEEN: Final[Mapping[Source, _Unseen]] = {
    "members": _Unseen(
        "stage/members/count_unseen_members",
        "stage/members/touch_unseen_members",
        "stage/members/mark_unseen_members",
    ),
    "customers": _Unseen(
        "stage/customers/count_unseen_customers",
        "stage/customers/touch_unseen_customers",
        "stage/customers/mark_unseen_customers",
    ),
}


def count_unseen(connection: Connection, store: str, source: Source) -> int:
    """How many live rows `finish_scan` would mark as gone; for the brake to look at first."""
    unseen = connection.execute(statement(_UNSEEN[source].count_rows), {"store": store})
    return int(unseen.scalar_one())


def finish_scan(connection: Connection, store: str, source: Source, now: datetime) -> int:
    """Mark the live rows that the scan did not see as gone; returns how many.

    A scan that broke off, or saw next to nothing, must not come here: ask `count_unseen` first.
    """
    connection.execute(statement(_UNSEEN[source].touch_rows), {"store": store})
    gone = connection.execute(
        statement(_UNSEEN[source].mark_rows), {"store": store, "now_utc": utc_text(now)}
    ).rowcount
    if source == "customers":
        connection.execute(statement("stage/customers/delete_channels_of_gone"), {"store": store})
    set_aside.forget_unseen(connection, store, "member" if source == "members" else "customer")
    connection.execute(statement("stage/scan/delete_scan_seen"), {"store": store, "source": source})
    return gone
