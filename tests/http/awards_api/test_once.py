"""One award stays one: by its key, by a double click, by many clients at once."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import Engine

from loyalty_desk.records import AwardState
from loyalty_desk.staging import installed
from loyalty_desk.staging.engine import open_engine
from tests.http.api_client import AWARDS, ApiClient, all_at_once, award_fields, forget_settings
from tests.http.awards_api.asking import (
    CLIENTS,
    NO_AWARD,
    is_refused,
    rows,
    send_form,
    send_json,
    set_state,
)


def test_a_key_in_the_header_and_in_the_body_is_the_same_key(
    api: ApiClient, staging: Engine
) -> None:
    header = {"Idempotency-Key": "k1"}
    first = api.award(header).json()
    again = [
        api.award(idempotency_key="k1").json(),
        api.award(header, idempotency_key="k1").json(),
        api.award(header, idempotency_key="").json(),
        send_form(api, award_fields(idempotency_key="k1")).json(),
        api.call("POST", AWARDS, data=award_fields(), headers=header).json(),
    ]
    assert first["repeats"] is None
    assert first.pop("message").startswith("Queued: ")
    message = again[0]["message"]
    assert "used before" in message
    assert f"Award {first['id']} is for the same person and amount, and is queued." in message
    assert again == [{**first, "repeats": "key", "message": message}] * 5
    assert [award.idempotency_key for award in rows(staging)] == ["k1"]


def test_two_keys_that_differ_are_refused(api: ApiClient, staging: Engine) -> None:
    for in_body in ("k2", "K1", 1, ["k1"]):
        answer = api.award({"Idempotency-Key": "k1"}, idempotency_key=in_body)
        assert is_refused(answer, "idempotency_key")
    assert rows(staging) == []


def test_a_key_that_is_too_long_or_cannot_be_shown_is_refused(
    api: ApiClient, staging: Engine
) -> None:
    for key in ("k" * 257, "k\x85k", "k\xa0k"):
        assert is_refused(api.award({"Idempotency-Key": key}), "idempotency_key")
    assert rows(staging) == []


def test_a_key_with_other_content_is_a_conflict(api: ApiClient, staging: Engine) -> None:
    header = {"Idempotency-Key": "k1"}
    award_id = api.award(header).json()["id"]
    for other in ({"amount": 51}, {"note": "sorry"}, {"member_id": "8"}, {"agent": "eve"}):
        answer = api.award(header, **other)
        assert answer.status_code == 409
        assert award_id in answer.json()["error"]
    assert len(rows(staging)) == 1


def test_without_a_key_a_double_click_is_one_award(api: ApiClient, staging: Engine) -> None:
    first = api.award().json()
    again = api.award()
    message = (
        f"A double click: nothing new was queued. Award {first['id']} is for the same person and "
        "amount, and is queued."
    )
    assert again.json() == {**first, "repeats": "double_click", "message": message}
    assert again.text.startswith('{"message":')
    assert api.award(amount=51).json()["repeats"] is None
    api.set_awards(same_award_minutes=0)
    assert api.award().json()["repeats"] is None
    assert len(rows(staging)) == 3


def test_who_was_refused_and_joined_since_is_awarded_by_the_same_click(
    api: ApiClient, staging: Engine
) -> None:
    first = api.award().json()
    set_state(staging, first["id"], AwardState.REFUSED)
    again = api.award().json()
    assert (again["repeats"], again["state"]) == (None, "queued")
    assert again["id"] != first["id"]
    assert again["message"].startswith("Queued: ")


@pytest.mark.parametrize("key", ["k1", None])
def test_one_award_that_many_clients_send_at_once_is_one_row_and_one_id(
    api: ApiClient, staging: Engine, key: str | None
) -> None:
    fields = award_fields(idempotency_key=key)
    answers = all_at_once(
        api,
        CLIENTS,
        lambda client, number: (send_form if number % 2 else send_json)(client, fields),
    )
    assert {answer.status_code for answer in answers} == {202}
    assert Counter(answer.json()["repeats"] for answer in answers) == {
        None: 1,
        "key" if key else "double_click": CLIENTS - 1,
    }
    (award,) = rows(staging)
    assert {answer.json()["id"] for answer in answers} == {award.award_id}


def test_the_first_requests_of_a_server_share_one_engine(
    api: ApiClient, staging_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def open_one(url: str) -> Engine:
        opened.append(url)
        return open_engine(url)

    monkeypatch.setattr(installed, "open_engine", open_one)
    forget_settings()
    answers = all_at_once(api, CLIENTS, lambda client, number: client.read(NO_AWARD))
    assert {answer.status_code for answer in answers} == {404}
    assert opened == [staging_url]
