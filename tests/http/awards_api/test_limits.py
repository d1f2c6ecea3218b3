"""What may be awarded holds over HTTP too."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import Engine

from tests.http.api_client import ApiClient, all_at_once
from tests.http.awards_api.asking import CLIENTS, Answer, employ, rows
from tests.sql.staged import Staged


def test_an_award_over_a_limit_is_refused_by_the_limits_name(
    api: ApiClient, staging: Engine
) -> None:
    for limit, amount, unit in [
        ("max_points_per_award", 1_001, "points"),
        ("max_points_per_award", -1_001, "points"),
        ("max_credits_per_award", "50.01", "credits"),
    ]:
        answer = api.award(amount=amount, unit=unit)
        assert (answer.status_code, set(answer.json()["fields"])) == (422, {limit})
    assert rows(staging) == []


@pytest.mark.parametrize(
    ("limit", "person"),
    [
        ("max_points_per_agent_per_day", {"agent": "ada"}),
        ("max_points_per_member_per_day", {"member_id": "7"}),
        ("max_points_per_token_per_hour", {}),
        ("max_points_per_token_per_day", {}),
        ("max_points_over_http_per_day", {}),
    ],
)
def test_a_daily_limit_holds_against_many_clients_at_once(
    api: ApiClient, staging: Engine, limit: str, person: dict[str, str]
) -> None:
    api.set_awards(**{limit: 500})
    employ(staging, *(f"agent-{number}" for number in range(CLIENTS)))

    def award(client: ApiClient, number: int) -> Answer:
        others = {"agent": f"agent-{number}", "member_id": f"m{number}"}
        sign = -1 if number % 2 else 1
        key = {"Idempotency-Key": f"k{number}"}
        return client.award(key, **{**others, **person, "amount": 50 * sign})

    answers = all_at_once(api, CLIENTS, award)
    assert Counter(answer.status_code for answer in answers) == {202: 10, 422: CLIENTS - 10}
    refused = [answer.json()["fields"] for answer in answers if answer.status_code == 422]
    assert {name for fields in refused for name in fields} == {limit}
    assert sum(abs(award.amount) for award in rows(staging)) == 500


def test_an_address_that_two_members_have_is_refused_without_naming_them(
    api: ApiClient, staging: Engine
) -> None:
    with staging.begin() as connection:
        for member_id in ("m-twin-1", "m-twin-2"):
            Staged(connection).member(member_id, "twin@shop.example")

    answer = api.award(email="twin@shop.example", member_id=None)

    assert answer.status_code == 422
    assert "several members have this e-mail address" in answer.json()["error"]
    assert "choose one by member_id" in answer.json()["fields"]["email"]
    assert "m-twin" not in answer.text
    assert rows(staging) == []
