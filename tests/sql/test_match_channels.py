"""The match by further e-mail addresses, on both databases."""

from __future__ import annotations

import pytest

from loyalty_desk.clock import utc_text
from tests.factories import NOW
from tests.sql.staged import Staged, customer_classes, match, member_classes, pairs

GONE = utc_text(NOW)


@pytest.mark.parametrize("key", [None, "primary"])
def test_a_further_address_matches_when_the_primary_leads_to_nobody(
    staged: Staged, key: str | None
) -> None:
    staged.member("a", "further")
    staged.customer(1, key)
    staged.channel(1, "further")
    match(staged)
    assert pairs(staged) == [(1, "a", "channel")]


def test_a_further_address_counts_when_the_primary_leads_to_an_excluded_member(
    staged: Staged,
) -> None:
    staged.member("x", "primary", status="excluded")
    staged.member("a", "further")
    staged.customer(1, "primary")
    staged.channel(1, "further")
    match(staged)
    assert pairs(staged) == [(1, "a", "channel")]


def test_a_further_address_does_not_settle_a_tie_of_the_primary(staged: Staged) -> None:
    staged.member("a", "primary")
    staged.member("b", "primary")
    staged.member("c", "further")
    staged.customer(1, "primary")
    staged.channel(1, "further")
    match(staged)
    assert customer_classes(staged) == {1: "ambiguous"}
    assert member_classes(staged)["c"] == "member_not_in_gorgias"


def test_two_further_addresses_of_the_same_member_match(staged: Staged) -> None:
    staged.member("a", "further")
    staged.member("g", "second", gone_at_utc=GONE)
    staged.customer(1, "primary")
    staged.channel(1, "further")
    staged.channel(1, "second")
    match(staged)
    assert pairs(staged) == [(1, "a", "channel")]


def test_further_addresses_of_two_members_are_a_tie(staged: Staged) -> None:
    staged.member("a", "further")
    staged.member("b", "second")
    staged.customer(1)
    staged.channel(1, "further")
    staged.channel(1, "second")
    match(staged)
    assert customer_classes(staged) == {1: "ambiguous"}
    assert member_classes(staged) == {"a": "ambiguous", "b": "ambiguous"}


def test_a_further_address_that_two_members_hold_is_a_tie(staged: Staged) -> None:
    staged.member("a", "further")
    staged.member("b", "further")
    staged.customer(1, "primary")
    staged.channel(1, "further")
    match(staged)
    assert customer_classes(staged) == {1: "ambiguous"}


def test_a_member_whom_two_customers_claim_by_a_further_address_is_a_tie(staged: Staged) -> None:
    staged.member("a", "further")
    for customer_id in (1, 2):
        staged.customer(customer_id)
        staged.channel(customer_id, "further")
    match(staged)
    assert customer_classes(staged) == {1: "ambiguous", 2: "ambiguous"}
    assert member_classes(staged) == {"a": "ambiguous"}


def test_a_member_matched_by_its_primary_address_is_not_given_away_by_a_further_one(
    staged: Staged,
) -> None:
    staged.member("a", "k")
    staged.customer(1, "k")
    staged.customer(2, "primary")
    staged.channel(2, "k")
    match(staged)
    assert pairs(staged) == [(1, "a", "email")]
    assert customer_classes(staged) == {2: "ambiguous"}


def test_a_linked_member_is_not_given_away_by_a_further_address(staged: Staged) -> None:
    staged.member("a", "k")
    staged.customer(1)
    staged.link(1, "a")
    staged.customer(2)
    staged.channel(2, "k")
    match(staged)
    assert pairs(staged) == [(1, "a", "link")]
    assert customer_classes(staged) == {2: "ambiguous"}


def test_a_customer_who_is_linked_elsewhere_does_not_hold_on_to_the_address(
    staged: Staged,
) -> None:
    staged.member("a", "k")
    staged.member("b", "other")
    staged.customer(1, "k")
    staged.link(1, "b")
    staged.customer(2)
    staged.channel(2, "k")
    match(staged)
    assert pairs(staged) == [(1, "b", "link"), (2, "a", "channel")]


def test_a_customer_who_is_gone_does_not_hold_on_to_the_address(staged: Staged) -> None:
    staged.member("a", "k")
    staged.customer(1, "k", gone_at_utc=GONE)
    staged.customer(2)
    staged.channel(2, "k")
    match(staged)
    assert pairs(staged) == [(2, "a", "channel")]


def test_a_further_address_of_a_gone_customer_claims_nobody(staged: Staged) -> None:
    staged.member("a", "further")
    staged.customer(1, gone_at_utc=GONE)
    staged.customer(2)
    staged.channel(1, "further")
    staged.channel(2, "further")
    match(staged)
    assert pairs(staged) == [(2, "a", "channel")]


@pytest.mark.parametrize("status", ["excluded", "erased"])
def test_a_further_address_of_who_may_have_no_card_claims_nobody(
    staged: Staged, status: str
) -> None:
    staged.member("x", "further", status=status)
    staged.customer(1, "primary")
    staged.channel(1, "further")
    match(staged)
    assert pairs(staged) == []
    assert customer_classes(staged) == {1: "not_a_member"}


def test_a_linked_customer_claims_nobody_else_by_a_further_address(staged: Staged) -> None:
    staged.member("a", "linked")
    staged.member("b", "further")
    staged.customer(1, "primary")
    staged.link(1, "a")
    staged.channel(1, "further")
    staged.customer(2)
    staged.channel(2, "further")
    match(staged)
    assert pairs(staged) == [(1, "a", "link"), (2, "b", "channel")]


def test_a_link_of_another_store_decides_nothing_here(staged: Staged) -> None:
    """Ids are those of an account, so two stores may well have the same."""
    staged.member("a", "k")
    staged.customer(1, "primary")
    Staged(staged.connection, store="other").link(1, "a")
    match(staged)
    assert pairs(staged) == []
