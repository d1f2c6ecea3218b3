"""Who is whom: the pairs that the match found or a person confirmed, and everybody without one."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Text

from loyalty_desk.staging.metadata import CLUSTERED, about, find_by, staging_table

links = staging_table(
    "links",
    about(
        "One per customer of whom a person said that it is a member though their e-mails differ.",
        "What is in force now; who decided what in time is in `decisions`.",
        "A link to somebody who left, or may have no card, stays and decides nothing.",
    ),
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("confirmed_by", Text, nullable=False, doc="Who decided it."),
    Column("confirmed_at_utc", Text, nullable=False),
    **CLUSTERED,
)

touched = staging_table(
    "touched",
    about(
        "One per e-mail key, customer or member that changed since the last match.",
        "A list of work: the match takes off what it decides on, in its own transaction.",
        "A first load touches nobody, as a match of everybody has to follow.",
    ),
    Column("store", Text, primary_key=True),
    Column(
        "kind",
        Text,
        primary_key=True,
        doc="What `value` is: `email_key`, `customer`, `member`, or `card` for a member of whom "
        "nothing changed that the match looks at.",
    ),
    Column("value", Text, primary_key=True, doc="The e-mail key or the id, as text."),
    **CLUSTERED,
)

matches = staging_table(
    "matches",
    about(
        "One per customer that is matched.",
        "Each customer is here or in `unmatched_customers` and never in both; "
        "a critical check of every run holds that.",
        "A member may have several customers.",
    ),
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column(
        "rule",
        Text,
        nullable=False,
        doc="What paired them: `link`, `email` (the primary address) or `channel` (a further one).",
    ),
    *find_by("matches_by_member", "member_id"),
    **CLUSTERED,
)

unmatched_customers = staging_table(
    "unmatched_customers",
    about(
        "One per customer without a member.",
        "Most need nobody: `not_a_member`. Who is gone is here too: `merged_or_deleted`.",
        "How things stand; how long a mismatch is open, with its past, is in `mismatches`.",
    ),
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("since_utc", Text, nullable=False, doc="When it came into this class."),
    **CLUSTERED,
)

unmatched_members = staging_table(
    "unmatched_members",
    about(
        "One per member without a customer.",
        "Most need nobody: `member_not_in_gorgias`. Who is gone is here too.",
    ),
    Column("store", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("since_utc", Text, nullable=False, doc="When it came into this class."),
    **CLUSTERED,
)
