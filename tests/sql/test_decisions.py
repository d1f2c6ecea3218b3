"""What people decide about mismatches, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from loyalty_desk.errors import PermanentError
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import DecisionError, Pair, Subject
from loyalty_desk.mismatches.history import keep_history, load_progress
from loyalty_desk.mismatches.suggestions import best_suggestions
from loyalty_desk.staging import schema
from tests.factories import NOW, STORE
from tests.sql.staged import Staged, match, pairs

ADA = Subject("customer", "7")
PAIR = Pair(7, "m1")
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def strangers(staging: Engine) -> Engine:
    """Two customers who wrote, and two members that they may be; the surest is m1."""
    with staging.begin() as connection:
        staged = Staged(connection)
        for customer_id in (7, 8):
            staged.customer(customer_id, f"c{customer_id}@example.test")
            staged.ticket(customer_id * 10, customer_id)
        for member_id, score in (("m1", 0.9), ("m2", 0.8)):
            staged.member(member_id, f"{member_id}@example.test")
            suggestion = {"customer_id": 7, "member_id": member_id, "score": score}
            connection.execute(
                schema.mismatch_schema.suggestions.insert().values(
                    store=STORE, reasons='["external_id"]', **suggestion
                )
            )
        match(staged)
    keep_history(staging, STORE, NOW)
    return staging


def linked(engine: Engine) -> list[tuple[int, str, str]]:
    with engine.begin() as connection:
        staged = Staged(connection)
        match(staged, full=False)
        return pairs(staged)


def suggested(engine: Engine) -> str | None:
    with engine.begin() as connection:
        found = best_suggestions(connection, STORE, 0.5).get(7)
        return found.member_id if found else None


def open_count(engine: Engine, now: object = LATER) -> int:
    with engine.begin() as connection:
        rows = load_progress(connection, STORE, NOW, now)  # type: ignore[arg-type]
        return sum(row.open for row in rows if row.side == "customer")


def test_a_confirmed_link_is_used_by_the_next_match_and_undone_by_undo(strangers: Engine) -> None:
    with strangers.begin() as connection:
        batch = decisions.link(connection, STORE, [PAIR], "ada", NOW)
    assert linked(strangers) == [(7, "m1", "link")]

    with strangers.begin() as connection:
        assert decisions.undo(connection, STORE, batch, "eve", LATER) == 1
    assert linked(strangers) == []
    with strangers.begin() as connection:
        [kept] = decisions.decisions_about(connection, STORE, ADA)
    assert (kept.action, kept.member_id, kept.actor, kept.undone_by) == (
        *("link", "m1"),
        *("ada", "eve"),
    )


def test_undoing_a_link_brings_back_the_one_before_it(strangers: Engine) -> None:
    with strangers.begin() as connection:
        decisions.link(connection, STORE, [PAIR], "ada", NOW)
        batch = decisions.link(connection, STORE, [Pair(7, "m2")], "eve", LATER)
    assert linked(strangers) == [(7, "m2", "link")]

    with strangers.begin() as connection:
        decisions.undo(connection, STORE, batch, "eve", LATER)
    assert linked(strangers) == [(7, "m1", "link")]


def test_undoing_an_earlier_link_leaves_a_later_one_alone(strangers: Engine) -> None:
    with strangers.begin() as connection:
        earlier = decisions.link(connection, STORE, [PAIR], "ada", NOW)
        decisions.link(connection, STORE, [Pair(7, "m2")], "eve", LATER)
        decisions.undo(connection, STORE, earlier, "eve", LATER)
    assert linked(strangers) == [(7, "m2", "link")]


def test_a_refused_suggestion_gives_way_to_the_next_until_it_is_undone(strangers: Engine) -> None:
    with strangers.begin() as connection:
        batch = decisions.refuse(connection, STORE, [PAIR], "ada", NOW)
        again = decisions.refuse(connection, STORE, [PAIR], "eve", LATER)
    assert suggested(strangers) == "m2"

    with strangers.begin() as connection:
        decisions.undo(connection, STORE, batch, "ada", LATER)
    assert suggested(strangers) == "m2", "eve refused it too"
    with strangers.begin() as connection:
        decisions.undo(connection, STORE, again, "ada", LATER)
    assert suggested(strangers) == "m1"


def test_what_is_ignored_is_not_counted_until_its_end(strangers: Engine) -> None:
    until = NOW + timedelta(days=7)
    with strangers.begin() as connection:
        decisions.ignore(connection, STORE, [ADA], "ada", NOW, reason="a test account", until=until)
    assert (open_count(strangers), open_count(strangers, until)) == (1, 2)


def test_ignoring_many_at_once_is_undone_at_once(strangers: Engine) -> None:
    both = [ADA, Subject("customer", "8")]
    with strangers.begin() as connection:
        before = decisions.ignore(
            connection, STORE, [ADA], "ada", NOW, reason="a supplier", until=None
        )
        batch = decisions.ignore(connection, STORE, both, "ada", LATER, reason="tests", until=None)
    assert open_count(strangers) == 0

    with strangers.begin() as connection:
        assert decisions.undo(connection, STORE, batch, "ada", LATER) == 2
    assert open_count(strangers) == 1, "the one before still holds"
    with strangers.begin() as connection:
        decisions.undo(connection, STORE, before, "ada", LATER)
    assert open_count(strangers) == 2


def test_a_batch_is_undone_once_and_by_its_own_store(strangers: Engine) -> None:
    with strangers.begin() as connection:
        batch = decisions.refuse(connection, STORE, [PAIR], "ada", NOW)
        with pytest.raises(DecisionError, match="no decision"):
            decisions.undo(connection, "another", batch, "ada", LATER)
        decisions.undo(connection, STORE, batch, "ada", LATER)
        with pytest.raises(DecisionError, match="in force"):
            decisions.undo(connection, STORE, batch, "ada", LATER)


@pytest.mark.parametrize("pair", [Pair(99, "m1"), Pair(7, "nobody")])
def test_of_many_links_none_is_kept_when_one_names_nobody(strangers: Engine, pair: Pair) -> None:
    nobody = pytest.raises(PermanentError, match=r"no (customer 99|member nobody)")
    with nobody, strangers.begin() as connection:
        decisions.link(connection, STORE, [Pair(8, "m2"), pair], "ada", NOW)

    assert linked(strangers) == []
    with strangers.begin() as connection:
        assert decisions.decisions_about(connection, STORE, Subject("customer", "8")) == []


def test_only_a_mismatch_can_be_ignored_and_not_into_the_past(strangers: Engine) -> None:
    with strangers.begin() as connection:
        with pytest.raises(DecisionError, match="customer 99 is no mismatch"):
            decisions.ignore(
                connection,
                STORE,
                [Subject("customer", "99")],
                "ada",
                NOW,
                reason="tests",
                until=None,
            )
        with pytest.raises(DecisionError, match="in the future"):
            decisions.ignore(connection, STORE, [ADA], "ada", NOW, reason="tests", until=NOW)
