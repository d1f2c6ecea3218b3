"""Limits on awards: exact to the last point and the last hundredth of a credit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_desk.awards.policy import (
    Today,
    find_breaches,
    from_parts,
    needs_approval,
    to_parts,
)
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.records import Unit
from tests.factories import store_settings

LIMITS = {
    f"max_{unit}_per_{what}": 100
    for unit in Unit
    for what in ("award", "agent_per_day", "member_per_day")
}
NOTHING = Today(by_agent=0, by_member=0)


def request(amount: str, unit: Unit) -> AwardRequest:
    return AwardRequest(
        email=None,
        member_id="7",
        amount=Decimal(amount),
        unit=unit,
        reason="gesture",
        note=None,
        message=None,
        agent="ada",
        ticket_id=None,
        idempotency_key=None,
    )


def breaches(amount: str, unit: Unit, today: Today = NOTHING, **limits: int) -> dict[str, str]:
    settings = store_settings(awards={**LIMITS, **limits}).awards
    return find_breaches(request(amount, unit), today, settings)


@given(st.integers(-99_999_999_999, 99_999_999_999), st.sampled_from(Unit))
def test_parts_and_amounts_are_the_same_to_the_last_one(parts: int, unit: Unit) -> None:
    assert to_parts(from_parts(parts, unit), unit) == parts


@pytest.mark.parametrize(
    ("amount", "unit", "parts", "shown"),
    [
        ("50", Unit.POINTS, 50, "50"),
        ("-50", Unit.POINTS, -50, "-50"),
        ("0.29", Unit.CREDITS, 29, "0.29"),
        ("5", Unit.CREDITS, 500, "5.00"),
        ("-12.5", Unit.CREDITS, -1250, "-12.50"),
        ("999999999.99", Unit.CREDITS, 99_999_999_999, "999999999.99"),
    ],
)
def test_an_amount_is_stored_in_parts(amount: str, unit: Unit, parts: int, shown: str) -> None:
    assert to_parts(Decimal(amount), unit) == parts
    assert str(from_parts(parts, unit)) == shown


@pytest.mark.parametrize("sign", ["", "-"], ids=["given", "taken away"])
@pytest.mark.parametrize(
    ("unit", "below", "at", "above"),
    [
        (Unit.POINTS, "99", "100", "101"),
        (Unit.CREDITS, "99.99", "100.00", "100.01"),
    ],
)
@pytest.mark.parametrize("what", ["award", "agent_per_day", "member_per_day"])
def test_a_limit_breaks_one_part_above_it(
    what: str, unit: Unit, below: str, at: str, above: str, sign: str
) -> None:
    name = f"max_{unit}_per_{what}"
    others = {other: 1000 for other in LIMITS if other != name}
    assert breaches(sign + below, unit, **others) == {}
    assert breaches(sign + at, unit, **others) == {}
    assert set(breaches(sign + above, unit, **others)) == {name}


@pytest.mark.parametrize(
    ("today", "amount", "unit", "name", "says"),
    [
        pytest.param(
            Today(by_agent=70, by_member=0),
            *("31", Unit.POINTS, "max_points_per_agent_per_day"),
            "one agent a day may have 100 points at most, 30 are left",
            id="an agent's day",
        ),
        pytest.param(
            Today(by_agent=0, by_member=9_950),
            *("-0.51", Unit.CREDITS, "max_credits_per_member_per_day"),
            "one member a day may have 100 credits at most, 0.50 are left",
            id="a member's day",
        ),
        pytest.param(
            Today(by_agent=500, by_member=0),
            *("1", Unit.POINTS, "max_points_per_agent_per_day"),
            "one agent a day may have 100 points at most, 0 are left",
            id="a limit that was lowered since",
        ),
    ],
)
def test_a_day_counts_what_was_awarded_before_and_says_what_is_left(
    today: Today, amount: str, unit: Unit, name: str, says: str
) -> None:
    assert breaches(amount, unit, today) == {name: says}


@pytest.mark.parametrize("amount", ["30", "-30"])
def test_what_is_left_of_a_day_may_be_awarded(amount: str) -> None:
    assert breaches(amount, Unit.POINTS, Today(by_agent=70, by_member=70)) == {}


def test_every_limit_that_breaks_is_named() -> None:
    assert list(breaches("101", Unit.POINTS)) == [
        "max_points_per_award",
        "max_points_per_agent_per_day",
        "max_points_per_member_per_day",
    ]


def test_a_limit_of_nothing_allows_nothing() -> None:
    broken = breaches("0.01", Unit.CREDITS, max_credits_per_award=0)
    assert broken == {
        "max_credits_per_award": "one award may have 0 credits at most, 0.00 are left"
    }


def test_points_and_credits_have_limits_of_their_own() -> None:
    assert breaches("100", Unit.POINTS, max_credits_per_award=0) == {}
    assert breaches("100", Unit.CREDITS, max_points_per_award=0) == {}


@pytest.mark.parametrize("sign", [1, -1], ids=["given", "taken away"])
def test_a_second_person_is_needed_one_part_above_the_threshold(sign: int) -> None:
    settings = store_settings(awards={"approval_above_credits": 100}).awards

    found = [
        needs_approval(sign * Decimal(amount), Unit.CREDITS, settings)
        for amount in ("99.99", "100", "100.01")
    ]
    assert found == [False, False, True]
