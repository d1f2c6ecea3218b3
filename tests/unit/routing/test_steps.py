"""What is done to a ticket: no more than is wanted, and nothing that a person decided."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.routing.steps import Ours, Seen, Steps, Wanted, decide

VIP = Wanted(tag="vip", has_tag=True, priority="high")
NOBODY = Wanted(tag="vip", has_tag=False, priority=None)
SET = Ours(tag="vip", priority="high")
PLAIN = Seen(tags=["billing"], priority="normal")
ROUTED = Seen(tags=["billing", "vip"], priority="high")


def steps(wanted: Wanted, seen: Seen, ours: Ours | None = None, **more: Any) -> Steps:
    return decide(wanted, seen, ours or Ours(), **{"may_remove": True, **more})


def test_a_new_ticket_costs_two_requests_whether_or_not_it_is_known_what_stands_there() -> None:
    assert steps(VIP, PLAIN) == Steps(add_tag="vip", priority="high")
    assert steps(VIP, Seen()) == Steps(add_tag="vip", priority="high")
    assert steps(VIP, PLAIN).requests == 2


def test_what_is_as_it_should_be_costs_nothing() -> None:
    assert steps(VIP, ROUTED, SET) == Steps()
    assert steps(NOBODY, PLAIN) == Steps()
    assert steps(NOBODY, Seen()) == Steps()


def test_a_tag_alone_leaves_the_priority_as_it_is() -> None:
    tag_alone = Wanted(tag="vip", has_tag=True, priority=None)

    assert steps(tag_alone, PLAIN) == Steps(add_tag="vip")
    assert steps(Wanted(tag="vip", has_tag=True, priority="normal"), PLAIN).priority is None


@pytest.mark.parametrize("chosen", ["critical", "high", "low"])
def test_a_priority_that_somebody_chose_stays(chosen: str) -> None:
    assert steps(VIP, Seen(tags=[], priority=chosen)) == Steps(add_tag="vip")


def test_a_tag_that_stands_there_already_is_not_ours_and_is_never_taken_off() -> None:
    by_hand = Seen(tags=["vip"], priority="normal")

    assert steps(VIP, by_hand) == Steps(priority="high")
    assert steps(NOBODY, by_hand) == Steps()


def test_who_is_no_vip_any_more_loses_our_tag_and_our_priority() -> None:
    assert steps(NOBODY, ROUTED, SET) == Steps(remove_tag="vip", priority="normal")


def test_a_tag_that_was_there_before_us_is_not_taken_off() -> None:
    assert steps(NOBODY, ROUTED, SET, may_remove=False) == Steps(priority="normal")


def test_another_rule_gives_another_priority() -> None:
    urgent = Wanted(tag="vip", has_tag=True, priority="critical")

    assert steps(urgent, ROUTED, SET) == Steps(priority="critical")


@pytest.mark.parametrize("wanted", [VIP, NOBODY, Wanted(tag="vip", has_tag=True, priority="low")])
def test_what_a_person_took_off_or_changed_is_left_to_people(wanted: Wanted) -> None:
    after = Seen(tags=["billing"], priority="low")

    assert steps(wanted, after, SET) == Steps(tag_is_left=True, priority_is_left=True)


def test_it_stays_left_whatever_stands_there_later() -> None:
    left = Ours(tag="vip", priority="high", tag_is_left=True, priority_is_left=True)

    for seen in (PLAIN, ROUTED, Seen()):
        assert steps(NOBODY, seen, left).requests == 0
        assert steps(VIP, seen, left).requests == 0


def test_a_person_may_change_one_and_we_the_other() -> None:
    untagged = Seen(tags=[], priority="high")

    assert steps(NOBODY, untagged, SET) == Steps(tag_is_left=True, priority="normal")


def test_a_tag_by_another_name_takes_the_place_of_the_one_of_before() -> None:
    renamed = Wanted(tag="top", has_tag=True, priority="high")

    assert steps(renamed, ROUTED, SET) == Steps(add_tag="top", remove_tag="vip")
    assert steps(renamed, Seen(tags=[], priority="high"), SET) == Steps(add_tag="top")


def test_what_failed_halfway_is_made_up_for() -> None:
    half = Ours(priority="high")

    assert steps(VIP, Seen(tags=[], priority="high"), half) == Steps(add_tag="vip")
