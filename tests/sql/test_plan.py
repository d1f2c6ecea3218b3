"""The plan, rule by rule, on both databases."""

from __future__ import annotations

import pytest

from loyalty_desk.card.cards import NO_CARD, absent_card, fingerprint
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.clock import utc_text
from loyalty_desk.records import Outcome
from loyalty_desk.staging import schema
from tests.factories import NOW
from tests.sql.staged import EARLIER, Staged, order, plan, planned

BEFORE_EARLIER = "2025-01-01T00:00:00.000000Z"
NOT_A_MEMBER = fingerprint(absent_card(Outcome.NOT_A_MEMBER))


@pytest.fixture
def former(staged: Staged) -> Staged:
    """Customer 1 was a member, as the card in Gorgias says, and is one no more."""
    staged.customer(1)
    staged.unmatched(1, "not_a_member")
    staged.pushed(1, "card of a")
    return staged


@pytest.fixture
def stranger(staged: Staged) -> Staged:
    """Customer 1, never a member, without a card."""
    staged.customer(1)
    staged.unmatched(1, "not_a_member")
    return staged


# --- members' cards --------------------------------------------------------------------------


def test_a_matched_customer_without_a_card_gets_the_members_card(matched: Staged) -> None:
    plan(matched)
    assert matched.rows(
        schema.changes,
        *("run_id", "customer_id", "destination", "member_id", "outcome", "kind", "fingerprint"),
        *("state", "attempts", "error", "changed_at_utc"),
    ) == [
        (
            *("run-2", 1, "customer_data", "a", "matched", "new", "card of a"),
            *("planned", 0, None, utc_text(NOW)),
        )
    ]


def test_a_card_that_gorgias_accepted_is_not_planned_again(matched: Staged) -> None:
    matched.pushed(1, "card of a")
    counts = plan(matched)
    assert planned(matched) == []
    assert (counts.planned, counts.cards_unchanged) == (0, 1)


def test_a_card_that_changed_since_is_an_update(matched: Staged) -> None:
    matched.pushed(1, "an older card")
    plan(matched)
    assert planned(matched) == [(1, "update", "matched", "card of a")]


def test_a_card_of_a_non_member_is_updated_when_the_customer_joins(matched: Staged) -> None:
    matched.pushed(1, NOT_A_MEMBER, is_member=False, points_balance=None)
    plan(matched)
    assert planned(matched) == [(1, "update", "matched", "card of a")]


def test_a_card_of_another_store_does_not_count(matched: Staged) -> None:
    Staged(matched.connection, "other").pushed(1, "card of a")
    assert plan(matched).planned == 1


def test_a_gone_customer_is_never_planned_and_its_ledger_is_forgotten(matched: Staged) -> None:
    matched.update(schema.customers, {"customer_id": 1}, gone_at_utc=utc_text(NOW))
    matched.pushed(1, "an older card")
    matched.customer(2)
    matched.pushed(2, "kept")
    counts = plan(matched)
    assert planned(matched) == []
    assert matched.rows(schema.pushed_cards, "customer_id") == [2]
    assert counts.cards_unchanged == 1


# --- what Gorgias shows ----------------------------------------------------------------------


def test_what_a_later_read_saw_decides_over_the_ledger(matched: Staged) -> None:
    matched.pushed(1, "card of a", pushed_at_utc=EARLIER)
    matched.update(schema.customers, {"customer_id": 1}, shown_fingerprint="spoilt")
    plan(matched)
    assert planned(matched) == [(1, "update", "matched", "card of a")]


def test_a_card_that_somebody_removed_is_put_back(matched: Staged) -> None:
    matched.pushed(1, "card of a")
    matched.update(schema.customers, {"customer_id": 1}, shown_fingerprint=NO_CARD)
    plan(matched)
    assert planned(matched) == [(1, "update", "matched", "card of a")]


def test_what_an_earlier_read_saw_does_not_count(matched: Staged) -> None:
    matched.pushed(1, "card of a", pushed_at_utc=EARLIER)
    seen = {"shown_fingerprint": "spoilt", "read_at_utc": BEFORE_EARLIER}
    matched.update(schema.customers, {"customer_id": 1}, **seen)
    assert plan(matched).planned == 0


def test_a_right_card_that_the_ledger_does_not_know_is_left_alone(matched: Staged) -> None:
    matched.update(schema.customers, {"customer_id": 1}, shown_fingerprint="card of a")
    assert plan(matched).planned == 0


def test_a_wrong_card_that_the_ledger_does_not_know_is_replaced_as_new(matched: Staged) -> None:
    matched.update(schema.customers, {"customer_id": 1}, shown_fingerprint="somebody's")
    plan(matched)
    assert planned(matched) == [(1, "new", "matched", "card of a")]


def test_what_is_shown_in_the_data_says_nothing_of_custom_fields(matched: Staged) -> None:
    matched.pushed(1, "card of a", destination="custom_fields")
    matched.update(schema.customers, {"customer_id": 1}, shown_fingerprint="spoilt")
    assert plan(matched, push_to=["custom_fields"]).planned == 0


# --- customers without a member --------------------------------------------------------------


def test_who_is_no_member_any_more_gets_the_non_member_card(former: Staged) -> None:
    counts = plan(former, non_member_cards="none")
    assert planned(former) == [(1, "clear", "not_a_member", NOT_A_MEMBER)]
    assert counts.planned_clear == 1


@pytest.mark.parametrize("outcome", CARD_CLASSES)
def test_the_card_of_each_class_states_that_class(staged: Staged, outcome: Outcome) -> None:
    staged.customer(1)
    staged.unmatched(1, outcome)
    plan(staged, non_member_cards="all")
    assert planned(staged) == [(1, "new", outcome, fingerprint(absent_card(outcome)))]


def test_a_non_member_card_that_states_another_class_is_updated(stranger: Staged) -> None:
    stranger.pushed(1, fingerprint(absent_card(Outcome.AMBIGUOUS)), is_member=False)
    plan(stranger, non_member_cards="none")
    assert planned(stranger) == [(1, "update", "not_a_member", NOT_A_MEMBER)]


def test_a_non_member_card_that_is_right_stays(stranger: Staged) -> None:
    stranger.pushed(1, NOT_A_MEMBER, is_member=False)
    assert plan(stranger, non_member_cards="all").planned == 0


def test_a_shown_card_that_the_ledger_does_not_know_is_cleared(stranger: Staged) -> None:
    stranger.update(schema.customers, {"customer_id": 1}, shown_fingerprint="card of a")
    plan(stranger, non_member_cards="none")
    assert planned(stranger) == [(1, "clear", "not_a_member", NOT_A_MEMBER)]


def test_no_card_is_not_a_card_to_clear(stranger: Staged) -> None:
    stranger.update(schema.customers, {"customer_id": 1}, shown_fingerprint=NO_CARD)
    assert plan(stranger, non_member_cards="none").planned == 0


@pytest.mark.parametrize(
    ("non_member_cards", "has_ticket", "expected"),
    [
        ("all", False, ["new"]),
        ("all", True, ["new"]),
        ("recent_tickets", False, []),
        ("recent_tickets", True, ["new"]),
        ("none", False, []),
        ("none", True, []),
    ],
)
def test_who_never_had_a_card_gets_one_only_as_the_store_wants(
    stranger: Staged, non_member_cards: str, *, has_ticket: bool, expected: list[str]
) -> None:
    if has_ticket:
        stranger.ticket(10, 1)
    plan(stranger, non_member_cards=non_member_cards)
    assert stranger.rows(schema.changes, "kind") == expected


def test_a_customer_that_was_not_matched_yet_is_left_alone(staged: Staged) -> None:
    staged.customer(1)
    staged.pushed(1, "card of a")
    assert plan(staged, non_member_cards="all").planned == 0


# --- destinations ----------------------------------------------------------------------------


def test_each_destination_has_its_own_ledger(matched: Staged) -> None:
    matched.pushed(1, "card of a", destination="customer_data")
    plan(matched, push_to=["customer_data", "custom_fields"])
    assert matched.rows(schema.changes, "destination", "kind") == [("custom_fields", "new")]


def test_a_customer_with_two_changes_counts_once_as_changed(matched: Staged) -> None:
    matched.customer(2)
    matched.unmatched(2, "not_a_member")
    counts = plan(matched, push_to=["customer_data", "custom_fields"])
    assert (counts.planned, counts.planned_new, counts.cards_unchanged) == (2, 2, 1)


# --- priority --------------------------------------------------------------------------------


def test_tickets_go_before_tiers_and_tiers_before_balances(staged: Staged) -> None:
    people: list[tuple[int, str | None, int, int]] = [
        (1, None, 0, 10),
        (2, None, 0, 5000),
        (3, None, 3, 10),
        (4, "closed", 0, 10),
        (5, "closed", 3, 10),
        (6, "open", 0, 10),
    ]
    for customer_id, status, tier_rank, points in people:
        staged.member(f"m{customer_id}", tier_rank=tier_rank, points_balance=points)
        staged.customer(customer_id)
        staged.match(customer_id, f"m{customer_id}")
        if status:
            staged.ticket(customer_id, customer_id, status)
    plan(staged)
    assert order(staged) == [6, 5, 4, 3, 2, 1]


def test_one_open_ticket_among_closed_ones_counts(staged: Staged) -> None:
    for customer_id, statuses in ((1, ["closed", "open", "closed"]), (2, ["closed", "closed"])):
        staged.member(f"m{customer_id}", tier_rank=customer_id)
        staged.customer(customer_id)
        staged.match(customer_id, f"m{customer_id}")
        for number, status in enumerate(statuses):
            staged.ticket(customer_id * 10 + number, customer_id, status)
    plan(staged)
    assert order(staged) == [1, 2]


def test_the_change_of_the_balance_counts_not_the_balance(staged: Staged) -> None:
    for customer_id, points, before in ((1, 9000, 9001), (2, 100, 900)):
        staged.member(f"m{customer_id}", points_balance=points)
        staged.customer(customer_id)
        staged.match(customer_id, f"m{customer_id}")
        staged.pushed(customer_id, "an older card", points_balance=before)
    plan(staged)
    assert order(staged) == [2, 1]


def test_an_enormous_balance_or_tier_does_not_outrank_a_ticket(staged: Staged) -> None:
    staged.member("rich", points_balance=10**15, tier_rank=10**6)
    staged.member("asks", points_balance=0, tier_rank=0)
    for customer_id, member_id in ((1, "rich"), (2, "asks")):
        staged.customer(customer_id)
        staged.match(customer_id, member_id)
    staged.ticket(20, 2)
    plan(staged)
    assert order(staged) == [2, 1]


def test_an_unknown_balance_counts_as_none(matched: Staged) -> None:
    matched.update(schema.members, {"member_id": "a"}, points_balance=None)
    plan(matched)
    assert matched.rows(schema.changes, "priority") == [2 * 10**9]


def test_a_balance_that_must_go_comes_first_among_the_equally_urgent(former: Staged) -> None:
    former.member("vip", points_balance=10**6, tier_rank=9000)
    former.customer(2)
    former.match(2, "vip")
    former.member("asks")
    former.customer(3)
    former.match(3, "asks")
    former.ticket(30, 3)
    plan(former)
    assert order(former) == [3, 1, 2]


# --- counts and facts ------------------------------------------------------------------------


def test_the_counts_and_the_facts_of_the_brake_agree(former: Staged) -> None:
    for customer_id, before in ((2, None), (3, "an older card"), (4, "card of m4")):
        former.member(f"m{customer_id}")
        former.customer(customer_id)
        former.match(customer_id, f"m{customer_id}")
        if before:
            former.pushed(customer_id, before)
    former.customer(5)
    former.unmatched(5, "ambiguous")
    former.pushed(5, "x", is_member=False)
    counts = plan(former)
    assert counts.as_counters() == {
        "planned": 4,
        "planned_new": 1,
        "planned_update": 2,
        "planned_clear": 1,
        "planned_texts": 0,
        "planned_withdraw": 0,
        "planned_recent": 0,
        "cards_unchanged": 1,
        "cards_stale": 0,
    }
    facts = counts.brake_facts()
    assert (facts.planned, facts.planned_update, facts.planned_clear) == (4, 2, 1)
    assert facts.member_cards_before == 3


def test_an_empty_store_is_planned_without_complaint(staged: Staged) -> None:
    for full in (True, False):
        assert set(plan(staged, full=full).as_counters().values()) == {0}
