"""What becomes of each person behind an incident's tickets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from loyalty_desk.awards.incidents.fates import (
    ANOTHER,
    WORDS,
    Fate,
    Given,
    Judged,
    Person,
    judge,
)
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.awards.today import AwardedToday, AwardOfToday
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


def given(state: AwardState, *, taken_back: bool = False, **values: Any) -> Given:
    return Given(state=state, parts=100, is_taken_back=taken_back, **{"member_id": "m1", **values})


def today(**points: int) -> AwardedToday:
    """What members were awarded today."""
    awards = [
        AwardOfToday(
            subject=member_id,
            member_id=member_id,
            email=None,
            unit="points",
            agent="ada",
            door="desk",
            parts=parts,
            counts=True,
        )
        for member_id, parts in points.items()
    ]
    return AwardedToday(awards, {})


def judged(*people: Person, **values: Any) -> list[Judged]:
    told: dict[str, Any] = {"given": [], "today": today(), "settings": AwardSettings(), **values}
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
    [one] = judged(person(), given=[given(AwardState.REJECTED), given(state)])

    assert (one.fate, one.why) == (Fate.ALREADY, why)


@pytest.mark.parametrize("state", [AwardState.REFUSED, AwardState.REJECTED])
def test_what_was_never_booked_may_be_asked_for_anew(state: AwardState) -> None:
    assert fates(person(), given=[given(state)]) == [Fate.AWARD]


def test_what_a_person_took_back_is_not_given_again() -> None:
    [one] = judged(person(), given=[given(AwardState.APPLIED, taken_back=True)])

    assert (one.fate, one.why) == (Fate.ALREADY, "taken back before")


MERGED = {"member_id": "m9", "is_now": "m1", "is_here": False}
LINKED_ANEW = {"member_id": "m9", "is_now": "m1", "is_here": True}


@pytest.mark.parametrize("state", [AwardState.APPLIED, AwardState.REJECTED])
@pytest.mark.parametrize("taken_back", [False, True], ids=["stands", "taken back"])
def test_who_was_merged_since_is_as_if_they_had_been_the_other_all_the_time(
    state: AwardState, *, taken_back: bool
) -> None:
    [own] = judged(person(), given=[given(state, taken_back=taken_back)])
    [merged] = judged(person(), given=[given(state, taken_back=taken_back, **MERGED)])

    assert merged.fate is own.fate
    assert merged.why == (own.why and f"{own.why}, {ANOTHER}")


@pytest.mark.parametrize(
    ("taken_back", "fate"), [(False, Fate.ALREADY), (True, Fate.AWARD)], ids=["stands", "back"]
)
def test_what_the_wrong_member_had_counts_for_the_right_one_until_it_is_taken_back(
    fate: Fate, *, taken_back: bool
) -> None:
    wrong = given(AwardState.APPLIED, taken_back=taken_back, **LINKED_ANEW)

    assert fates(person(), person(9), given=[wrong]) == [fate, Fate.ALREADY]


def test_the_customers_of_one_member_are_all_compensated_before() -> None:
    people = person(1, member_id="m1"), person(2, member_id="m1")

    assert fates(*people, given=[given(AwardState.APPLIED, **MERGED)]) == [Fate.ALREADY] * 2


def test_a_limit_of_one_member_stops_that_one_alone() -> None:
    settings = AwardSettings(max_points_per_member_per_day=150)
    first, second = judged(person(1), person(2), today=today(m1=51, m2=50), settings=settings)

    assert (first.fate, second.fate) == (Fate.OVER_LIMIT, Fate.AWARD)
    assert first.why == "one member a day may have 150 points at most, 99 are left"


def test_another_customer_of_who_is_over_a_limit_is_over_it_too() -> None:
    settings = AwardSettings(max_points_per_member_per_day=50)
    people = person(1, member_id="m"), person(2, member_id="m")

    assert fates(*people, settings=settings) == [Fate.OVER_LIMIT] * 2
