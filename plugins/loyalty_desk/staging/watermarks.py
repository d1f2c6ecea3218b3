"""Where each source's next read resumes. Airflow's data interval cannot tell (see the style guide).

An incremental read of customers or tickets walks from the newest row back to the watermark. One row
with a date in the future must not move it there: nothing that happens until then would be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from loyalty_desk.clock import utc_text
from loyalty_desk.staging.statements import statement

RECONCILE = "reconcile"
"""The watermark of full matches and plans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """One per store and source. Times are UTC text, or None before the first read."""

    since: str | None
    """The newest `updated_datetime` that the last complete read saw, never later than `resume_at`
    allows."""
    full_scan_at_utc: str | None
    """When the last complete full read began."""

    def lies_ahead(self, now: datetime) -> bool:
        """Whether it is in the future: then nobody knows what was overlooked since."""
        return self.since is not None and self.since > utc_text(now)


def resume_at(newest: str, now: datetime, overlap: timedelta) -> str:
    """Where the next read is to resume: at the newest update, and never later than a little ago."""
    return min(newest, utc_text(now - overlap))


def find_watermark(connection: Connection, store: str, source: str) -> Watermark:
    row = connection.execute(
        statement("watermarks/select_watermark"), {"store": store, "source": source}
    ).first()
    if row is None:
        return Watermark(since=None, full_scan_at_utc=None)
    return Watermark(since=row.since, full_scan_at_utc=row.full_scan_at_utc)


def save_watermark(connection: Connection, store: str, source: str, watermark: Watermark) -> None:
    """Keep `watermark`; a None in it leaves what is there as it is."""
    connection.execute(
        statement("watermarks/upsert_watermark"),
        {
            "store": store,
            "source": source,
            "since": watermark.since,
            "full_scan_at_utc": watermark.full_scan_at_utc,
        },
    )


def forget_reads(connection: Connection, store: str) -> None:
    """Have the next run read members, customers and tickets in full."""
    connection.execute(
        statement("watermarks/delete_watermarks"), {"store": store, "reconcile": RECONCILE}
    )
