"""The staging tables of look-ups."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from loyalty_desk.staging.metadata import CLUSTERED, METADATA

# One per ticket whose look-up found no member. `outcome` is the class that was said; no address is
# kept, the ticket leads to it. `settled_at_utc` is when a later look-up of the ticket found one.
lookups_not_found = Table(
    "lookups_not_found",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("ticket_id", BigInteger, primary_key=True),
    Column("customer_id", BigInteger),
    Column("outcome", Text, nullable=False),
    Column("first_at_utc", Text, nullable=False),
    Column("last_at_utc", Text, nullable=False),
    Column("settled_at_utc", Text),
    **CLUSTERED,
)

# One per customer that a platform without a list of members was asked about.
member_lookups = Table(
    "member_lookups",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("asked_at_utc", Text, nullable=False),
    **CLUSTERED,
)
