"""Whatever changes, an incremental match and plan end where full ones would. Random, repeatable.

The edits touch what `sync/match.py` demands of whoever changes a row, and nothing else. Few keys
and ids, so that ties, claims and links run into each other all the time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.classes import CUSTOMER_CLASSES, MEMBER_CLASSES
from loyalty_desk.clock import utc_text
from loyalty_desk.records import Outcome
from loyalty_desk.staging import schema
from loyalty_desk.sync.match import MatchCounts, match_customers
from loyalty_desk.sync.plan import plan_changes
from tests.factories import NOW, store_settings
from tests.sql.staged import Staged, empty

SEEDS = range(3)
STEPS = 20

KEYS = ["k1", "k2", "k3", "k4", "k5"]
MEMBERS = ["a", "b", "c", "d", "e"]
CUSTOMERS = [1, 2, 3, 4, 5, 6]


class World:
    """Members, customers and all that joins them, changed at random."""

    def __init__(self, staged: Staged, random: Random) -> None:
        self.staged, self.random = staged, random
        self.member_keys: dict[str, str | None] = {}
        self.customer_keys: dict[int, str | None] = {}
        self.links: set[int] = set()
        self.channels: dict[int, set[str]] = {}
        self.tickets: set[int] = set()
        self.edits: list[Callable[[], None]] = [
            *[self.change_member] * 4,
            *[self.change_customer] * 4,
            *[self.change_channels] * 3,
            *[self.change_link] * 2,
            self.change_ticket,
            self.change_card,
        ]

    def edit(self) -> None:
        for _ in range(self.random.randint(1, 3)):
            self.random.choice(self.edits)()

    def change_member(self) -> None:
        member_id = self.random.choice(MEMBERS)
        key = self.random.choice([*KEYS, None])
        status = self.random.choice(["member", "member", "member", "guest", "excluded", "erased"])
        self._touch_keys(self.member_keys.get(member_id), key)
        self.staged.delete(schema.members, member_id=member_id)
        self.staged.member(member_id, key, status=status, gone_at_utc=self._maybe_gone())
        self.staged.touch("member", member_id)
        self.member_keys[member_id] = key

    def change_customer(self) -> None:
        customer_id = self.random.choice(CUSTOMERS)
        key = self.random.choice([*KEYS, None])
        self._touch_keys(self.customer_keys.get(customer_id), key)
        self.staged.delete(schema.customers, customer_id=customer_id)
        self.staged.customer(customer_id, key, gone_at_utc=self._maybe_gone())
        self.staged.touch("customer", customer_id)
        self.customer_keys[customer_id] = key

    def change_channels(self) -> None:
        customer_id = self.random.choice(CUSTOMERS)
        keys = set(self.random.sample(KEYS, self.random.randint(0, 2)))
        self.staged.delete(schema.customer_channels, customer_id=customer_id)
        for key in keys:
            self.staged.channel(customer_id, key)
        self._touch_keys(*(keys ^ self.channels.get(customer_id, set())))
        self.staged.touch("customer", customer_id)
        self.channels[customer_id] = keys

    def change_link(self) -> None:
        customer_id = self.random.choice(CUSTOMERS)
        for linked, member_id in self.staged.rows(schema.links, "customer_id", "member_id"):
            if linked == customer_id:
                self.staged.touch("member", member_id)
        self.staged.delete(schema.links, customer_id=customer_id)
        if self.random.random() < 0.6:
            member_id = self.random.choice(MEMBERS)
            self.staged.link(customer_id, member_id)
            self.staged.touch("member", member_id)
        self.staged.touch("customer", customer_id)

    def change_ticket(self) -> None:
        customer_id = self.random.choice(CUSTOMERS)
        self.staged.delete(schema.tickets, customer_id=customer_id)
        if self.random.random() < 0.6:
            self.staged.ticket(customer_id, customer_id, self.random.choice(["open", "closed"]))
        self.staged.touch("customer", customer_id)

    def change_card(self) -> None:
        """Another balance: nothing about who is whom changes, only the card."""
        member_id = self.random.choice(MEMBERS)
        self.staged.update(
            schema.members,
            {"member_id": member_id},
            card_fingerprint=f"card {self.random.random()}",
            points_balance=self.random.randint(0, 500),
        )
        self.staged.touch("card", member_id)

    def push_some(self, run_id: str) -> None:
        """Let Gorgias accept about half of what the run planned, as the push does."""
        planned = self.staged.rows(
            schema.changes, "run_id", "state", "customer_id", "fingerprint", "outcome"
        )
        for run, state, customer_id, fingerprint, outcome in planned:
            if (run, state) != (run_id, "planned") or self.random.random() < 0.5:
                continue
            key = {"run_id": run_id, "customer_id": customer_id}
            self.staged.update(schema.changes, key, state="done")
            self.staged.delete(schema.pushed_cards, customer_id=customer_id)
            self.staged.pushed(customer_id, fingerprint, is_member=outcome == "matched")

    def _touch_keys(self, *keys: str | None) -> None:
        for key in keys:
            if key is not None:
                self.staged.touch("email_key", key)

    def _maybe_gone(self) -> str | None:
        return utc_text(NOW) if self.random.random() < 0.15 else None


def state_of_match(staged: Staged) -> dict[str, Any]:
    """All that a match writes, with the dates, which show whether anything was written anew."""
    return {
        "matches": staged.rows(schema.matches, "customer_id", "member_id", "rule"),
        "customers": staged.rows(schema.unmatched_customers, "customer_id", "outcome", "since_utc"),
        "members": staged.rows(schema.unmatched_members, "member_id", "outcome", "since_utc"),
    }


def counted(state: dict[str, Any]) -> MatchCounts:
    """The counts that a match should give, from what it left."""
    matched_members = {member_id for _, member_id, _ in state["matches"]}
    customers = Counter(outcome for _, outcome, _ in state["customers"])
    members = Counter(outcome for _, outcome, _ in state["members"])
    return MatchCounts(
        customers_total=len(state["matches"]) + customers.total(),
        members_total=len(matched_members) + members.total(),
        customers={
            Outcome.MATCHED: len(state["matches"]),
            **{outcome: customers[outcome] for outcome in CUSTOMER_CLASSES},
        },
        members={
            Outcome.MATCHED: len(matched_members),
            **{outcome: members[outcome] for outcome in MEMBER_CLASSES},
        },
    )


def by_customer(state: dict[str, Any]) -> dict[int, Any]:
    """Each customer's member or class."""
    return {row[0]: row[1] for row in state["matches"] + state["customers"]}


@pytest.mark.parametrize("include_guests", [True, False])
def test_an_incremental_match_ends_where_a_full_one_would(
    staging: Engine, *, include_guests: bool
) -> None:
    store = store_settings(include_guests=include_guests)
    for seed in SEEDS:
        empty(staging)
        with staging.begin() as connection:
            staged = Staged(connection)
            world = World(staged, Random(seed))
            for step in range(STEPS):
                world.edit()
                before = by_customer(state_of_match(staged))
                now = NOW + timedelta(minutes=step)
                counts = match_customers(connection, store, now, full=False)
                after = state_of_match(staged)
                assert counts == counted(after), (seed, step)
                changed = {
                    customer_id
                    for customer_id, found in by_customer(after).items()
                    if before.get(customer_id) != found
                }
                assert changed <= set(staged.rows(schema.to_plan, "customer_id")), (seed, step)
                match_customers(connection, store, now + timedelta(seconds=1), full=True)
                assert state_of_match(staged) == after, (seed, step)


@pytest.mark.parametrize("non_member_cards", ["recent_tickets", "all", "none"])
def test_an_incremental_plan_ends_where_a_full_one_would(
    staging: Engine, non_member_cards: str
) -> None:
    store = store_settings(non_member_cards=non_member_cards)
    for seed in SEEDS:
        empty(staging)
        with staging.begin() as connection:
            staged = Staged(connection)
            world = World(staged, Random(seed))
            for step in range(STEPS):
                world.edit()
                run_id = f"run-{step}"
                now = NOW + timedelta(minutes=step)
                match_customers(connection, store, now, full=False)
                states = []
                for full in (False, True):
                    plan_changes(connection, store, run_id, now, full=full)
                    planned = [
                        row
                        for row in staged.rows(
                            schema.changes,
                            "run_id",
                            "customer_id",
                            "kind",
                            "fingerprint",
                            "priority",
                        )
                        if row[0] == run_id
                    ]
                    states.append((planned, staged.rows(schema.to_plan, "customer_id")))
                assert states[0] == states[1], (seed, step)
                world.push_some(run_id)
