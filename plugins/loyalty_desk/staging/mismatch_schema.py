"""The staging tables of what could not be paired."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, Table, Text

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

# One per customer and member of whom a person said that they are not the same.
refused_suggestions = Table(
    "refused_suggestions",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("member_id", Text, primary_key=True),
    **CLUSTERED,
)

# One per mismatch that a person wants to hear nothing of; NULL in `until_utc` is for good.
ignored_mismatches = Table(
    "ignored_mismatches",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("until_utc", Text),
    **CLUSTERED,
)

# What people decided: one per decision about one customer or member, never deleted. `action` is
# 'link', 'refuse' or 'ignore'; those made at once share a `batch_id` and are undone at once.
decisions = Table(
    "decisions",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("decision_id", Text, primary_key=True),
    Column("batch_id", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("member_id", Text),
    Column("reason", Text),
    Column("until_utc", Text),
    Column("actor", Text, nullable=False),
    Column("decided_at_utc", Text, nullable=False),
    Column("undone_by", Text),
    Column("undone_at_utc", Text),
    Index("decisions_by_subject", "store", "side", "subject_id"),
    Index("decisions_by_batch", "store", "batch_id"),
)

# One per address or id of a person that was erased on request, as a keyed hash: enough to keep the
# person from coming back, and not to tell who it was.
erased_people = Table(
    "erased_people",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("person_hash", Text, primary_key=True),
    Column("erased_at_utc", Text, nullable=False),
    **CLUSTERED,
)
