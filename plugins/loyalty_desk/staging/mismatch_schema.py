"""What could not be paired: since when, who it may be, and what people decided about it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, Text

from loyalty_desk.staging.metadata import CLUSTERED, about, staging_table

mismatches = staging_table(
    "mismatches",
    about(
        "One per customer or member that is, or was, in a class that needs a person.",
        "Open are those without `settled_at_utc`; what is ignored counts as open here, see "
        "`ignored_mismatches`.",
        "Another class is the same mismatch; coming back begins a new age.",
    ),
    Column("store", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("opened_at_utc", Text, nullable=False, doc="Since when it is open, this time."),
    Column("settled_at_utc", Text, doc="When it was in no such class any more. NULL: it is open."),
    Column("returned", Integer, nullable=False, doc="How often it came back."),
    **CLUSTERED,
)

suggestions = staging_table(
    "suggestions",
    about(
        "One per customer without a member and member that it may be.",
        "Made anew after each match.",
        "Refused ones are here too: leave out what is in `refused_suggestions`.",
    ),
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("score", Float, nullable=False, doc="How sure it is, from 0 to 1."),
    Column("reasons", Text, nullable=False, doc="JSON list of `Reason` in `mismatches/scores.py`."),
    **CLUSTERED,
)

refused_suggestions = staging_table(
    "refused_suggestions",
    about("One per customer and member of whom a person said that they are not the same."),
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("member_id", Text, primary_key=True),
    **CLUSTERED,
)

ignored_mismatches = staging_table(
    "ignored_mismatches",
    about(
        "One per mismatch that a person wants to hear nothing of.",
        "One whose `until_utc` is over does not count any more, though it is still here.",
    ),
    Column("store", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    Column("reason", Text, nullable=False, doc="What the person wrote."),
    Column("until_utc", Text, doc="NULL: for good."),
    **CLUSTERED,
)

decisions = staging_table(
    "decisions",
    about(
        "One per decision of a person about one customer or member.",
        "What was decided when. What is in force is in `links`, `refused_suggestions` and "
        "`ignored_mismatches`; a later decision replaces an earlier one that it contradicts.",
    ),
    Column("store", Text, primary_key=True),
    Column("decision_id", Text, primary_key=True, doc="Ours; sorts by when it was made."),
    Column("batch_id", Text, nullable=False, doc="Those made at once, which are undone at once."),
    Column("side", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("action", Text, nullable=False, doc="`link`, `refuse` or `ignore`."),
    Column("member_id", Text, doc="The member that was linked or refused. NULL: ignored."),
    Column("reason", Text, doc="Why it is ignored. NULL: something else was decided."),
    Column("until_utc", Text, doc="Until when it is ignored. NULL: for good, or not ignored."),
    Column("actor", Text, nullable=False, doc="Who decided."),
    Column("decided_at_utc", Text, nullable=False),
    Column("undone_by", Text, doc="Who took it back. NULL: nobody did."),
    Column("undone_at_utc", Text),
    Index("decisions_by_subject", "store", "side", "subject_id"),
    Index("decisions_by_batch", "store", "batch_id"),
)
