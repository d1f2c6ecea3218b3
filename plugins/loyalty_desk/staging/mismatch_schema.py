"""The staging tables of what could not be paired."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Integer, Table, Text

from loyalty_desk.staging.metadata import CLUSTERED, METADATA

# One per customer without a member and member that it may be. `reasons` is a JSON list; `score` is
# from 0 to 1. Made anew after each match.
suggestions = Table(
    "suggestions",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("score", Float, nullable=False),
    Column("reasons", Text, nullable=False),
    **CLUSTERED,
)

# One per customer or member in a class that needs a person, for as long as it is known. It is open
# until `settled_at_utc`; `returned` is how often it came back after that.
mismatches = Table(
    "mismatches",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("opened_at_utc", Text, nullable=False),
    Column("settled_at_utc", Text),
    Column("returned", Integer, nullable=False),
    **CLUSTERED,
)
