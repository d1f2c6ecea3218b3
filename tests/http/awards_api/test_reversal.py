"""An award that was applied is taken back, once."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Engine

from loyalty_desk.records import AwardState
from tests.http.awards_api.asking import CLIENTS, is_refused, rows, set_state
from tests.http.door import Door, all_at_once


def test_an_applied_award_is_taken_back_once(door: Door, staging: Engine) -> None:
    award_id = door.award(ticket_id=12).json()["id"]
    set_state(staging, award_id)
    answer = door.reverse(award_id)
    assert answer.status_code == 202
    reversal = door.call("GET", answer.headers["Location"]).json()
    assert reversal["id"] == answer.json()["id"] != award_id
    assert (reversal["amount"], reversal["reverses"]) == ("-50", award_id)
    assert (reversal["agent"], reversal["reason"]) == ("eve", "reversal")
    again = door.reverse(award_id)
    assert again.status_code == 409
    assert reversal["id"] in again.json()["error"]
    set_state(staging, reversal["id"])
    assert door.reverse(reversal["id"]).status_code == 409
    assert len(rows(staging)) == 2


def test_an_award_that_is_not_applied_is_not_taken_back(door: Door, staging: Engine) -> None:
    award_id = door.award().json()["id"]
    for state in set(AwardState) - {AwardState.APPLIED}:
        set_state(staging, award_id, state)
        assert door.reverse(award_id).status_code == 409
    assert len(rows(staging)) == 1


def test_who_takes_back_says_why(door: Door, staging: Engine) -> None:
    award_id = door.award().json()["id"]
    set_state(staging, award_id)
    for field, wrong in [("note", None), ("note", " "), ("note", "see ld:1"), ("note", ["x"])]:
        assert is_refused(door.reverse(award_id, **{field: wrong}), field)
    assert is_refused(door.reverse(award_id, agent=None), "agent")
    assert is_refused(door.reverse(award_id, amount=5), "(other)")
    assert len(rows(staging)) == 1


def test_an_award_that_many_clients_take_back_at_once_is_taken_back_once(
    door: Door, staging: Engine
) -> None:
    award_id = door.award().json()["id"]
    set_state(staging, award_id)
    answers = all_at_once(door, CLIENTS, lambda client, number: client.reverse(award_id))
    assert Counter(answer.status_code for answer in answers) == {202: 1, 409: CLIENTS - 1}
    assert len(rows(staging)) == 2
