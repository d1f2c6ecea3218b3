"""What becomes of each person behind an incident's tickets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from loyalty_desk.awards.incidents.fates import (
    WORDS,
    AwardOfToday,
    Fate,
    Given,
    Judged,
    Person,
    awarded_by_member,
    judge,
)
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.records import AwardState, Outcome, Unit
from loyalty_desk.settings.award_settings import AwardSettings

GIFT = AwardRequest(
    email=None,
    member_id="-",
    amount=Decimal(100),
    unit=Unit.POINTS,
    reason="late_delivery",
    note=None,
    message=None,
    agent="ada",
    ticket_id=None,
    idempotency_key=None,
)


def person(customer_id: int = 1, **values: Any) -> Person:
    """A matched member with one ticket."""
    told = {"member_id": f"m{customer_id}", "status": "member", "ticket_id": customer_id}
    return Person(**{"customer_id": customer_id, "tickets": 1, **told, **values})


def unmatched(outcome: str | None, **values: Any) -> Person:
    return person(outcome=outcome, member_id=None, status=None, **values)


def given(state: AwardState, *, taken_back: bool = False) -> Given:
    return Given(state=state, parts=100, is_taken_back=taken_back)


def judged(*people: Person, **values: Any) -> list[Judged]:
    told: dict[str, Any] = {"given": {}, "today": {}, "settings": AwardSettings(), **values}
    return judge(people, GIFT, told["given"], told["today"], told["settings"])


def fates(*people: Person, **values: Any) -> list[Fate]:
    return [one.fate for one in judged(*people, **values)]


@pytest.mark.parametrize(
    ("who", "fate"),
    [
        (person(), Fate.AWARD),
        (unmatched(Outcome.CUSTOMER_NOT_FOUND), Fate.NOT_A_MEMBER),
        (unmatched(Outcome.NOT_A_MEMBER), Fate.NOT_A_MEMBER),
        (unmatched(Outcome.AMBIGUOUS), Fate.UNCLEAR),
        (unmatched(Outcome.NO_EMAIL), Fate.UNCLEAR),
        (unmatched(Outcome.INVALID_EMAIL), Fate.UNCLEAR),
        (unmatched("a class of later"), Fate.UNCLEAR),
        (unmatched(Outcome.MERGED_OR_DELETED), Fate.GONE),
        (person(outcome=Outcome.MERGED_OR_DELETED), Fate.GONE),
        (person(left=True), Fate.GONE),
        (person(status=None), Fate.GONE),
        (unmatched(Outcome.EXCLUDED), Fate.EXCLUDED),
        (unmatched(Outcome.ERASED), Fate.EXCLUDED),
        (person(status="excluded"), Fate.EXCLUDED),
        (person(status="erased"), Fate.EXCLUDED),
        (unmatched(None, is_read=False), Fate.NOT_READ),
        (unmatched(None), Fate.NOT_READ),
    ],
)
def test_everybody_is_compensated_or_in_one_class(who: Person, fate: Fate) -> None:
    assert fates(who) == [fate]
    assert fate in WORDS


def test_every_fate_has_its_words() -> None:
    assert set(WORDS) == set(Fate)


@pytest.mark.parametrize(("allowed", "fate"), [(True, Fate.AWARD), (False, Fate.EXCLUDED)])
def test_guests_and_excluded_members_are_as_the_store_says(fate: Fate, *, allowed: bool) -> None:
    settings = AwardSettings(allow_guests=allowed, allow_excluded=allowed)

    assert fates(person(status="guest"), settings=settings) == [fate]
    assert fates(person(status="excluded"), settings=settings) == [fate]


def test_a_member_is_compensated_once_whatever_their_customers_and_tickets() -> None:
    first, second = person(1, member_id="m", tickets=3), person(2, member_id="m")

    assert fates(first, second, person(3)) == [Fate.AWARD, Fate.SAME_MEMBER, Fate.AWARD]


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (AwardState.QUEUED, "under way"),
        (AwardState.NEEDS_APPROVAL, "waits for approval"),
        (AwardState.APPROVED, "under way"),
        (AwardState.APPLYING, "under way"),
        (AwardState.APPLIED, "is booked"),
        (AwardState.UNKNOWN, "may be booked; a person has to look"),
    ],
)
def test_whoever_was_compensated_or_may_be_is_not_again(state: AwardState, why: str) -> None:
    [one] = judged(person(), given={"m1": [given(AwardState.REJECTED), given(state)]})

    assert (one.fate, one.why) == (Fate.ALREADY, why)


@pytest.mark.parametrize("state", [AwardState.REFUSED, AwardState.REJECTED])
def test_what_was_never_booked_may_be_asked_for_anew(state: AwardState) -> None:
    assert fates(person(), given={"m1": [given(state)]}) == [Fate.AWARD]


def test_what_a_person_took_back_is_not_given_again() -> None:
    [one] = judged(person(), given={"m1": [given(AwardState.APPLIED, taken_back=True)]})

    assert (one.fate, one.why) == (Fate.ALREADY, "taken back before")


def test_a_limit_of_one_member_stops_that_one_alone() -> None:
    settings = AwardSettings(max_points_per_member_per_day=150)
    first, second = judged(person(1), person(2), today={"m1": 51, "m2": 50}, settings=settings)

    assert (first.fate, second.fate) == (Fate.OVER_LIMIT, Fate.AWARD)
    assert first.why == "one member a day may have 150 points at most, 99 are left"


def test_another_customer_of_who_is_over_a_limit_is_over_it_too() -> None:
    settings = AwardSettings(max_points_per_member_per_day=50)
    people = person(1, member_id="m"), person(2, member_id="m")

    assert fates(*people, settings=settings) == [Fate.OVER_LIMIT] * 2


def test_what_was_awarded_by_an_address_counts_for_whose_it_is() -> None:
    awards = [
        AwardOfToday(subject="m1", member_id="m1", email=None, parts=1, door="desk"),
        AwardOfToday(subject="m1", member_id=None, email="a@shop.example", parts=2, door="desk"),
        AwardOfToday(
            subject="b@shop.example", member_id=None, email="b@shop.example", parts=4, door="http"
        ),
        AwardOfToday(
            subject="c@shop.example", member_id="m1", email="c@shop.example", parts=8, door="http"
        ),
        AwardOfToday(
            subject="c@shop.example", member_id=None, email="c@shop.example", parts=16, door="http"
        ),
        AwardOfToday(subject="m9", member_id="m9", email=None, parts=32, door="desk"),
    ]
    people = [person(1, email_key="a@shop.example"), person(2, email_key="b@shop.example")]

    found = awarded_by_member(awards, people)

    assert (found["m1"], found["m2"]) == (1 + 2 + 8 + 16, 4)
