"""Points and credits by hand: the queue of awards, its audit, the limits' gate, who may award."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Text, text

from loyalty_desk.staging.metadata import CLUSTERED, about, staging_table

# The few of all awards that a run has something to do with.
_WAITING = text("state IN ('queued', 'approved', 'applying', 'needs_approval')")
# An award is reversed once, but a reversal that never took place does not count.
_LIVE_REVERSAL = text("reverses IS NOT NULL AND state NOT IN ('refused', 'rejected')")
_IN_A_BATCH = text("batch_id IS NOT NULL")

awards = staging_table(
    "awards",
    about(
        "One per award.",
        "`amount` of credits is in hundredths.",
        "An unsettled one with `sends` above 0 may have been booked: its marker, "
        "`ld:<award_id>`, is looked for on the platform before it is sent once more.",
        "A state changes in one transaction with a row of `award_events`.",
    ),
    Column("store", Text, primary_key=True),
    Column("award_id", Text, primary_key=True, doc="Ours, random."),
    Column(
        "idempotency_key", Text, nullable=False, doc="The asker's; else the same as `award_id`."
    ),
    Column(
        "content_hash",
        Text,
        nullable=False,
        doc="Hash of what was asked for: other content with a known key is a conflict.",
    ),
    Column("email", Text, doc="The e-mail key it was asked for by. NULL: by `member_id`."),
    Column("member_id", Text, doc="The member. NULL: asked for by e-mail, and not yet found."),
    Column(
        "subject",
        Text,
        nullable=False,
        doc="Whom the limits count it for: the member's id if it was known when it was queued, "
        "else the e-mail key; `erased` when it is nobody's any more.",
    ),
    Column("unit", Text, nullable=False, doc="`points` or `credits`."),
    Column("amount", BigInteger, nullable=False, doc="Signed: points, or hundredths of a credit."),
    Column("reason", Text, nullable=False, doc="One of the store's `awards.reasons`."),
    Column("note", Text, doc="What the agent wrote, for staff only. NULL: nothing."),
    Column("message", Text, doc="What the agent wrote, for the customer. NULL: nothing."),
    Column("agent", Text, nullable=False, doc="Who awards, in one spelling."),
    Column("ticket_id", BigInteger, doc="The ticket it belongs to. NULL: to none."),
    Column(
        "door",
        Text,
        nullable=False,
        doc="Where it came in: `airflow_form`, `file`, `http`, `command`, `desk`, or `batch` for a "
        "file on the desk that another person approves as a whole.",
    ),
    Column(
        "state",
        Text,
        nullable=False,
        doc="`queued`, `needs_approval`, `approved`, `rejected`, `applying`, `applied`, `refused` "
        "or `unknown`; see [Awards](awards.md).",
    ),
    Column("detail", Text, doc="Why it is in that state. NULL: nothing to say."),
    Column("queued_at_utc", Text, nullable=False),
    Column("claimed_by", Text, doc="The worker that took it last. NULL: none, or it is settled."),
    Column("lease_until_utc", Text, doc="Until when it is left to that worker. NULL: it is not."),
    Column(
        "sent_at_utc",
        Text,
        doc="When the platform was last about to be asked, committed before. NULL: never.",
    ),
    Column("sends", Integer, nullable=False, doc="How often that was."),
    Column("entry_id", Text, doc="The entry in the platform's ledger. NULL: none is known."),
    Column("settled_at_utc", Text, doc="When it came to its end. NULL: it has not."),
    Column("reverses", Text, doc="The award that this one takes back. NULL: it is no reversal."),
    Column(
        "approve_by_utc",
        Text,
        doc="When it is rejected unless approved. NULL: it needs no approval.",
    ),
    Column("asked_run_id", Text, doc="The run that asks for approval. NULL: none does."),
    Column("shown_at_utc", Text, doc="When the new balance was shown in Gorgias. NULL: not yet."),
    Column("noted_at_utc", Text, doc="When the note on its ticket was begun. NULL: not (yet)."),
    Column(
        "alert_run_id",
        Text,
        doc="The run that alerts of its refusal or doubt. NULL: none.",
    ),
    Column(
        "asked_map_index",
        Integer,
        doc="Which of the tasks of `asked_run_id` asks for approval. NULL: none began to.",
    ),
    Column("token_id", Text, doc="The token it came through. NULL: it did not come over HTTP."),
    Column(
        "queued_by",
        Text,
        doc="Who ran the command that queued it, whomever it names as agent. NULL: no command did.",
    ),
    Column("batch_id", Text, doc="Those of the same file or incident. NULL: it came alone."),
    Column(
        "member_tier",
        Text,
        doc="The member's tier, as the first sync after it was booked found it; empty: none is "
        "told. NULL: not known, as of all that were booked before this was kept.",
    ),
    Column(
        "ticket_tags",
        Text,
        doc="JSON list of the names of its ticket's tags, as last read while the award was recent. "
        "NULL: not told.",
    ),
    Index("awards_by_key", "store", "idempotency_key", unique=True),
    Index("awards_by_state", "store", "state", "lease_until_utc"),
    Index("awards_by_day", "store", "queued_at_utc"),
    Index("awards_by_end", "store", "settled_at_utc"),
    Index("awards_by_subject", "store", "subject"),
    Index(
        "awards_by_batch",
        *("store", "batch_id"),
        sqlite_where=_IN_A_BATCH,
        postgresql_where=_IN_A_BATCH,
    ),
    Index("awards_waiting", "state", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index(
        "awards_reversed",
        *("store", "reverses"),
        unique=True,
        sqlite_where=_LIVE_REVERSAL,
        postgresql_where=_LIVE_REVERSAL,
    ),
)

award_events = staging_table(
    "award_events",
    about(
        "The audit: one per transition of an award, and per thing done for it afterwards.",
        "Only added to; nothing but whom it was for is ever taken out.",
    ),
    Column("store", Text, primary_key=True),
    Column("award_id", Text, primary_key=True, doc="The award."),
    Column("event_number", Integer, primary_key=True, doc="From 1, within the award."),
    Column("state", Text, nullable=False, doc="The state that it came into, or was in."),
    Column("detail", Text, doc="Why, or what was done. NULL: nothing to say."),
    Column("actor", Text, nullable=False, doc="Who did it: a person, or a worker."),
    Column("happened_at_utc", Text, nullable=False),
    Column(
        "facts",
        Text,
        nullable=False,
        doc="JSON of what was known then: for whom, how much, why, from where, the balance.",
    ),
    **CLUSTERED,
)

award_gates = staging_table(
    "award_gates",
    about(
        "One per store that ever awarded.",
        "A lock and no data: who checks the limits holds the row until the award is queued, so "
        "that two requests never both find room below a limit.",
    ),
    Column("store", Text, primary_key=True),
    Column("passed_at_utc", Text, nullable=False, doc="When somebody last did."),
)

gorgias_agents = staging_table(
    "gorgias_agents",
    about(
        "One per user of the store's Gorgias account who has an e-mail address.",
        "Only who is active there may award over HTTP. As the last sync, or the lookup of an agent "
        "who was not here, found them; who is no user any more goes with the next read.",
    ),
    Column("store", Text, primary_key=True),
    Column("agent", Text, primary_key=True, doc="The address, spelled as in `awards.agent`."),
    Column("user_id", BigInteger, nullable=False, doc="The user's id in Gorgias."),
    Column("is_active", Boolean, nullable=False, doc="Whether Gorgias lets the user work."),
    Column("read_at_utc", Text, nullable=False),
    **CLUSTERED,
)
