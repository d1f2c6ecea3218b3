"""The brake, limit by limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from loyalty_desk.errors import BrakeError
from loyalty_desk.settings.sections import BrakeSettings
from loyalty_desk.sync.brake import (
    Balances,
    BrakeFacts,
    ExtractSize,
    FullRead,
    Meeting,
    check_balances,
    check_brake,
    check_full_read,
    check_meeting,
)

LIMITS = BrakeSettings(
    max_changes=1000,
    max_change_share=0.5,
    max_clear_share=0.1,
    max_shrink_share=0.2,
    min_cards=50,
)


def facts(**values: Any) -> BrakeFacts:
    """A quiet plan of a store with 100 members' cards."""
    quiet = {"planned": 0, "planned_update": 0, "planned_clear": 0, "member_cards_before": 100}
    return BrakeFacts(**{**quiet, **values})


def size(previous: int, current: int) -> ExtractSize:
    return ExtractSize(source="members", previous=previous, current=current)


@pytest.mark.parametrize(
    "values",
    [
        {"planned": 1000},
        {"planned": 50, "planned_update": 50},
        {"planned": 50, "planned_update": 40, "planned_clear": 10},
        {"shrink": (size(100, 80),)},
    ],
)
def test_what_reaches_a_limit_without_exceeding_it_may_go(values: dict[str, Any]) -> None:
    check_brake(LIMITS, facts(**values))


@pytest.mark.parametrize(
    ("values", "setting"),
    [
        ({"planned": 1001}, "max_changes"),
        ({"planned": 51, "planned_update": 51}, "max_change_share"),
        ({"planned": 51, "planned_update": 41, "planned_clear": 10}, "max_change_share"),
        ({"planned": 11, "planned_clear": 11}, "max_clear_share"),
        ({"shrink": (size(100, 79),)}, "max_shrink_share"),
    ],
)
def test_what_exceeds_a_limit_is_stopped_and_the_limit_named(
    values: dict[str, Any], setting: str
) -> None:
    with pytest.raises(BrakeError, match=setting):
        check_brake(LIMITS, facts(**values))


def test_new_cards_are_no_change_of_cards() -> None:
    check_brake(LIMITS, facts(planned=900))


@pytest.mark.parametrize("before", [0, 49])
def test_a_share_of_few_cards_says_nothing(before: int) -> None:
    values = {"planned": 49, "planned_update": 30, "planned_clear": 19}
    check_brake(LIMITS, facts(member_cards_before=before, **values))


def test_the_first_run_is_stopped_by_the_number_of_changes_only() -> None:
    limits = LIMITS.model_copy(update={"min_cards": 0})
    check_brake(limits, facts(planned=500, planned_clear=500, member_cards_before=0))
    with pytest.raises(BrakeError, match="max_changes"):
        check_brake(limits, facts(planned=1001, member_cards_before=0))


@pytest.mark.parametrize("sizes", [size(49, 0), size(0, 0), size(100, 500)])
def test_an_extract_that_was_small_or_grew_may_go(sizes: ExtractSize) -> None:
    check_brake(LIMITS, facts(shrink=(sizes,)))


@pytest.mark.parametrize(("known", "read"), [(0, 1), (3, 2), (100, 50), (1, 500)])
def test_a_full_read_that_holds_enough_of_what_is_known_may_go(known: int, read: int) -> None:
    check_full_read(LIMITS, FullRead(source="members", known=known, read=read))


@pytest.mark.parametrize(
    ("known", "read", "says"),
    [
        (0, 0, "no members were read"),
        (1000, 0, "no members were read"),
        (3, 1, r"1 members were read and 3 are known \(33.3%\), min_read_share asks for 50.0%"),
        (1000, 499, "min_read_share"),
    ],
)
def test_a_full_read_of_nothing_or_of_much_less_than_is_known_is_stopped_in_a_store_of_any_size(
    known: int, read: int, says: str
) -> None:
    with pytest.raises(BrakeError, match=says):
        check_full_read(LIMITS, FullRead(source="members", known=known, read=read))


def test_the_share_of_a_full_read_is_a_setting() -> None:
    limits = LIMITS.model_copy(update={"min_read_share": 0.0})
    check_full_read(limits, FullRead(source="members", known=1000, read=1))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"members": 0}, "no members are known"),
        ({"customers": 0, "is_full": False}, "no customers are known"),
        ({"met": 0}, "none of 7 members is any of 9 customers.*release_brake"),
    ],
)
def test_a_match_in_which_nobody_meets_anybody_is_stopped(
    values: dict[str, Any], says: str
) -> None:
    with pytest.raises(BrakeError, match=says):
        check_meeting(Meeting(**{"members": 7, "customers": 9, "met": 1, "is_full": True} | values))


def test_the_runs_after_a_released_one_go_on_though_nobody_meets() -> None:
    check_meeting(Meeting(members=7, customers=9, met=0, is_full=False))


def test_the_message_names_every_limit_with_numbers_and_what_to_do() -> None:
    with pytest.raises(BrakeError) as caught:
        check_brake(
            LIMITS,
            facts(planned=1200, planned_update=60, planned_clear=20, shrink=(size(1000, 500),)),
        )
    assert str(caught.value) == (
        "nothing was pushed: "
        "1200 changes planned, max_changes allows 1000; "
        "80 of 100 cards would change (80.0%), max_change_share allows 50.0%; "
        "20 of 100 cards would be cleared (20.0%), max_clear_share allows 10.0%; "
        "members shrank from 1000 to 500 (50.0%, max_shrink_share allows 20.0%). "
        "Read the run's report; if the changes are meant, run once with release_brake"
    )


def balances(*pairs: tuple[str, str]) -> Balances:
    """The balances of a file, each before and now."""
    found = Balances()
    for before, now in pairs:
        found.compare(Decimal(before), Decimal(now))
    return found


DOWN, UP, SAME = ("2000", "2"), ("12.5", "12750"), ("1840", "1840")


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([DOWN] * 6, id="down"),
        pytest.param([UP] * 6, id="up, and something was bought"),
        pytest.param([("-2000", "-2"), *[DOWN] * 5], id="below zero"),
        pytest.param([DOWN] * 7 + [SAME] * 6, id="most"),
        pytest.param([DOWN] * 6 + [("500", "500"), ("0", "0")] * 99, id="most of the large ones"),
    ],
)
def test_balances_that_mostly_change_a_thousandfold_stop_the_run(
    pairs: list[tuple[str, str]],
) -> None:
    with pytest.raises(
        BrakeError, match=r"balances in m\.csv change a thousand-fold .*release_brake"
    ):
        check_balances(LIMITS, "m.csv", balances(*pairs))


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([], id="none"),
        pytest.param([DOWN] * 5, id="a handful"),
        pytest.param([DOWN] * 7 + [SAME] * 7, id="half of them"),
        pytest.param([("0", "1000")] * 50, id="everybody's first points"),
        pytest.param([("100", "1100")] * 50, id="a thousand for everybody"),
        pytest.param([("20", "2000")] * 50, id="a hundred-fold"),
    ],
)
def test_other_changes_of_balances_pass(pairs: list[tuple[str, str]]) -> None:
    check_balances(LIMITS, "m.csv", balances(*pairs))
