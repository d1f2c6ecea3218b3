"""Match: who each Gorgias customer is in the loyalty programme, or why nobody. All in SQL.

Order: a link that a person confirmed, then the primary e-mail address, then a further address.
A tie is never broken. Every customer ends in `matches` or `unmatched_customers`, every member is in
`matches` or in `unmatched_members`.

A full match decides on everything. An incremental one decides on what `touched` reaches: along
e-mail keys, further addresses, links and earlier matches, outwards until nothing new turns up.
What is decided depends on nothing outside, so both come to the same result. For that, whoever
changes a row touches it, and with it the e-mail keys that it had before and has now (or only its
card, when nothing else changed); a link touches its customer and its member; a customer whose first
or last recent ticket came or went is touched.

A match writes what changed and nothing else, so it may be repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, MetaData, Table, Text

from loyalty_desk.clock import utc_text
from loyalty_desk.records import Outcome
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import working
from loyalty_desk.staging.statements import statement
from loyalty_desk.sync.brake import Meeting

log = logging.getLogger(__name__)

_WORK = MetaData()

# What an incremental match decides on; `round` counts the steps from what was touched (0).
_scope_keys = Table(
    "scope_keys",
    _WORK,
    Column("email_key", Text, primary_key=True),
    Column("round", Integer, nullable=False),
    prefixes=working.TEMPORARY,
)
_scope_customers = Table(
    "scope_customers",
    _WORK,
    Column("customer_id", working.CUSTOMER_ID, primary_key=True, autoincrement=False),
    Column("round", Integer, nullable=False),
    prefixes=working.TEMPORARY,
)
_scope_members = Table(
    "scope_members",
    _WORK,
    Column("member_id", Text, primary_key=True),
    Column("round", Integer, nullable=False),
    prefixes=working.TEMPORARY,
)

# Members of whom only the card changed: nothing is decided anew, but it may have to be pushed.
_scope_cards = Table(
    "scope_cards",
    _WORK,
    Column("member_id", Text, primary_key=True),
    prefixes=working.TEMPORARY,
)

# One per e-mail key that does not lead to exactly one eligible member, though some member holds it.
_key_outcomes = Table(
    "key_outcomes",
    _WORK,
    Column("email_key", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    prefixes=working.TEMPORARY,
)

# One per link that decides.
_live_links = Table(
    "live_links",
    _WORK,
    Column("customer_id", working.CUSTOMER_ID, primary_key=True, autoincrement=False),
    Column("member_id", Text, nullable=False, index=True),
    prefixes=working.TEMPORARY,
)

# One per member and customer that one of the customer's further addresses leads to.
_channel_claims = Table(
    "channel_claims",
    _WORK,
    Column("member_id", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    prefixes=working.TEMPORARY,
)

# One per customer with a claim; `member_id` is NULL for a tie.
_channel_verdicts = Table(
    "channel_verdicts",
    _WORK,
    Column("customer_id", working.CUSTOMER_ID, primary_key=True, autoincrement=False),
    Column("member_id", Text),
    prefixes=working.TEMPORARY,
)

# One per customer whose match, rule or class is new. No key: it is only read from end to end.
_decided_customers = Table(
    "decided_customers",
    _WORK,
    Column("customer_id", BigInteger, nullable=False),
    Column("member_id", Text),
    Column("rule", Text),
    Column("outcome", Text, nullable=False),
    Column("was_matched", Boolean, nullable=False),
    Column("was_unmatched", Boolean, nullable=False),
    prefixes=working.TEMPORARY,
)

# One per member without a customer whose class is new.
_decided_members = Table(
    "decided_members",
    _WORK,
    Column("member_id", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("was_unmatched", Boolean, nullable=False),
    prefixes=working.TEMPORARY,
)


_ALL_IN_SCOPE: Final = (
    "match/scope/create_customers_in_scope_all",
    "match/scope/create_members_in_scope_all",
)
_REACHED_IN_SCOPE: Final = (
    "match/scope/create_customers_in_scope_reached",
    "match/scope/create_members_in_scope_reached",
)
_START_SCOPE: Final = (
    "match/scope/start_scope_keys",
    "match/scope/start_scope_customers",
    "match/scope/start_scope_members",
)
_EXPAND_SCOPE: Final = (
    "match/scope/expand_scope_keys",
    "match/scope/expand_scope_customers",
    "match/scope/expand_scope_members",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchCounts:
    """How a match ended. One per match; counted from the tables, not while matching.

    `customers` and `members` hold a count by Outcome, for each outcome that there can be.
    """

    customers_total: int
    members_total: int
    customers: Mapping[Outcome, int]
    members: Mapping[Outcome, int]

    def as_counters(self) -> dict[str, int]:
        """As `customers_total`, `customers_<outcome>`, `members_total`, `members_<outcome>`."""
        return {
            "customers_total": self.customers_total,
            **{f"customers_{outcome}": count for outcome, count in self.customers.items()},
            "members_total": self.members_total,
            **{f"members_{outcome}": count for outcome, count in self.members.items()},
        }

    def meeting(self, *, is_full: bool) -> Meeting:
        """What the brake judges."""
        of_members = (
            Outcome.MATCHED,
            Outcome.AMBIGUOUS,
            Outcome.EXCLUDED,
            Outcome.ERASED,
        )
        return Meeting(
            members=self.members_total - self.members[Outcome.MERGED_OR_DELETED],
            customers=self.customers_total - self.customers[Outcome.MERGED_OR_DELETED],
            met=sum(self.customers[outcome] for outcome in of_members),
            is_full=is_full,
        )


def match_customers(
    connection: Connection, store: StoreSettings, now: datetime, *, full: bool
) -> MatchCounts:
    """Match the store's customers and members, all of them or only what was touched.

    Works in the caller's transaction. Empties `touched` as far as it was taken into account. An
    incremental match adds to `to_plan` the customers whose card may have to change; a full one
    does not, as a full plan looks at all of them.
    """
    binds = {
        "store": store.name,
        "guest_status": store.guest_status.value,
        "now_utc": utc_text(now),
    }
    working.tune(connection, full=full, memory_mib=64)
    working.describe_tables(connection)
    _prepare(connection, full=full)
    if full:
        working.run(connection, "match/scope/delete_touched_all", binds)
        working.refresh_statistics(connection, "members", "customers", "customer_channels", "links")
    else:
        _reach(connection, binds)
    _decide(connection, binds)
    if not full:
        working.run(connection, "match/write/insert_to_plan_decided", binds)
    _write(connection, binds, full=full)
    if full:
        working.refresh_statistics(connection, "unmatched_customers", "unmatched_members")
    else:
        working.run(connection, "match/write/insert_to_plan_touched", binds)
    _clean_up(connection)
    return count_matches(connection, store)


def count_matches(connection: Connection, store: StoreSettings) -> MatchCounts:
    """Count the store's customers and members by outcome, as the tables stand now."""
    customers_total, customers = _count(
        connection, "match/write/count_customers", "customers", store
    )
    members_total, members = _count(connection, "match/write/count_members", "members", store)
    return MatchCounts(
        customers_total=customers_total,
        members_total=members_total,
        customers=customers,
        members=members,
    )


def _count(
    connection: Connection, count: str, subject: str, store: StoreSettings
) -> tuple[int, dict[Outcome, int]]:
    """How many customers or members there are, and how many of them by outcome."""
    row = connection.execute(statement(count), {"store": store.name}).one()._asdict()
    total, matched = row.pop(subject), row.pop("paired")
    classes = {Outcome(name): count for name, count in row.items()}
    return total, {Outcome.MATCHED: matched, **classes}


def _prepare(connection: Connection, *, full: bool) -> None:
    _clean_up(connection)  # what a match that failed on this connection may have left
    _WORK.create_all(connection, checkfirst=False)
    for view in _ALL_IN_SCOPE if full else _REACHED_IN_SCOPE:
        connection.execute(statement(view))


def _clean_up(connection: Connection) -> None:
    connection.execute(statement("match/scope/drop_customers_in_scope"))
    connection.execute(statement("match/scope/drop_members_in_scope"))
    _WORK.drop_all(connection)


def _reach(connection: Connection, binds: Mapping[str, str]) -> None:
    """Fill the scope with what was touched and everything that it is connected with."""
    reached = [working.run(connection, start, binds).rowcount for start in _START_SCOPE]
    touched = sum(reached)
    cards = working.run(connection, "match/scope/start_scope_cards", binds).rowcount
    working.run(connection, "match/scope/delete_touched_taken", binds)
    this_round = 0
    while sum(reached):
        this_round += 1
        rounds = {**binds, "last_round": this_round - 1, "this_round": this_round}
        reached = [working.run(connection, expand, rounds).rowcount for expand in _EXPAND_SCOPE]
    log.info(
        "incremental match: %d touched, followed for %d rounds; %d other cards",
        touched,
        this_round,
        cards,
    )
    working.refresh_statistics(
        connection, "scope_keys", "scope_customers", "scope_members", "scope_cards"
    )


def _decide(connection: Connection, binds: Mapping[str, str]) -> None:
    working.run(connection, "match/decide/insert_key_outcomes", binds)
    working.run(connection, "match/decide/insert_live_links", binds)
    if working.run(connection, "match/decide/insert_channel_claims", binds).rowcount:
        working.run(connection, "match/decide/insert_channel_verdicts", binds)
    working.refresh_statistics(connection, "key_outcomes", "live_links", "channel_verdicts")
    working.run(connection, "match/decide/insert_decided_customers", binds)


def _write(connection: Connection, binds: Mapping[str, str], *, full: bool) -> None:
    working.refresh_statistics(connection, "decided_customers", "channel_claims")
    working.run(connection, "match/write/delete_matches", binds)
    working.run(connection, "match/write/insert_matches", binds)
    working.run(connection, "match/write/delete_unmatched_customers", binds)
    working.run(connection, "match/write/insert_unmatched_customers", binds)
    if full:
        working.refresh_statistics(connection, "matches")
    working.run(connection, "match/decide/insert_decided_members", binds)
    working.run(connection, "match/write/delete_unmatched_members", binds)
    working.run(connection, "match/write/insert_unmatched_members", binds)
