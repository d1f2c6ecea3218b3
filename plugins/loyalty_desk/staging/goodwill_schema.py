"""What goodwill and the programme cost: the points liability, day by day."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Text

from loyalty_desk.staging.metadata import CLUSTERED, about, staging_table

liability_days = staging_table(
    "liability_days",
    about(
        "One per day and tier on which a sync came to its match; the last one of a day stays.",
        "Sums over all members who are there, whatever their status; of nobody in particular.",
        "What moved is the difference to the row of `since_day` with the same tier. Of that, "
        "`…_by_hand` is known; no platform tells what everybody earned, redeemed or lost, so the "
        "rest is unexplained.",
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
    **CLUSTERED,
)
