"""The staging tables. Every table has `store`; times are text as `clock.utc_text` writes them.

Migrations in `staging/migrations/` create them; a test holds the two against each other.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from loyalty_desk.staging import award_schema, lookup_schema, mismatch_schema
from loyalty_desk.staging.metadata import CLUSTERED, METADATA

__all__ = ["METADATA", "award_schema", "lookup_schema", "mismatch_schema"]

# Leaves room in each page of PostgreSQL for the next version of a row, which then needs no new
# entry in any index. For large tables whose rows change in other columns than their keys.
_ROOM_TO_CHANGE: Final[dict[str, Any]] = {"postgresql_with": {"fillfactor": 90}}

SQLITE_ONLY: Final = {"dialect": "sqlite"}
POSTGRESQL_ONLY: Final = {"dialect": "postgresql"}
"""`info` of an index that only one database has."""


def _find_by(name: str, key: str, *covered: str) -> tuple[Index, Index]:
    """The index `name` that finds the rows of a store by `key`, of each database's fastest kind.

    SQLite's also has the columns `covered`, so that a look-up needs no row. Adding a key out of
    order to a tree costs PostgreSQL five times as much as the row itself, to a hash half of that.
    """
    return (
        Index(name, "store", key, *covered, info=SQLITE_ONLY).ddl_if(dialect="sqlite"),
        Index(f"{name}_hash", key, postgresql_using="hash", info=POSTGRESQL_ONLY).ddl_if(
            dialect="postgresql"
        ),
    )


# One per store per run. `state` is a RunState; `params` and `settings` are JSON.
runs = Table(
    "runs",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("started_at_utc", Text, nullable=False),
    Column("ended_at_utc", Text),
    Column("failure", Text),
    Column("report_path", Text),
)

# One per counter of a run; the names are the fields of `staging/run_record.py`.
run_counters = Table(
    "run_counters",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Float, nullable=False),
    **CLUSTERED,
)

# One per store: who may work on it now.
locks = Table(
    "locks",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("expires_at_utc", Text, nullable=False),
)

# One per store and source ("members", "customers", "tickets"), and one "reconcile" for the last
# full match and plan. `since` is the newest update that the last whole read saw,
# `full_scan_at_utc` when the last full one began.
watermarks = Table(
    "watermarks",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("since", Text),
    Column("full_scan_at_utc", Text),
)

# One per id seen in an unfinished full scan; what is staged and not here at its end is gone.
scan_seen = Table(
    "scan_seen",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    **CLUSTERED,
)

# One per member of the platform. `card` is the known part of the loyalty card (JSON, sorted keys),
# `card_fingerprint` its hash. `points_balance` and `tier_rank` repeat the card for ordering.
members = Table(
    "members",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("email", Text),
    Column("email_key", Text),
    Column("email_state", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("phone", Text),
    Column("external_id", Text),
    Column("points_balance", BigInteger),
    Column("tier_rank", Integer, nullable=False),
    Column("card", Text, nullable=False),
    Column("card_fingerprint", Text, nullable=False),
    Column("changed_at_utc", Text, nullable=False),
    Column("gone_at_utc", Text),
    *_find_by("members_by_email_key", "email_key", "status", "gone_at_utc", "member_id"),
    **_ROOM_TO_CHANGE,
)

# One per customer of the helpdesk. `other_data` is JSON of the keys in Gorgias' `data` that are not
# ours (NULL when there are none); `shown_fingerprint` is the card that the last read saw there:
# NULL when the read could not tell, 'none' when there was no card.
customers = Table(
    "customers",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("email", Text),
    Column("email_key", Text),
    Column("email_state", Text, nullable=False),
    Column("name", Text),
    Column("external_id", Text),
    Column("other_data", Text),
    Column("shown_fingerprint", Text),
    Column("updated_at_utc", Text, nullable=False),
    Column("read_at_utc", Text, nullable=False),
    Column("channels_read_at_utc", Text),
    Column("gone_at_utc", Text),
    *_find_by("customers_by_email_key", "email_key"),
    # Few are gone; a plan asks who, and must not read all customers to find out.
    Index(
        "customers_gone",
        "store",
        "customer_id",
        sqlite_where=text("gone_at_utc IS NOT NULL"),
        postgresql_where=text("gone_at_utc IS NOT NULL"),
    ),
    **CLUSTERED,
    **_ROOM_TO_CHANGE,
)

# One per further e-mail address of a customer (not the primary one).
customer_channels = Table(
    "customer_channels",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("email_key", Text, primary_key=True),
    Index("customer_channels_by_email_key", "store", "email_key"),
    **CLUSTERED,
)

# One per ticket inside the store's window of recent tickets.
tickets = Table(
    "tickets",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("ticket_id", BigInteger, primary_key=True),
    Column("customer_id", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("updated_at_utc", Text, nullable=False),
    Index("tickets_by_customer", "store", "customer_id"),
    **CLUSTERED,
)

# One per decision of a person that a customer is a member though their e-mails differ.
links = Table(
    "links",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("confirmed_by", Text, nullable=False),
    Column("confirmed_at_utc", Text, nullable=False),
    **CLUSTERED,
)

# What changed since the last match: one per e-mail key, customer id or member id to look at again.
# `kind` is 'email_key', 'customer', 'member', or 'card' for a member of whom nothing changed that
# match looks at. Consumed by match in its own transaction.
touched = Table(
    "touched",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    **CLUSTERED,
)

# One per customer that is matched. Customers that are not are in `unmatched_customers`.
matches = Table(
    "matches",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("member_id", Text, nullable=False),
    Column("rule", Text, nullable=False),
    *_find_by("matches_by_member", "member_id"),
    **CLUSTERED,
)

# One per customer without a member; `outcome` is the class, `since_utc` when it became so.
unmatched_customers = Table(
    "unmatched_customers",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("since_utc", Text, nullable=False),
    **CLUSTERED,
)

# One per member without a customer; `outcome` is the class, `since_utc` when it became so.
unmatched_members = Table(
    "unmatched_members",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("since_utc", Text, nullable=False),
    **CLUSTERED,
)

# Customers whose wanted card may differ from the pushed one, beside those with an unsettled change
# in `changes`. Consumed by plan in its own transaction.
to_plan = Table(
    "to_plan",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    **CLUSTERED,
)

# The ledger: one per customer and destination, what Gorgias last accepted from us.
pushed_cards = Table(
    "pushed_cards",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("is_member", Boolean, nullable=False),
    Column("points_balance", BigInteger),
    Column("version_utc", Text, nullable=False),
    Column("pushed_at_utc", Text, nullable=False),
    **CLUSTERED,
)

# The plan: one per change of a run. `outcome` is 'matched' or the class that the card will state;
# `fingerprint` the wanted card's; `kind` is 'new', 'update' or 'clear'; a larger `priority` first.
# No index by priority: finding the next few hundred in 300,000 takes 0.1 s and is asked for every
# few minutes, while the index would make each planned change cost twice as much.
changes = Table(
    "changes",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("member_id", Text),
    Column("outcome", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("priority", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    Column("changed_at_utc", Text, nullable=False),
    **CLUSTERED,
)

# One per row that an extract could not use. No personal data: the id, the field, the reason.
rejected_records = Table(
    "rejected_records",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("record_id", Text),
    Column("field", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

# One per expectation of a run's step. `failing_ids` is a JSON list, cut to a bounded length.
quality_results = Table(
    "quality_results",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("expectation", Text, primary_key=True),
    Column("severity", Text, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("failing_count", BigInteger, nullable=False),
    Column("failing_ids", Text, nullable=False),
    Column("checked_at_utc", Text, nullable=False),
)

# One per Gorgias account: the leaky bucket as every process sees it. Seconds are UNIX time.
request_budgets = Table(
    "request_budgets",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("level", Float, nullable=False),
    Column("own_level", Float, nullable=False),
    Column("capacity", Float, nullable=False),
    Column("leaked_at_s", Float, nullable=False),
    Column("blocked_until_s", Float, nullable=False),
)

# One per thing known of a store besides its settings (`StateKey`); `content` is JSON, or encrypted.
store_state = Table(
    "store_state",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("content", Text, nullable=False),
    Column("updated_at_utc", Text, nullable=False),
)

# One per object that we made in Gorgias (tags, customer fields, the integration, widgets, macros).
gorgias_objects = Table(
    "gorgias_objects",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("gorgias_id", BigInteger, nullable=False),
)

# One per member whose card is to be shown at once, because the platform told of a change.
cards_to_show = Table(
    "cards_to_show",
    METADATA,
    Column("store", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("asked_at_utc", Text, nullable=False),
    **CLUSTERED,
)

# One per OAuth2 connection: the newest tokens, encrypted.
oauth_tokens = Table(
    "oauth_tokens",
    METADATA,
    Column("conn_id", Text, primary_key=True),
    Column("tokens", Text, nullable=False),
    Column("expires_at_utc", Text, nullable=False),
)
