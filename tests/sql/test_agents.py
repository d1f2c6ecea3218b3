"""The users of a Gorgias account as staging keeps them, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards import agents
from loyalty_desk.awards.agents import (
    AgentError,
    AgentUntoldError,
    are_due,
    require_agent,
    stage_agents,
)
from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.gorgias.reading import User
from loyalty_desk.staging.award_schema import gorgias_agents
from tests.factories import LATER, NOW, STORE, store_settings

SOON = NOW + timedelta(seconds=59)
MUCH_LATER = NOW + timedelta(minutes=2)


def user(email: str, user_id: int = 12, *, is_active: bool = True) -> User:
    return User(user_id=user_id, email=email, is_active=is_active)


def known(staging: Engine) -> dict[str, bool]:
    with staging.connect() as connection:
        rows = connection.execute(gorgias_agents.select()).all()
    return {row.agent: row.is_active for row in rows if row.store == STORE}


class Gorgias:
    """Tells its users, or fails; counts how often it was asked."""

    def __init__(self, *users: User) -> None:
        self.users, self.asked, self.is_away = list(users), 0, False

    def __call__(self, *_: Any) -> list[User]:
        self.asked += 1
        if self.is_away:
            raise ApiUnavailableError("no answer")
        return self.users


@pytest.fixture
def gorgias(monkeypatch: pytest.MonkeyPatch) -> Gorgias:
    told = Gorgias(user("ada@shop.example"), user("ivo@shop.example", 13, is_active=False))
    monkeypatch.setattr(agents, "ask_gorgias", told)
    return told


def test_users_take_the_place_of_those_before(staging: Engine) -> None:
    stage_agents(staging, STORE, [user("ada@shop.example"), user("bo@shop.example", 13)], NOW)
    stage_agents(staging, "other", [user("cy@shop.example")], NOW)
    now = [user("ada@shop.example", is_active=False), user("Di@Shop.example ", 14)]

    assert stage_agents(staging, STORE, now, LATER) == 2

    assert known(staging) == {"ada@shop.example": False, "di@shop.example": True}


def test_of_two_users_with_one_address_the_active_one_counts(staging: Engine) -> None:
    ada = "ada@shop.example"
    for users in ([user(ada), user(ada, 13, is_active=False)],) * 2:
        stage_agents(staging, STORE, users, NOW)
        assert known(staging) == {ada: True}
        users.reverse()


def test_an_account_without_users_is_not_believed(staging: Engine) -> None:
    stage_agents(staging, STORE, [user("ada@shop.example")], NOW)
    with pytest.raises(AgentUntoldError):
        stage_agents(staging, STORE, [], LATER)
    assert known(staging) == {"ada@shop.example": True}


def test_gorgias_is_asked_once_a_minute_whatever_names_are_invented(
    staging: Engine, gorgias: Gorgias
) -> None:
    store = store_settings()
    require_agent(staging, store, "ada@shop.example", NOW)
    for number in range(30):
        with pytest.raises(AgentError, match="no active user"):
            require_agent(staging, store, f"agent{number}@shop.example", SOON)
    with pytest.raises(AgentError, match="not active any more"):
        require_agent(staging, store, "ivo@shop.example", SOON)
    assert gorgias.asked == 1
    gorgias.users.append(user("new@shop.example", 15))
    require_agent(staging, store, "new@shop.example", MUCH_LATER)
    assert gorgias.asked == 2


def test_when_gorgias_does_not_answer_an_unknown_agent_waits_for_the_next_minute(
    staging: Engine, gorgias: Gorgias
) -> None:
    store = store_settings()
    stage_agents(staging, STORE, [user("bo@shop.example")], NOW - timedelta(days=1))
    gorgias.is_away = True
    for moment in (NOW, SOON):
        with pytest.raises(AgentUntoldError):
            require_agent(staging, store, "ada@shop.example", moment)
        require_agent(staging, store, "bo@shop.example", moment)
    assert gorgias.asked == 1
    gorgias.is_away = False
    require_agent(staging, store, "ada@shop.example", MUCH_LATER)


def test_who_was_active_days_ago_is_asked_about_and_believed_when_gorgias_does_not_answer(
    staging: Engine, gorgias: Gorgias
) -> None:
    store, ivo = store_settings(), "ivo@shop.example"
    stage_agents(staging, STORE, [user(ivo)], NOW - timedelta(days=1, seconds=1))
    gorgias.is_away = True
    require_agent(staging, store, ivo, NOW)
    gorgias.is_away = False
    with pytest.raises(AgentError, match="not active any more"):
        require_agent(staging, store, ivo, MUCH_LATER)
    assert gorgias.asked == 2


def test_many_who_ask_at_once_ask_gorgias_once(staging: Engine, gorgias: Gorgias) -> None:
    barrier = Barrier(8)

    def ask(number: int) -> bool:
        barrier.wait()
        try:
            require_agent(staging, store_settings(), f"agent{number}@shop.example", NOW)
        except (AgentError, AgentUntoldError):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(ask, range(8)))
    assert gorgias.asked == 1


def test_a_sync_reads_the_users_once_an_hour(staging: Engine) -> None:
    assert are_due(staging, STORE, NOW)
    stage_agents(staging, STORE, [user("ada@shop.example")], NOW)
    assert not are_due(staging, STORE, SOON)
    assert are_due(staging, STORE, LATER)
    assert are_due(staging, STORE, NOW - timedelta(days=1)), "a clock that was set back"
