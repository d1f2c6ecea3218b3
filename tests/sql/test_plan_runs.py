"""What a plan looks at, and what it makes of earlier tries and runs, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loyalty_desk.clock import utc_text
from loyalty_desk.staging import schema
from loyalty_desk.sync.plan import KEEP_CHANGES_DAYS
from tests.factories import NOW
from tests.sql.staged import Staged, order, plan, planned

# --- what is looked at, and what stays to be planned -----------------------------------------


def test_an_incremental_plan_looks_only_at_who_is_to_be_planned(matched: Staged) -> None:
    matched.customer(2)
    matched.match(2, "a")
    matched.to_plan(2)
    counts = plan(matched, full=False)
    assert matched.rows(schema.changes, "customer_id") == [2]
    assert matched.rows(schema.to_plan, "customer_id") == []
    assert (counts.planned, counts.cards_unchanged) == (1, 0)


def test_who_needs_nothing_is_taken_off_the_list(matched: Staged) -> None:
    matched.pushed(1, "card of a")
    matched.to_plan(1)
    counts = plan(matched, full=False)
    assert matched.rows(schema.to_plan, "customer_id") == []
    assert counts.cards_unchanged == 1


def test_a_gone_customer_is_taken_off_the_list_with_its_ledger(matched: Staged) -> None:
    matched.update(schema.customers, {"customer_id": 1}, gone_at_utc=utc_text(NOW))
    matched.pushed(1, "card of a")
    matched.to_plan(1)
    plan(matched, full=False)
    assert matched.rows(schema.to_plan, "customer_id") == []
    assert matched.rows(schema.pushed_cards, "customer_id") == []


def test_a_full_plan_looks_at_everybody_and_empties_the_list(matched: Staged) -> None:
    matched.customer(2)
    matched.unmatched(2, "not_a_member")
    matched.to_plan(2)
    plan(matched)
    assert matched.rows(schema.changes, "customer_id") == [1]
    assert matched.rows(schema.to_plan, "customer_id") == []


@pytest.mark.parametrize("state", ["planned", "sending", "failed"])
def test_an_incremental_plan_comes_back_to_what_the_one_before_left(
    matched: Staged, state: str
) -> None:
    matched.change("run-1", 1, state)
    counts = plan(matched, "run-2", full=False)
    assert matched.rows(schema.changes, "run_id", "state")[-1] == ("run-2", "planned")
    assert counts.planned == 1


@pytest.mark.parametrize("state", ["done", "gone"])
def test_an_incremental_plan_leaves_alone_what_is_settled(matched: Staged, state: str) -> None:
    matched.change("run-1", 1, state)
    plan(matched, "run-2", full=False)
    assert matched.rows(schema.changes, "run_id", "state") == [("run-1", state)]


def test_the_list_of_another_store_stays(matched: Staged) -> None:
    other = Staged(matched.connection, "other")
    other.to_plan(1)
    for full in (True, False):
        plan(matched, full=full)
        assert other.rows(schema.to_plan, "customer_id") == [1]


def test_a_limit_keeps_the_most_important_and_leaves_the_rest_to_be_planned(
    staged: Staged,
) -> None:
    for customer_id in (1, 2, 3):
        staged.member(f"m{customer_id}", tier_rank=customer_id)
        staged.customer(customer_id)
        staged.match(customer_id, f"m{customer_id}")
    counts = plan(staged, limit=2)
    assert order(staged) == [3, 2]
    assert counts.planned == counts.planned_new == 2
    assert counts.cards_unchanged == 0
    assert staged.rows(schema.to_plan, "customer_id") == [1]
    counts = plan(staged, "run-3", full=False)
    assert counts.planned == 3
    assert staged.rows(schema.to_plan, "customer_id") == []


def test_a_limit_of_none_at_all_plans_nothing(matched: Staged) -> None:
    assert plan(matched, limit=0).planned == 0
    assert matched.rows(schema.to_plan, "customer_id") == [1]


# --- repeated and earlier runs ---------------------------------------------------------------


def test_a_repeated_plan_is_the_same_plan(matched: Staged) -> None:
    for full in (True, True, False):
        counts = plan(matched, full=full)
        assert planned(matched) == [(1, "new", "matched", "card of a")]
        assert counts.planned == 1


def test_a_repeated_plan_drops_what_is_not_needed_any_more(matched: Staged) -> None:
    plan(matched)
    matched.pushed(1, "card of a")
    plan(matched)
    assert planned(matched) == []


@pytest.mark.parametrize("state", ["done", "gone"])
def test_a_repeated_plan_keeps_what_was_sent_and_counts_it(matched: Staged, state: str) -> None:
    matched.change("run-2", 1, state, fingerprint="card of a")
    if state == "done":
        matched.pushed(1, "card of a")
    else:
        matched.update(schema.customers, {"customer_id": 1}, gone_at_utc=utc_text(NOW))
    counts = plan(matched)
    assert matched.rows(schema.changes, "customer_id", "state") == [(1, state)]
    assert counts.planned == 1


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("state", ["failed", "sending"])
def test_a_repeated_plan_plans_again_what_did_not_arrive(
    matched: Staged, state: str, *, full: bool
) -> None:
    matched.change("run-2", 1, state, error="Gorgias answered 400", attempts=1)
    plan(matched, full=full)
    assert matched.rows(schema.changes, "state", "error") == [("planned", None)]


def test_a_repeated_plan_plans_a_done_card_that_has_changed_since(matched: Staged) -> None:
    matched.change("run-2", 1, "done", fingerprint="an older card")
    matched.pushed(1, "an older card")
    plan(matched)
    assert matched.rows(schema.changes, "state", "kind", "fingerprint") == [
        ("planned", "update", "card of a")
    ]


def test_what_earlier_runs_left_unsent_is_superseded(staged: Staged) -> None:
    staged.change("run-0", 1, "planned")
    staged.change("run-0", 2, "done")
    staged.change("run-1", 3, "sending")
    staged.change("run-1", 4, "failed", error="Gorgias answered 400")
    staged.change("run-3", 5, "planned")
    Staged(staged.connection, "other").change("run-1", 6, "planned")
    plan(staged, "run-2")
    assert staged.rows(schema.changes, "run_id", "customer_id", "state", "error") == [
        ("run-0", 2, "done", None),
        ("run-1", 3, "failed", "interrupted"),
        ("run-1", 4, "failed", "Gorgias answered 400"),
    ]
    assert Staged(staged.connection, "other").rows(schema.changes, "state") == ["planned"]


def test_an_incremental_plan_settles_the_run_that_was_planned_last(staged: Staged) -> None:
    staged.change("run-0", 1, "done", changed_at_utc=utc_text(NOW - timedelta(days=1)))
    staged.change("run-1", 2, "done")
    staged.change("run-1", 3, "planned")
    plan(staged, "run-2", full=False)
    assert staged.rows(schema.changes, "run_id", "customer_id") == [("run-0", 1), ("run-1", 2)]


def test_what_became_of_old_changes_is_forgotten(staged: Staged) -> None:
    old = utc_text(NOW - timedelta(days=KEEP_CHANGES_DAYS, seconds=1))
    recent = utc_text(NOW - timedelta(days=KEEP_CHANGES_DAYS - 1))
    for number, state in enumerate(["done", "gone", "failed"]):
        staged.change("old", number, state, changed_at_utc=old)
        staged.change("recent", number, state, changed_at_utc=recent)
    staged.change("run-2", 9, "done", changed_at_utc=old)
    plan(staged, "run-2")
    assert staged.rows(schema.changes, "run_id", "customer_id") == [
        ("recent", 0),
        ("recent", 1),
        ("recent", 2),
        ("run-2", 9),
    ]
