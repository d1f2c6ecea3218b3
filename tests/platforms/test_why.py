"""Why no points for this order: on each platform, against an oracle that shares no code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from loyalty_desk.lookup.orders import look_into, suspects_of
from loyalty_desk.lookup.problems import Problem
from loyalty_desk.lookup.why import Answer, Finding, Question
from tests.forget import forget_lookups
from tests.oracle.why import answers
from tests.platforms.account import Account

MIRA, ALSO = "mira@shop.example", "mira.holm@shop.example"
ORDER = {"source": "order_placed", "title": "Order"}


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    forget_lookups()


def ask(account: Account, order: str, *suspects: str | None) -> list[Finding]:
    ids = [one for one in suspects if one and "@" not in one]
    keys = [one for one in suspects if one and "@" in one]
    store = account.store(lookup={"requests_per_s": 1000})
    question = Question(order=order)
    return look_into(store, question, suspects_of(ids[0] if ids else None, None, keys))


def said(found: list[Finding]) -> set[tuple[str, int]]:
    return {(one.answer.value, one.points) for one in found}


def book(account: Account, member_id: str, *bookings: dict[str, Any]) -> None:
    for booking in bookings:
        account.control("POST", f"members/{member_id}/ledger", {**ORDER, **booking})


def told(account: Account, *member_ids: str) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    return [
        (account.held(one), account.control("GET", f"ledger?member_id={one}")["data"])
        for one in member_ids
    ]


def orders_of_mira(account: Account) -> str:
    member_id = account.add_member(email=MIRA, points_tally=1000)
    book(
        account,
        member_id,
        {"points": 120, "order": [5_500_000_042, "#1042"], "title": "Order #1042"},
        {"points": 80, "order": [5_500_000_043, "#1043"], "pending": True},
        {"points": 60, "order": [5_500_000_044, "#1044"]},
        {"points": -60, "order": [5_500_000_044, "#1044"]},
        {"points": 90, "order": [5_500_000_045, "#1045"]},
        {"points": -30, "order": [5_500_000_045, "#1045"]},
        {"points": -20, "order": [5_500_000_046, "#1046"]},
    )
    return member_id


@pytest.mark.parametrize("order", [*map(str, range(1042, 1048)), "5500000042", "104"])
def test_each_order_is_answered_as_far_as_the_platform_tells(account: Account, order: str) -> None:
    member_id = orders_of_mira(account)

    found = ask(account, order, member_id, MIRA)

    assert said(found) == answers(str(account.case), order, told(account, member_id))


def test_what_was_revoked_is_said_to_be_taken_back(account: Account) -> None:
    member_id = account.add_member(email=MIRA)
    entry = {**ORDER, "points": 70, "order": [77, "#1050"]}
    booked = account.control("POST", f"members/{member_id}/ledger", entry)
    if account.case.name in {"rivo", "trifft"}:
        account.control("POST", f"ledger/{booked['id']}/revoke")

    found = ask(account, "1050", member_id)

    assert said(found) == answers(str(account.case), "1050", told(account, member_id))


def test_points_on_a_further_address_are_found_and_whose_they_are(account: Account) -> None:
    own, other = account.add_member(email=MIRA), account.add_member(email=ALSO)
    book(account, other, {"points": 120, "order": [9, "#1060"], "title": "Order #1060"})

    found = ask(account, "#1060", own, MIRA, ALSO)

    assert said(found) == answers(str(account.case), "1060", told(account, own, other))
    assert [(one.is_other, one.member_id, one.address) for one in found] == [(True, other, ALSO)]


@pytest.mark.parametrize("status", ["guest", "excluded", "member"])
def test_a_guest_and_who_is_excluded_are_told_beside_that_nothing_is(
    account: Account, status: str
) -> None:
    member_id = account.add_member(email=MIRA, status=status)

    found = ask(account, "1070", member_id)

    assert said(found) == answers(str(account.case), "1070", told(account, member_id))


def test_who_is_nobody_there_is_not_known_to_the_programme(account: Account) -> None:
    assert said(ask(account, "1042", "nobody@shop.example")) == answers(
        str(account.case), "1042", []
    )


def test_while_the_platform_is_away_nothing_is_said_of_the_order(account: Account) -> None:
    member_id = orders_of_mira(account)
    account.spoil("status", method="GET", count=100)

    found = ask(account, "1042", member_id, MIRA)

    assert {one.answer for one in found} == {Answer.NOT_TOLD}
    assert {one.problem for one in found} == {Problem.AWAY}


def test_who_left_or_was_merged_is_not_answered_with_another(account: Account) -> None:
    own, into = account.add_member(email=MIRA), account.add_member(email=ALSO)
    book(account, into, {"points": 120, "order": [9, "#1080"], "title": "Order #1080"})
    account.switch(programme_merged_answers="survivor")
    account.control("POST", f"members/{own}/merge", {"into": into})

    found = ask(account, "1080", own)

    assert len(found) == 1
    assert found[0].answer in {Answer.NOT_TOLD, Answer.NOT_KNOWN}
