"""The tables of awards: the queue, its audit, the gate that keeps the limits, and the tokens."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text

from loyalty_desk.staging.metadata import CLUSTERED, METADATA

# The few of all awards that a run has something to do with.
_WAITING = text("state IN ('queued', 'approved', 'applying', 'needs_approval')")
# An award is reversed once, but a reversal that never took place does not count.
_LIVE_REVERSAL = text("reverses IS NOT NULL AND state NOT IN ('refused', 'rejected')")

# One per award. `amount` is signed, in points or in hundredths of a credit. `subject` is who it is
# for as far as the limits go: the member's id if it was known when it was queued, else the e-mail.
# `sent_at_utc` is committed before the platform is asked, `sends` counts how often that was.
# `reverses` is the award that this one takes back. An award that needs approval is `asked_run_id`'s
# to ask for, and rejected after `approve_by_utc`. Once applied it is `shown_at_utc` in Gorgias and
# `noted_at_utc` on its ticket; once refused or unknown, `alert_run_id` is the run that alerts.
awards = Table(
    "awards",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("award_id", Text, primary_key=True),
    Column("idempotency_key", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("email", Text),
    Column("member_id", Text),
    Column("subject", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text),
    Column("message", Text),
    Column("agent", Text, nullable=False),
    Column("ticket_id", BigInteger),
    Column("door", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", Text),
    Column("queued_at_utc", Text, nullable=False),
    Column("claimed_by", Text),
    Column("lease_until_utc", Text),
    Column("sent_at_utc", Text),
    Column("sends", Integer, nullable=False),
    Column("entry_id", Text),
    Column("settled_at_utc", Text),
    Column("reverses", Text),
    Column("approve_by_utc", Text),
    Column("asked_run_id", Text),
    Column("shown_at_utc", Text),
    Column("noted_at_utc", Text),
    Column("alert_run_id", Text),
    Index("awards_by_key", "store", "idempotency_key", unique=True),
    Index("awards_by_state", "store", "state", "lease_until_utc"),
    Index("awards_by_day", "store", "queued_at_utc"),
    Index("awards_by_subject", "store", "subject"),
    Index("awards_waiting", "state", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index(
        "awards_reversed",
        *("store", "reverses"),
        unique=True,
        sqlite_where=_LIVE_REVERSAL,
        postgresql_where=_LIVE_REVERSAL,
    ),
)

# The audit: one per transition of an award, never changed and never deleted. `facts` is JSON of
# what was known then: for whom, how much, why, from which door, the balance.
award_events = Table(
    "award_events",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("award_id", Text, primary_key=True),
    Column("event_number", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("detail", Text),
    Column("actor", Text, nullable=False),
    Column("happened_at_utc", Text, nullable=False),
    Column("facts", Text, nullable=False),
    **CLUSTERED,
)

# One per store that ever awarded: whoever checks the limits holds this row until he has queued.
award_gates = Table(
    "award_gates",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("passed_at_utc", Text, nullable=False),
)

# One per token that opens one of the HTTP doors, for one store. Of the token itself only a hash is
# kept.
api_tokens = Table(
    "api_tokens",
    METADATA,
    Column("token_id", Text, primary_key=True),
    Column("store", Text, nullable=False),
    Column("opens", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at_utc", Text, nullable=False),
    Column("revoked_by", Text),
    Column("revoked_at_utc", Text),
)
