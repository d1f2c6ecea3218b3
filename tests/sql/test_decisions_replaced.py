"""A later decision replaces an earlier one that it contradicts, whichever kind it is."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import Pair, Subject
from loyalty_desk.staging import mismatch_schema, schema
from tests.factories import NOW, STORE
from tests.sql.staged import Staged, match, pairs

MEMBERS = ("m1", "m2", "m3")
ADA = Subject("customer", "7")
M1 = Subject("member", "m1")
LINK, REFUSE, IGNORE = "link", "refuse", "ignore"

Decide = Callable[..., str]


@pytest.fixture
def strangers(staging: Engine) -> Engine:
    """Customer 7 and member m1 are mismatches; m2 and m3 are members too."""
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.customer(7, "c7@example.test")
        staged.ticket(70, 7)
        for member_id in MEMBERS:
            staged.member(member_id, f"{member_id}@example.test")
        for subject in (ADA, M1):
            connection.execute(
                mismatch_schema.mismatches.insert().values(
                    store=STORE,
                    side=subject.side,
                    subject_id=subject.id,
                    outcome="ambiguous",
                    opened_at_utc="2026-01-01T00:00:00.000000Z",
                    returned=0,
                )
            )
        match(staged)
    return staging


def decide(connection: Connection, what: str, whom: Any = "m1", *, minutes: int = 0) -> str:
    """Link to, or refuse, a member; or ignore a subject."""
    at = NOW + timedelta(minutes=minutes)
    if what == IGNORE:
        subject = whom if isinstance(whom, Subject) else ADA
        return decisions.ignore(connection, STORE, [subject], "ada", at, reason="x", until=None)
    act = decisions.link if what == LINK else decisions.refuse
    return act(connection, STORE, [Pair(7, whom)], "ada", at)


def undo(connection: Connection, batch: str) -> None:
    decisions.undo(connection, STORE, batch, "eve", NOW)


def state(connection: Connection) -> tuple[str | None, set[str], set[str]]:
    """Whom customer 7 is linked to, who was refused for it, and which sides are ignored."""
    staged = Staged(connection)
    linked = dict(staged.rows(schema.links, "customer_id", "member_id")).get(7)
    refused = staged.rows(mismatch_schema.refused_suggestions, "member_id")
    ignored = staged.rows(mismatch_schema.ignored_mismatches, "side")
    return linked, set(refused), set(ignored)


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ((LINK, "m1"), (REFUSE, "m1"), (None, {"m1"}, set())),
        ((LINK, "m1"), (REFUSE, "m2"), ("m1", {"m2"}, set())),
        ((LINK, "m1"), (LINK, "m2"), ("m2", set(), set())),
        ((LINK, "m1"), (IGNORE, ADA), (None, set(), {"customer"})),
        ((REFUSE, "m1"), (LINK, "m1"), ("m1", set(), set())),
        ((REFUSE, "m1"), (LINK, "m2"), ("m2", {"m1"}, set())),
        ((REFUSE, "m1"), (REFUSE, "m2"), (None, {"m1", "m2"}, set())),
        ((REFUSE, "m1"), (IGNORE, ADA), (None, {"m1"}, {"customer"})),
        ((IGNORE, ADA), (LINK, "m1"), ("m1", set(), set())),
        ((IGNORE, ADA), (REFUSE, "m1"), (None, {"m1"}, set())),
        ((IGNORE, M1), (LINK, "m1"), ("m1", set(), set())),
        ((IGNORE, M1), (LINK, "m2"), ("m2", set(), {"member"})),
    ],
)
def test_the_later_of_two_decisions_holds_until_it_is_undone(
    strangers: Engine, earlier: Any, later: Any, expected: Any
) -> None:
    with strangers.begin() as connection:
        decide(connection, *earlier)
        before = state(connection)
        batch = decide(connection, *later)
        assert state(connection) == expected

        undo(connection, batch)
        assert state(connection) == before


def test_a_refused_link_is_not_used_by_the_next_match(strangers: Engine) -> None:
    with strangers.begin() as connection:
        staged = Staged(connection)
        decide(connection, LINK)
        match(staged, full=False)
        assert pairs(staged) == [(7, "m1", "link")]

        batch = decide(connection, REFUSE)
        match(staged, full=False)
        assert pairs(staged) == []

        undo(connection, batch)
        match(staged, full=False)
        assert pairs(staged) == [(7, "m1", "link")]


def test_an_earlier_decision_that_is_undone_does_not_come_back_with_the_later_one(
    strangers: Engine,
) -> None:
    with strangers.begin() as connection:
        link = decide(connection, LINK)
        refusal = decide(connection, REFUSE, minutes=1)
        undo(connection, link)
        assert state(connection) == (None, {"m1"}, set())
        undo(connection, refusal)
        assert state(connection) == (None, set(), set())


def test_a_link_that_was_removed_by_hand_does_not_come_back_by_an_undo(strangers: Engine) -> None:
    with strangers.begin() as connection:
        decide(connection, LINK)
        decisions.unlink(connection, STORE, 7, "ada", NOW)
        undo(connection, decide(connection, IGNORE, minutes=1))
        assert state(connection) == (None, set(), set())


def test_a_link_whose_decision_is_forgotten_stays_when_another_one_is_undone(
    strangers: Engine,
) -> None:
    with strangers.begin() as connection:
        decide(connection, LINK)
        connection.execute(mismatch_schema.decisions.delete())
        undo(connection, decide(connection, REFUSE, "m2"))
        assert state(connection) == ("m1", set(), set())


@pytest.mark.parametrize("later_is_forgotten", [False, True])
def test_undoing_a_link_leaves_the_one_that_another_person_made_since(
    strangers: Engine, *, later_is_forgotten: bool
) -> None:
    with strangers.begin() as connection:
        adas = decide(connection, LINK, "m1")
        eves = decisions.link(connection, STORE, [Pair(7, "m2")], "eve", NOW + timedelta(minutes=1))
        if later_is_forgotten:  # the link holds, though nobody knows any more who decided it
            Staged(connection).delete(mismatch_schema.decisions, batch_id=eves)

        undo(connection, adas)

        assert state(connection) == ("m2", set(), set())
        linked_by = Staged(connection).rows(schema.links, "confirmed_by")
        assert linked_by == ["eve"]


@pytest.mark.parametrize("seed", range(3))
def test_what_holds_is_what_the_decisions_that_are_left_say(strangers: Engine, seed: int) -> None:
    """Decisions and undos in any order come to what those never undone come to by themselves."""
    chosen = random.Random(seed)
    made: list[tuple[str, Any, str]] = []
    with strangers.begin() as connection:
        for _ in range(25):
            if made and chosen.random() < 0.4:
                undo(connection, made.pop(chosen.randrange(len(made)))[2])
                continue
            what = chosen.choice((LINK, REFUSE, IGNORE))
            whom: Any = chosen.choice((ADA, M1) if what == IGNORE else MEMBERS)
            made.append((what, whom, decide(connection, what, whom)))
        found = state(connection)
        for table in ("links", "refused_suggestions", "ignored_mismatches", "decisions"):
            connection.execute(schema.METADATA.tables[table].delete())
        for what, whom, _ in made:
            decide(connection, what, whom)
        assert found == state(connection)
