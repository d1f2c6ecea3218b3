"""Who may be named as agent over HTTP: an active user of the Gorgias account, and nobody else."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.awards import agents
from loyalty_desk.awards.agents import ask_gorgias
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.http.api_client import OTHER_STORE, ApiClient, all_at_once
from tests.http.awards_api.asking import Answer, employ, rows, set_state

INVENTED = 30
ACTIVE, INACTIVE = "eve@shop.example", "ivo@shop.example"
"""As the sandbox's account has them."""
UNKNOWN_TEXT = "is no active user of the Gorgias account"
INACTIVE_TEXT = "is a user of the Gorgias account who is not active any more"


@pytest.fixture
def asked(
    api: ApiClient,
    staging: Engine,
    sandbox: Sandbox,
    set_connection: SetConnection,
    at_speed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> ApiClient:
    """The API of a store that has read no users yet and asks the sandbox's Gorgias."""
    found = sandbox.gorgias
    set_connection(
        "gorgias_acme", host=found["url"], login=found["email"], password=found["api_key"]
    )
    monkeypatch.setattr(agents, "ask_gorgias", ask_gorgias)
    monkeypatch.setattr(agents, "ASK_WITHIN_S", 1_000.0)  # at this speed it is too short to tell
    with staging.begin() as connection:
        connection.execute(text("DELETE FROM gorgias_agents"))
    return api


def fail(sandbox: Sandbox) -> None:
    """Have Gorgias fail whoever asks for its users."""
    rule = {"effect": "status", "status": 500, "count": 1_000, "route": "*users*"}
    sandbox.control("gorgias", "POST", "faults", rule)


def times_asked(sandbox: Sandbox) -> int:
    found = sandbox.control("gorgias", "GET", "counters")["requests"]
    return sum(int(one["count"]) for one in found if one["route"].startswith("/api/users"))


def is_refused_for(answer: Answer, why: str) -> bool:
    """Whether the agent is refused, in words that name nobody."""
    fields: dict[str, Any] = answer.json().get("fields", {})
    is_said = answer.json()["message"] == f"Refused: agent: {why}."
    return answer.status_code == 422 and fields == {"agent": why} and is_said


def test_thirty_invented_agents_are_all_refused_and_gorgias_is_asked_once(
    asked: ApiClient, staging: Engine, sandbox: Sandbox
) -> None:
    def award(client: ApiClient, number: int) -> Answer:
        return client.award(agent=f"agent{number}@shop.example", member_id=str(7 + number))

    at_once = all_at_once(asked, INVENTED, award)
    later = [award(asked, number) for number in range(INVENTED)]

    assert rows(staging) == []
    # While Gorgias is being asked nobody can tell; afterwards everybody is told.
    assert set(Counter(answer.status_code for answer in at_once)) <= {422, 503}
    assert all(is_refused_for(answer, UNKNOWN_TEXT) for answer in later)
    assert times_asked(sandbox) == 1


def test_an_agent_who_is_not_staged_is_looked_up_at_once(
    asked: ApiClient, staging: Engine, sandbox: Sandbox
) -> None:
    assert asked.award(agent=ACTIVE).status_code == 202
    assert asked.award(agent=f" {ACTIVE.upper()} ", amount=51).status_code == 202
    assert {award.agent for award in rows(staging)} == {ACTIVE}
    assert times_asked(sandbox) == 1


def test_an_agent_who_is_not_active_any_more_is_refused(asked: ApiClient, staging: Engine) -> None:
    assert is_refused_for(asked.award(agent=INACTIVE), INACTIVE_TEXT)
    assert rows(staging) == []


def test_an_agent_who_is_active_again_is_looked_up(asked: ApiClient, staging: Engine) -> None:
    employ(staging, ACTIVE, is_active=False)
    assert asked.award(agent=ACTIVE).status_code == 202


def test_who_takes_an_award_back_is_asked_about_too(asked: ApiClient, staging: Engine) -> None:
    award_id = asked.award(agent=ACTIVE).json()["id"]
    set_state(staging, award_id)

    assert is_refused_for(asked.reverse(award_id, agent="cy@shop.example"), UNKNOWN_TEXT)
    assert is_refused_for(asked.reverse(award_id, agent=INACTIVE), INACTIVE_TEXT)
    assert len(rows(staging)) == 1
    assert asked.reverse(award_id, agent=ACTIVE).status_code == 202


def test_without_an_answer_of_gorgias_an_unknown_agent_waits_and_the_known_do_not(
    asked: ApiClient, staging: Engine, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    employ(staging, "ada")
    employ(staging, INACTIVE, is_active=False)
    fail(sandbox)

    answers = [asked.award(agent=ACTIVE) for _ in range(5)]

    asked_so_often = times_asked(sandbox)
    assert {answer.status_code for answer in answers} == {503}
    told = answers[0].json()["message"]
    assert "nothing was queued, try again" in told
    assert int(answers[0].headers["Retry-After"]) > 0
    assert is_refused_for(asked.award(agent=INACTIVE), INACTIVE_TEXT)
    assert asked.award(agent="ada").status_code == 202
    assert times_asked(sandbox) == asked_so_often, "once a minute at most"

    sandbox.control("gorgias", "DELETE", "faults")
    monkeypatch.setattr(agents, "ASK_AGAIN_AFTER", timedelta(0))
    assert asked.award(agent=ACTIVE).status_code == 202


def test_a_store_that_cannot_ask_gorgias_takes_nobody_s_word(
    asked: ApiClient, staging: Engine, set_connection: SetConnection
) -> None:
    set_connection("gorgias_acme", host="")
    assert asked.award(agent=ACTIVE).status_code == 503
    assert rows(staging) == []


def test_the_users_of_one_store_award_in_no_other(api: ApiClient, staging: Engine) -> None:
    employ(staging, "cy", store=OTHER_STORE)
    assert is_refused_for(api.award(agent="cy"), UNKNOWN_TEXT)
    assert api.of(OTHER_STORE).award(agent="cy").status_code == 202
    assert [award.store for award in rows(staging)] == [OTHER_STORE]
