"""What must outlive the database: erasures, revocations and decisions, kept outside of it too."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Text

from loyalty_desk.staging.metadata import CLUSTERED, about, staging_table

journal = staging_table(
    "journal",
    about(
        "One per erasure, ended token, decision, disconnect or change of platform "
        "since it was begun.",
        "Each is also a file below `LOYALTY_DESK_VAR_DIR`, from which `restored` applies what a "
        "restored database does not hold; one without `kept_at_utc` is no file yet.",
        "Of people it holds keyed hashes as `erased_people` does, and no name of who decided.",
    ),
    Column("entry_id", Text, primary_key=True, doc="Ours; sorts by when it was made."),
    Column("store", Text, nullable=False),
    Column(
        "number",
        Integer,
        doc="Its number in the journal, without gaps from 1. NULL: it is to have one.",
    ),
    Column("kind", Text, nullable=False, doc="An `Event` of `staging/journal.py`."),
    Column("content", Text, nullable=False, doc="JSON, as the event wants it."),
    Column("at_utc", Text, nullable=False, doc="When it was so."),
    Column("kept_at_utc", Text, doc="When its file was seen to be there. NULL: not yet."),
    **CLUSTERED,
)
