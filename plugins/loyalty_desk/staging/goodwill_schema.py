"""What goodwill and the programme cost: the points liability, day by day."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Text

from loyalty_desk.staging.metadata import CLUSTERED, about, staging_table

liability_days = staging_table(
    "liability_days",
    about(
        "One per day and tier on which a sync came to its match; the last one of a day stays.",
        "Sums over all members who are there, whatever their status; of nobody in particular.",
        "What moved is the difference to the row of `since_day` with the same tier. Of that, "
        "`…_by_hand` is known, and what a platform's ledger of the whole shop tells; the rest is "
        "unexplained.",
        "`points_earned` to `points_taken` are NULL where the ledger does not tell that kind, or "
        "was not read whole from `since_day` on.",
    ),
    Column("store", Text, primary_key=True),
    Column("day", Text, primary_key=True, doc="The day in UTC, `2026-01-31`."),
    Column("tier", Text, primary_key=True, doc="Its name. Empty: no tier is told of them."),
    Column("taken_at_utc", Text, nullable=False, doc="When it was summed up."),
    Column("members", BigInteger, nullable=False, doc="How many there are; 0: all have left it."),
    Column(
        "members_told",
        BigInteger,
        nullable=False,
        doc="Of those, how many have a balance of points that is known.",
    ),
    Column("points", BigInteger, nullable=False, doc="The sum of the balances that are known."),
    Column(
        "points_pending", BigInteger, doc="Points that are credited later. NULL: of nobody told."
    ),
    Column(
        "credits",
        BigInteger,
        doc="The sum of store credit, in hundredths. NULL: of nobody told.",
    ),
    Column("since_day", Text, doc="The newest earlier day with rows. NULL: there is none."),
    Column(
        "points_by_hand",
        BigInteger,
        doc="Points of awards to these members that were booked since then. NULL: no `since_day`.",
    ),
    Column(
        "credits_by_hand",
        BigInteger,
        doc="The same of store credit, in hundredths. NULL: as above.",
    ),
    Column(
        "point_value_millionths",
        BigInteger,
        doc="What a point was worth that day (`goodwill.point_value`), in millionths of the "
        "currency. NULL: it was not set.",
    ),
    Column("currency", Text, doc="The store's `currency` that day. NULL: it was not set."),
    Column(
        "ledger_since_utc",
        Text,
        doc="Since when the platform's ledger has been read without a gap. NULL: its end was not "
        "reached that day, or it lists none.",
    ),
    Column("points_earned", BigInteger, doc="Points for orders and other actions. NULL: not told."),
    Column(
        "points_redeemed", BigInteger, doc="Points that rewards took, below zero. NULL: not told."
    ),
    Column("points_expired", BigInteger, doc="Points that expired, below zero. NULL: not told."),
    Column(
        "points_adjusted",
        BigInteger,
        doc="Points by hand that are no award of ours. NULL: not told.",
    ),
    Column(
        "points_added",
        BigInteger,
        doc="Points that came, and no more is told of them. NULL: not told.",
    ),
    Column(
        "points_taken", BigInteger, doc="The same of those that went, below zero. NULL: not told."
    ),
    **CLUSTERED,
)

ledger_entries = staging_table(
    "ledger_entries",
    about(
        "One per booking in the platform's ledger of the whole shop, while it may come again.",
        "Awards of ours are not here, nor bookings of who is not a member here.",
        "Counts on the day on which it was read, not on that of its booking.",
        "Does not say whose it is.",
    ),
    Column("store", Text, primary_key=True),
    Column("entry_id", Text, primary_key=True, doc="The platform's."),
    Column(
        "tier",
        Text,
        nullable=False,
        doc="The member's when it was read; empty: none, or the entry does not tell whose it is.",
    ),
    Column("kind", Text, nullable=False, doc="A `LedgerKind` of `records.py`."),
    Column("points", BigInteger, nullable=False, doc="Signed; 0 once it was taken back."),
    Column(
        "created_at_utc",
        Text,
        nullable=False,
        doc="When it was booked; when it was read, if that is not told.",
    ),
    Column("read_at_utc", Text, nullable=False, doc="When it was first read."),
    Index("ledger_entries_by_reading", "store", "read_at_utc"),
    Index("ledger_entries_by_age", "store", "created_at_utc"),
    **CLUSTERED,
)
