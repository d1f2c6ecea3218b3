"""An award that was applied is taken back, once."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Engine

from loyalty_desk.records import AwardState
from tests.http.api_client import ApiClient, all_at_once
from tests.http.awards_api.asking import CLIENTS, is_refused, rows, set_state


def test_an_applied_award_is_taken_back_once(api: ApiClient, staging: Engine) -> None:
    award_id = api.award(ticket_id=12).json()["id"]
    set_state(staging, award_id)
    answer = api.reverse(award_id)
    assert answer.status_code == 202
    reversal = api.call("GET", answer.headers["Location"]).json()
    assert reversal["id"] == answer.json()["id"] != award_id
    assert (reversal["amount"], reversal["reverses"]) == ("-50", award_id)
    assert (reversal["agent"], reversal["reason"]) == ("eve", "reversal")
    again = api.reverse(award_id)
    assert again.status_code == 409
    assert reversal["id"] in again.json()["error"]
    set_state(staging, reversal["id"])
    assert api.reverse(reversal["id"]).status_code == 409
    assert len(rows(staging)) == 2


def test_an_award_that_is_not_applied_is_not_taken_back(api: ApiClient, staging: Engine) -> None:
    award_id = api.award().json()["id"]
    for state in set(AwardState) - {AwardState.APPLIED}:
        set_state(staging, award_id, state)
        assert api.reverse(award_id).status_code == 409
    assert len(rows(staging)) == 1


def test_who_takes_back_says_why(api: ApiClient, staging: Engine) -> None:
    award_id = api.award().json()["id"]
    set_state(staging, award_id)
    for field, wrong in [("note", None), ("note", " "), ("note", "see ld:1"), ("note", ["x"])]:
        assert is_refused(api.reverse(award_id, **{field: wrong}), field)
    assert is_refused(api.reverse(award_id, agent=None), "agent")
    assert is_refused(api.reverse(award_id, amount=5), "(other)")
    assert len(rows(staging)) == 1


def test_an_award_that_many_clients_take_back_at_once_is_taken_back_once(
    api: ApiClient, staging: Engine
) -> None:
    award_id = api.award().json()["id"]
    set_state(staging, award_id)
    answers = all_at_once(api, CLIENTS, lambda client, number: client.reverse(award_id))
    assert Counter(answer.status_code for answer in answers) == {202: 1, 409: CLIENTS - 1}
    assert len(rows(staging)) == 2
