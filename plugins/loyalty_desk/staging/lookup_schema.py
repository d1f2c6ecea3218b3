"""Who was looked up one by one: for a ticket in Gorgias, or on a platform that lists nobody."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Text

from loyalty_desk.staging.metadata import CLUSTERED, about, staging_table

lookups_not_found = staging_table(
    "lookups_not_found",
    about(
        "One per ticket whose lookup found no member.",
        "No address is kept; the ticket leads to it.",
        "Goes when its last lookup is older than the window of recent tickets.",
    ),
    Column("store", Text, primary_key=True),
    Column("ticket_id", BigInteger, primary_key=True),
    Column("customer_id", BigInteger, doc="Who wrote. NULL: the call did not say."),
    Column("outcome", Text, nullable=False, doc="The class that was answered."),
    Column("first_at_utc", Text, nullable=False),
    Column("last_at_utc", Text, nullable=False, doc="The last time, to the minute or so."),
    Column(
        "settled_at_utc", Text, doc="When a later lookup of the ticket found one. NULL: none did."
    ),
    **CLUSTERED,
)

member_lookups = staging_table(
    "member_lookups",
    about(
        "One per customer that a platform without a list of members was asked about.",
        "It was asked; whether it knew somebody shows in `members`.",
    ),
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("asked_at_utc", Text, nullable=False, doc="When it was last asked."),
    **CLUSTERED,
)

activities = staging_table(
    "activities",
    about(
        "One per member whose last movements a lookup read.",
        "What they say counts while the member's card is the one of then: `card_fingerprint`.",
        "No movement is kept, only the line about the last ones.",
    ),
    Column("store", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column(
        "card_fingerprint",
        Text,
        nullable=False,
        doc="Of the member's card when it was read: with another card it may be wrong.",
    ),
    Column("said", Text, nullable=False, doc="`activity_text` of the card; empty: no movement."),
    Column("read_at_utc", Text, nullable=False, doc="When the platform was asked."),
    **CLUSTERED,
)
