"""The match, rule by rule, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.clock import utc_text
from loyalty_desk.records import Outcome
from loyalty_desk.staging import schema
from tests.factories import LATER, NOW
from tests.sql.staged import Staged, customer_classes, match, member_classes, pairs

GONE = utc_text(NOW)


# --- the primary address ---------------------------------------------------------------------


def test_a_customer_matches_the_member_with_the_same_email_key(staged: Staged) -> None:
    staged.member("a", "ada@shop.example")
    staged.customer(1, "ada@shop.example")
    match(staged)
    assert pairs(staged) == [(1, "a", "email")]
    assert customer_classes(staged) == {}
    assert member_classes(staged) == {}


def test_every_customer_with_the_same_address_matches_the_member(staged: Staged) -> None:
    staged.member("a", "k")
    staged.customer(1, "k")
    staged.customer(2, "k")
    match(staged)
    assert pairs(staged) == [(1, "a", "email"), (2, "a", "email")]


def test_two_members_on_one_address_are_a_tie_that_is_not_broken(staged: Staged) -> None:
    staged.member("a", "k")
    staged.member("b", "k")
    staged.customer(1, "k")
    match(staged)
    assert pairs(staged) == []
    assert customer_classes(staged) == {1: "ambiguous"}
    assert member_classes(staged) == {"a": "ambiguous", "b": "ambiguous"}


@pytest.mark.parametrize(
    "other", [{"status": "excluded"}, {"status": "erased"}, {"gone_at_utc": GONE}]
)
def test_a_member_who_may_have_no_card_makes_no_tie(staged: Staged, other: Any) -> None:
    staged.member("a", "k")
    staged.member("b", "k", **other)
    staged.customer(1, "k")
    match(staged)
    assert pairs(staged) == [(1, "a", "email")]


def test_a_member_of_another_store_is_never_matched(staged: Staged) -> None:
    Staged(staged.connection, "other").member("a", "k")
    Staged(staged.connection, "other").customer(2, "k")
    staged.customer(1, "k")
    assert match(staged).customers_total == 1
    assert pairs(staged) == []
    assert customer_classes(staged) == {1: "not_a_member"}


def test_a_guest_counts_as_a_member_when_the_store_includes_guests(staged: Staged) -> None:
    staged.member("a", "k", status="guest")
    staged.customer(1, "k")
    match(staged, include_guests=True)
    assert pairs(staged) == [(1, "a", "email")]


def test_a_guest_counts_as_excluded_when_the_store_does_not_include_guests(staged: Staged) -> None:
    staged.member("a", "k", status="guest")
    staged.customer(1, "k")
    match(staged, include_guests=False)
    assert customer_classes(staged) == {1: "excluded"}
    assert member_classes(staged) == {"a": "excluded"}


def test_a_guest_beside_a_member_is_nobody_where_guests_do_not_count(staged: Staged) -> None:
    staged.member("a", "k")
    staged.member("b", "k", status="guest")
    staged.customer(1, "k")
    match(staged, include_guests=False)
    assert pairs(staged) == [(1, "a", "email")]
    assert member_classes(staged) == {"b": "excluded"}


# --- links -----------------------------------------------------------------------------------


def test_a_link_decides_before_the_address(staged: Staged) -> None:
    staged.member("a", "k")
    staged.member("b", "other")
    staged.customer(1, "k")
    staged.link(1, "b")
    match(staged)
    assert pairs(staged) == [(1, "b", "link")]
    assert member_classes(staged) == {"a": "member_not_in_gorgias"}


def test_a_link_settles_a_tie_for_its_customer_only(staged: Staged) -> None:
    for member_id in ("a", "b"):
        staged.member(member_id, "k")
    for customer_id in (1, 2):
        staged.customer(customer_id, "k")
    staged.link(1, "a")
    match(staged)
    assert pairs(staged) == [(1, "a", "link")]
    assert customer_classes(staged) == {2: "ambiguous"}
    assert member_classes(staged) == {"b": "ambiguous"}


def test_a_linked_member_is_also_matched_by_address_with_another_customer(staged: Staged) -> None:
    staged.member("a", "k")
    staged.customer(1, "elsewhere")
    staged.customer(2, "k")
    staged.link(1, "a")
    match(staged)
    assert pairs(staged) == [(1, "a", "link"), (2, "a", "email")]


@pytest.mark.parametrize(
    "values", [{"gone_at_utc": GONE}, {"status": "excluded"}, {"status": "erased"}]
)
def test_a_link_to_a_member_who_may_have_no_card_does_not_decide(
    staged: Staged, values: Any
) -> None:
    staged.member("a", "k")
    staged.member("b", "other", **values)
    staged.customer(1, "k")
    staged.link(1, "b")
    match(staged)
    assert pairs(staged) == [(1, "a", "email")]


def test_a_link_to_an_unknown_member_does_not_decide(staged: Staged) -> None:
    staged.customer(1, "k")
    staged.link(1, "nobody")
    match(staged)
    assert customer_classes(staged) == {1: "not_a_member"}


def test_a_link_matches_a_customer_without_an_email(staged: Staged) -> None:
    staged.member("a")
    staged.customer(1)
    staged.link(1, "a")
    match(staged)
    assert pairs(staged) == [(1, "a", "link")]


# --- classes ---------------------------------------------------------------------------------


def test_each_customer_without_a_member_is_in_its_class(staged: Staged) -> None:
    staged.member("x", "excluded", status="excluded")
    staged.member("y", "erased", status="erased")
    staged.member("z", "both", status="erased")
    staged.member("w", "both", status="excluded")
    staged.member("g", "left", gone_at_utc=GONE)
    staged.customer(1)
    staged.customer(2, email="no address", email_state="invalid")
    staged.customer(3, "excluded")
    staged.customer(4, "erased")
    staged.customer(5, "both")
    staged.customer(6, "left")
    staged.customer(7, "asks")
    staged.ticket(70, 7)
    staged.customer(8, "excluded", gone_at_utc=GONE)
    match(staged)
    assert customer_classes(staged) == {
        1: "no_email",
        2: "invalid_email",
        3: "excluded",
        4: "erased",
        5: "excluded",
        6: "not_a_member",
        7: "customer_not_found",
        8: "merged_or_deleted",
    }


def test_each_member_without_a_customer_is_in_its_class(staged: Staged) -> None:
    staged.member("absent", "k1")
    staged.member("no_email")
    staged.member("invalid", email="no address", email_state="invalid")
    staged.member("excluded", "k2", status="excluded")
    staged.member("erased", status="erased")
    staged.member("gone", "k3", gone_at_utc=GONE)
    match(staged)
    assert member_classes(staged) == {
        "absent": "member_not_in_gorgias",
        "no_email": "no_email",
        "invalid": "invalid_email",
        "excluded": "excluded",
        "erased": "erased",
        "gone": "merged_or_deleted",
    }


def test_a_gone_customer_is_not_matched_even_by_a_link(staged: Staged) -> None:
    staged.member("a", "k")
    staged.customer(1, "k", gone_at_utc=GONE)
    staged.link(1, "a")
    match(staged)
    assert pairs(staged) == []
    assert customer_classes(staged) == {1: "merged_or_deleted"}


def test_a_class_that_stays_keeps_its_date_and_a_new_one_gets_another(staged: Staged) -> None:
    staged.customer(1, "k1")
    staged.customer(2, "k2")
    staged.member("a", "k3")
    match(staged)
    staged.ticket(20, 2)
    match(staged, now=LATER)
    assert staged.rows(schema.unmatched_customers, "customer_id", "outcome", "since_utc") == [
        (1, "not_a_member", utc_text(NOW)),
        (2, "customer_not_found", utc_text(LATER)),
    ]
    assert staged.rows(schema.unmatched_members, "since_utc") == [utc_text(NOW)]


def test_who_stops_matching_moves_to_a_class_and_back(staged: Staged) -> None:
    staged.member("a", "k")
    staged.customer(1, "k")
    match(staged)
    staged.update(schema.members, {"member_id": "a"}, email_key="moved")
    match(staged)
    assert (pairs(staged), customer_classes(staged)) == ([], {1: "not_a_member"})
    assert member_classes(staged) == {"a": "member_not_in_gorgias"}
    staged.update(schema.customers, {"customer_id": 1}, email_key="moved")
    match(staged)
    assert pairs(staged) == [(1, "a", "email")]
    assert (customer_classes(staged), member_classes(staged)) == ({}, {})


def test_a_match_with_another_member_replaces_the_one_before(staged: Staged) -> None:
    staged.member("a", "k")
    staged.customer(1, "k")
    match(staged)
    staged.update(schema.members, {"member_id": "a"}, email_key="moved")
    staged.member("b", "k")
    match(staged)
    assert pairs(staged) == [(1, "b", "email")]


# --- counts ----------------------------------------------------------------------------------


def test_the_counts_add_up_over_every_class(staged: Staged) -> None:
    staged.member("a", "k1")
    staged.member("b", "k2")
    staged.member("c", "k2")
    staged.customer(1, "k1")
    staged.customer(2, "k1")
    staged.customer(3, "k2")
    staged.customer(4)
    counts = match(staged)
    assert counts.customers_total == sum(counts.customers.values())
    assert (counts.customers_total, counts.members_total) == (4, 3)
    assert counts.customers[Outcome.MATCHED] == 2
    assert counts.members == {**dict.fromkeys(counts.members, 0), "matched": 1, "ambiguous": 2}


def test_the_counters_name_each_side_and_class(staged: Staged) -> None:
    staged.customer(1)
    counters = match(staged).as_counters()
    assert counters["customers_total"] == counters["customers_no_email"] == 1
    assert counters["members_member_not_in_gorgias"] == 0
    assert len(counters) == 2 + 9 + 8


def test_an_empty_store_is_matched_without_complaint(staged: Staged) -> None:
    assert set(match(staged).as_counters().values()) == {0}
    assert set(match(staged, full=False).as_counters().values()) == {0}


# --- what was touched ------------------------------------------------------------------------


def test_a_match_consumes_what_was_touched_in_its_own_store_only(staged: Staged) -> None:
    other = Staged(staged.connection, "other")
    for full in (True, False):
        for some in (staged, other):
            some.touch("customer", 1)
            some.touch("email_key", "k")
            some.touch("member", "a")
        match(staged, full=full)
        assert staged.rows(schema.touched, "kind") == []
        assert len(other.rows(schema.touched, "kind")) == 3


def test_a_full_match_leaves_to_plan_to_the_full_plan(staged: Staged) -> None:
    staged.member("a", "k")
    staged.customer(1, "k")
    match(staged)
    assert staged.rows(schema.to_plan, "customer_id") == []


def test_an_incremental_match_plans_who_was_decided_anew(staged: Staged) -> None:
    staged.customer(1, "k")
    staged.customer(2, "k")
    staged.customer(3, "unrelated")
    match(staged)
    staged.member("a", "k")
    staged.touch("member", "a")
    staged.touch("email_key", "k")
    match(staged, full=False)
    assert pairs(staged) == [(1, "a", "email"), (2, "a", "email")]
    assert staged.rows(schema.to_plan, "customer_id") == [1, 2]


def test_an_incremental_match_plans_the_customers_of_a_touched_member(staged: Staged) -> None:
    staged.member("a", "k")
    staged.customer(1, "k")
    match(staged)
    staged.touch("member", "a")
    match(staged, full=False)
    assert staged.rows(schema.to_plan, "customer_id") == [1]


def test_an_incremental_match_plans_a_touched_customer(staged: Staged) -> None:
    staged.customer(1)
    match(staged)
    staged.touch("customer", 1)
    match(staged, full=False)
    assert staged.rows(schema.to_plan, "customer_id") == [1]


def test_an_incremental_match_leaves_who_was_not_touched_alone(staged: Staged) -> None:
    staged.member("a", "k")
    staged.customer(1, "k")
    match(staged, full=False)
    assert (pairs(staged), staged.rows(schema.to_plan, "customer_id")) == ([], [])


def test_a_match_leaves_nothing_temporary_behind(staged: Staged) -> None:
    for full in (True, False, True):
        match(staged, full=full)
