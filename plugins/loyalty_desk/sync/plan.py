"""Plan: which cards have to be written to Gorgias, and in which order. All in SQL.

For each destination the card that a customer should have is held against the one that is there:
what the last read saw, if that is newer than our last write, else what Gorgias last accepted.

`to_plan` holds the customers whose card may have to change. An incremental plan looks at those and
at the changes that the plan before it left unsettled, a full one at everybody. So what fails, is
broken off, or is cut off by the limit, comes back in the next run.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, MetaData, Table, Text

from loyalty_desk.card.cards import absent_fingerprint
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.clock import utc_text
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import audience, schema, working
from loyalty_desk.staging.statements import statement
from loyalty_desk.sync import old_texts
from loyalty_desk.sync.brake import BrakeFacts, ExtractSize

log = logging.getLogger(__name__)

KEEP_CHANGES_DAYS = 30
"""How long what became of a change is kept."""

_WORK = MetaData()

# What an incremental plan looks at. One per customer.
_plan_scope = Table(
    "plan_scope",
    _WORK,
    Column("customer_id", working.CUSTOMER_ID, primary_key=True, autoincrement=False),
    prefixes=working.TEMPORARY,
)

# One per customer to look at who has a recent ticket; 2 for an open one.
_urgent_customers = Table(
    "urgent_customers",
    _WORK,
    Column("customer_id", working.CUSTOMER_ID, primary_key=True, autoincrement=False),
    Column("urgency", Integer, nullable=False),
    prefixes=working.TEMPORARY,
)

# One per customer to whom the store writes, where it does not write to everybody.
_recent_customers = Table(
    "recent_customers",
    _WORK,
    Column("customer_id", working.CUSTOMER_ID, primary_key=True, autoincrement=False),
    prefixes=working.TEMPORARY,
)

# One per customer whose card stays as it was, as a row of theirs is set aside.
_stale_customers = Table(
    "stale_customers",
    _WORK,
    Column("customer_id", working.CUSTOMER_ID, primary_key=True, autoincrement=False),
    prefixes=working.TEMPORARY,
)

# One per change that an earlier plan left without its card in Gorgias.
_unsettled_changes = Table(
    "unsettled_changes",
    _WORK,
    Column("run_id", Text, nullable=False),
    Column("customer_id", BigInteger, nullable=False),
    Column("destination", Text, nullable=False),
    Column("state", Text, nullable=False),
    prefixes=working.TEMPORARY,
)

# What earlier tries of this run sent, while the plan is made anew.
_own_changes = Table(
    "own_changes",
    _WORK,
    *(Column(column.name, column.type) for column in schema.changes.columns),
    prefixes=working.TEMPORARY,
)

# One per change that the limit cuts off.
_beyond_limit = Table(
    "beyond_limit",
    _WORK,
    Column("customer_id", BigInteger, nullable=False),
    Column("destination", Text, nullable=False),
    prefixes=working.TEMPORARY,
)

# One per earlier run of the store that left changes.
_earlier_runs = Table(
    "earlier_runs",
    _WORK,
    Column("run_id", Text, primary_key=True),
    Column("to_settle", Boolean, nullable=False),
    Column("is_old", Boolean, nullable=False),
    prefixes=working.TEMPORARY,
)


old_texts.describe_tables(_WORK)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCounts:
    """What a plan holds. One per run; changes are one per customer and destination.

    `planned` is the sum of the five kinds, whatever has become of a change by now; `planned_recent`
    are those for customers with a recent ticket.
    `cards_unchanged` counts customers that were looked at and need nothing at any destination,
    `cards_stale` those who keep their card, as a row of theirs is set aside, and `cards_left_out`
    those who have none and are to have none, as they have not written lately; None where everybody
    is to have one. `writes_saved` is what that would have cost beside; None where it is not known.
    `cards_pushed_before` is how many members' cards Gorgias had accepted before this run.
    """

    planned: int
    planned_new: int
    planned_update: int
    planned_clear: int
    planned_texts: int
    planned_withdraw: int
    planned_recent: int
    cards_unchanged: int
    cards_stale: int
    cards_left_out: int | None
    writes_saved: int | None
    cards_pushed_before: int

    def as_counters(self) -> dict[str, int]:
        """The counters of the run record; the brake alone uses `cards_pushed_before`."""
        return {
            "planned": self.planned,
            "planned_new": self.planned_new,
            "planned_update": self.planned_update,
            "planned_clear": self.planned_clear,
            "planned_texts": self.planned_texts,
            "planned_withdraw": self.planned_withdraw,
            "planned_recent": self.planned_recent,
            "cards_unchanged": self.cards_unchanged,
            "cards_stale": self.cards_stale,
            **{name: count for name, count in self._left_out().items() if count is not None},
        }

    def _left_out(self) -> dict[str, int | None]:
        return {"cards_left_out": self.cards_left_out, "writes_saved": self.writes_saved}

    def brake_facts(self, shrink: tuple[ExtractSize, ...] = ()) -> BrakeFacts:
        """What the brake judges: a card in other words is no change of what it says, and one that
        is taken away would have changed, and is nobody's loss of a membership.
        """
        return BrakeFacts(
            planned=self.planned - self.planned_texts,
            planned_update=self.planned_update + self.planned_withdraw,
            planned_clear=self.planned_clear,
            member_cards_before=self.cards_pushed_before,
            shrink=shrink,
        )


def plan_changes(
    connection: Connection,
    store: StoreSettings,
    run_id: str,
    now: datetime,
    *,
    full: bool,
    limit: int | None = None,
) -> PlanCounts:
    """Fill `changes` of this run; with `limit`, only so many of the most important ones.

    Works in the caller's transaction. May be repeated for a run: what was sent already is kept, the
    rest is planned anew. What earlier runs left unsent is dropped, as this plan replaces it.
    """
    binds: dict[str, object] = {
        "store": store.name,
        "run_id": run_id,
        "now_utc": utc_text(now),
        "settle_all": full,
        "oldest_utc": utc_text(now - timedelta(days=KEEP_CHANGES_DAYS)),
        "non_member_cards": store.non_member_cards,
        "place": store.push_to[0].value,
        "recent_since": audience.recent_since(store, now),
        "limit": limit,
        **_absent_cards(),
    }
    working.tune(connection, full=full, memory_mib=128)
    working.describe_tables(connection)
    _prepare(connection, full=full)
    binds["to_everybody"] = _choose_audience(connection, store, binds, now)
    reworded = old_texts.OldTexts(connection, store)
    if not full:
        reworded.add_to_scope()
    _choose_scope(connection, binds, full=full)
    _supersede(connection, binds)
    _run(connection, "plan/changes/delete_pushed_cards_gone", binds)
    _run(connection, "plan/scope/insert_stale_customers", binds)
    _run(connection, "plan/scope/insert_to_plan_stale", binds)
    _run(connection, "plan/scope/insert_urgent_customers", binds)
    working.refresh_statistics(connection, "urgent_customers")
    reworded.find(now, full=full)
    _insert_changes(connection, store, binds)
    counts = _counted(connection, store, binds, limit)
    _clean_up(connection)
    return counts


def _counted(
    connection: Connection, store: StoreSettings, binds: dict[str, object], limit: int | None
) -> PlanCounts:
    """What the plan holds, once it is cut off where there is a limit."""
    considered = _count(connection, "plan/scope/count_customers_to_plan", binds)["considered"]
    counts = _count(connection, "plan/changes/count_changes", binds)
    stale = _count(connection, "plan/scope/count_stale_customers", binds)
    left_out = None
    if not binds["to_everybody"]:
        left_out = _count(connection, "plan/audience/count_left_out", binds)["left_out"]
    unchanged = considered - counts["changing"] - stale["considered"] - (left_out or 0)
    if limit is not None:
        _cut_off(connection, binds)
        counts = _count(connection, "plan/changes/count_changes", binds)
    before = _count(connection, "plan/changes/count_member_cards", binds)
    return PlanCounts(
        planned=counts["planned"],
        planned_new=counts["planned_new"],
        planned_update=counts["planned_update"],
        planned_clear=counts["planned_clear"],
        planned_texts=counts["planned_texts"],
        planned_withdraw=counts["planned_withdraw"],
        planned_recent=counts["planned_recent"],
        cards_unchanged=unchanged,
        cards_stale=stale["stale"],
        cards_left_out=left_out,
        writes_saved=_writes_saved(store, left_out, full=bool(binds["settle_all"])),
        cards_pushed_before=before["member_cards"],
    )


def _absent_cards() -> dict[str, str]:
    """The fingerprints of the cards that state a class, as the binds `card_<class>`."""
    return {f"card_{outcome}": absent_fingerprint(outcome) for outcome in CARD_CLASSES}


def _prepare(connection: Connection, *, full: bool) -> None:
    _clean_up(connection)  # what a plan that failed on this connection may have left
    _WORK.create_all(connection, checkfirst=False)
    scope = (
        "plan/scope/create_customers_to_plan_all"
        if full
        else "plan/scope/create_customers_to_plan_reached"
    )
    connection.execute(statement(scope))


def _clean_up(connection: Connection) -> None:
    connection.execute(statement("plan/scope/drop_customers_to_plan"))
    _WORK.drop_all(connection)


def _choose_audience(
    connection: Connection, store: StoreSettings, binds: Mapping[str, object], now: datetime
) -> bool:
    """Note who is recent, if that matters; returns whether everybody without a card gets one.

    In a store that is to write to everybody again those without one are left to what the push does
    at its end, so that neither the brake nor the changes of a day have them to carry.
    """
    audience.note_narrow(connection, store, now)
    to_everybody = not (audience.is_narrow(store) or audience.is_widening(connection, store))
    if not to_everybody:
        _run(connection, "plan/audience/insert_recent_customers", binds)
        working.refresh_statistics(connection, "recent_customers")
    return to_everybody


def _writes_saved(store: StoreSettings, left_out: int | None, *, full: bool) -> int | None:
    """How many changes those left out would have been; a full plan looks at everybody, so that it
    cannot tell.
    """
    if left_out is None or full or not audience.is_narrow(store):
        return None
    return left_out * len(store.push_to)


def _choose_scope(connection: Connection, binds: Mapping[str, object], *, full: bool) -> None:
    """Take over what is to be looked at, and find what earlier plans left."""
    _run(connection, "plan/earlier_runs/insert_earlier_runs", binds)
    working.refresh_statistics(connection, "earlier_runs")
    _run(connection, "plan/earlier_runs/insert_unsettled_changes", binds)
    working.refresh_statistics(connection, "unsettled_changes")
    if full:
        _run(connection, "plan/scope/delete_to_plan_all", binds)
    else:
        _run(connection, "plan/scope/insert_plan_scope", binds)
        _run(connection, "plan/scope/delete_to_plan_taken", binds)
        working.refresh_statistics(connection, "plan_scope")


def _supersede(connection: Connection, binds: Mapping[str, object]) -> None:
    """Make room for this plan: nothing of this run is left, nothing of another is to be sent."""
    _run(connection, "plan/earlier_runs/delete_earlier_planned", binds)
    _run(connection, "plan/earlier_runs/fail_earlier_sending", binds)
    if _count(connection, "plan/earlier_runs/count_old_runs", binds)["old_runs"]:
        _run(connection, "plan/earlier_runs/prune_changes", binds)
    _run(connection, "plan/changes/insert_own_changes", binds)
    _run(connection, "plan/changes/delete_own_changes", binds)


def _insert_changes(
    connection: Connection, store: StoreSettings, binds: Mapping[str, object]
) -> None:
    """Plan what goes to each place, for those who are to have a card."""
    for destination in store.push_to:
        count = _run(
            connection, "plan/changes/insert_changes", {**binds, "destination": destination.value}
        )
        log.info("planned %d changes of %s", count, destination.value)
    if audience.is_narrow(store):
        _run(connection, "plan/audience/withdraw_changes", binds)
    _run(connection, "plan/changes/put_back_own_changes", binds)


def _cut_off(connection: Connection, binds: Mapping[str, object]) -> None:
    """Keep as many changes as the limit allows; the next plan looks at the others again."""
    _run(connection, "plan/changes/insert_beyond_limit", binds)
    _run(connection, "plan/changes/insert_to_plan_beyond_limit", binds)
    _run(connection, "plan/changes/delete_changes_beyond_limit", binds)


def _run(connection: Connection, name: str, binds: Mapping[str, object]) -> int:
    """Execute a statement; returns the rows it wrote."""
    return working.run(connection, name, binds).rowcount


def _count(connection: Connection, name: str, binds: Mapping[str, object]) -> dict[str, int]:
    """Read the one row of a statement."""
    return working.run(connection, name, binds).one()._asdict()
