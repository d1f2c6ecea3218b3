"""What may come in through a token, over HTTP and by files, whoever is named as agent."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.ceilings import Token
from loyalty_desk.awards.queue import (
    AwardLimitError,
    Door,
    Queued,
    get_award,
    get_events,
    queue_award,
)
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.awards.reversal import reverse_award
from loyalty_desk.records import Unit
from loyalty_desk.staging.award_schema import awards
from tests.factories import NOW, STORE, store_settings
from tests.sql.staged import Staged
from tests.sql.test_awards import count, request

ONE, OTHER = Token(token_id="one"), Token(token_id="other")
MIDNIGHT = NOW.replace(hour=0, minute=0) + timedelta(days=1)
CLIENTS = 12
HOUR, DAY = "max_points_per_token_per_hour", "max_points_per_token_per_day"
OVER_HTTP, BY_FILE = "max_points_over_http_per_day", "max_points_by_file_per_day"


def wanted(amount: str, number: int = 0, **values: Any) -> AwardRequest:
    """An award by an agent and for a member whom no other award names."""
    own = {
        "agent": f"agent-{number}",
        "email": f"m{number}@shop.example",
        "idempotency_key": f"key-{number}",
    }
    return request(amount, **{**own, **values})


def come(
    staging: Engine,
    award: AwardRequest,
    now: datetime = NOW,
    *,
    token: Token | None = ONE,
    door: Door = Door.HTTP,
    **limits: Any,
) -> Queued:
    with staging.begin() as connection:
        store = store_settings(awards=limits)
        return queue_award(connection, store, award, now, door=door, token=token)


def broken(staging: Engine, award: AwardRequest, now: datetime = NOW, **options: Any) -> set[str]:
    """The limits that refuse the award."""
    with pytest.raises(AwardLimitError) as caught:
        come(staging, award, now, **options)
    return set(caught.value.breaches)


@pytest.mark.parametrize("limit", [HOUR, DAY, OVER_HTTP])
def test_a_ceiling_holds_whoever_is_named_and_takes_plus_and_minus_alike(
    staging: Engine, limit: str
) -> None:
    limits = {limit: 100}
    come(staging, wanted("60", 1), **limits)
    assert broken(staging, wanted("-41", 2), **limits) == {limit}
    assert come(staging, wanted("-40", 3), **limits).is_new
    assert broken(staging, wanted("1", 4), **limits) == {limit}


@pytest.mark.parametrize("limit", [HOUR, DAY])
def test_another_token_has_room_of_its_own(staging: Engine, limit: str) -> None:
    come(staging, wanted("100", 1), **{limit: 100})
    assert come(staging, wanted("100", 2), token=OTHER, **{limit: 100}).is_new


def test_all_tokens_together_are_what_comes_over_http(staging: Engine) -> None:
    come(staging, wanted("100", 1), **{OVER_HTTP: 100})
    assert broken(staging, wanted("1", 2), token=OTHER, **{OVER_HTTP: 100}) == {OVER_HTTP}


@pytest.mark.parametrize("door", sorted(set(Door) - {Door.HTTP}))
def test_what_comes_another_way_is_not_what_comes_over_http(staging: Engine, door: Door) -> None:
    for day, ways in enumerate([(Door.HTTP, door), (door, Door.HTTP)]):
        for number, way in enumerate(ways):
            award = wanted("100", 10 * day + number)
            token = ONE if way is Door.HTTP else None
            limits = {OVER_HTTP: 100, BY_FILE: 100}
            moment = NOW + timedelta(days=day)
            assert come(staging, award, moment, door=way, token=token, **limits).is_new


def test_files_have_a_ceiling_of_their_own(staging: Engine) -> None:
    by_file: dict[str, Any] = {"door": Door.FILE, "token": None, BY_FILE: 100}
    come(staging, wanted("100", 1), **by_file)
    assert broken(staging, wanted("1", 2), **by_file) == {BY_FILE}
    assert come(staging, wanted("1", 3), MIDNIGHT, **by_file).is_new


def test_an_hour_is_any_hour_also_over_midnight(staging: Engine) -> None:
    late = MIDNIGHT - timedelta(minutes=10)
    come(staging, wanted("100", 1), late, **{HOUR: 100})
    early = late + timedelta(minutes=59)
    assert broken(staging, wanted("1", 2), early, **{HOUR: 100}) == {HOUR}
    after = late + timedelta(minutes=60, microseconds=1)
    assert come(staging, wanted("1", 3), after, **{HOUR: 100}).is_new


@pytest.mark.parametrize("limit", [DAY, OVER_HTTP])
def test_a_day_begins_at_midnight(staging: Engine, limit: str) -> None:
    come(staging, wanted("100", 1), MIDNIGHT - timedelta(minutes=1), **{limit: 100})
    assert come(staging, wanted("100", 2), MIDNIGHT, **{limit: 100}).is_new


def test_points_and_credits_have_ceilings_of_their_own(staging: Engine) -> None:
    limits = {HOUR: 100, "max_credits_per_token_per_hour": 10}
    come(staging, wanted("100", 1), **limits)
    assert come(staging, wanted("10.00", 2, unit=Unit.CREDITS), **limits).is_new
    over = wanted("0.01", 3, unit=Unit.CREDITS)
    assert broken(staging, over, **limits) == {"max_credits_per_token_per_hour"}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("max_points_per_award", "one award by this token may have 40 points at most"),
        (HOUR, "one token an hour may have 40 points at most, 40 are left"),
        (DAY, "one token a day may have 40 points at most, 40 are left"),
    ],
)
def test_a_token_may_have_ceilings_of_its_own(staging: Engine, name: str, says: str) -> None:
    own = Token(token_id="own", ceilings={name: 40})
    with pytest.raises(AwardLimitError, match=says):
        come(staging, wanted("41", 1), token=own)
    assert come(staging, wanted("40", 2), token=own).is_new
    assert come(staging, wanted("41", 3), token=ONE).is_new


def test_a_token_s_own_ceiling_does_not_lift_that_of_the_store(staging: Engine) -> None:
    own = Token(token_id="own", ceilings={"max_points_per_award": 5_000, HOUR: 9_000})
    assert broken(staging, wanted("1001", 1), token=own) == {"max_points_per_award"}
    assert come(staging, wanted("1000", 2), token=own, **{HOUR: 10}).is_new, "that of tokens it may"
    assert broken(staging, wanted("1", 3), token=own, **{OVER_HTTP: 1_000}) == {OVER_HTTP}


def test_what_was_refused_gives_its_part_back_and_a_reversal_takes_none(staging: Engine) -> None:
    first = come(staging, wanted("100", 1), **{HOUR: 100})
    set_state(staging, first.award_id, "refused")
    second = come(staging, wanted("100", 2), **{HOUR: 100})
    set_state(staging, second.award_id, "applied", member_id="m2")
    with staging.begin() as connection:
        back = reverse_award(
            connection,
            store_settings(awards={HOUR: 100}),
            second.award_id,
            NOW,
            agent="bo",
            why="wrong person",
            door=Door.HTTP,
            token=ONE,
        )
        assert get_award(connection, STORE, back.award_id).token_id == "one"
    assert broken(staging, wanted("1", 3), **{HOUR: 100}) == {HOUR}


def set_state(staging: Engine, award_id: str, state: str, **values: Any) -> None:
    with staging.begin() as connection:
        Staged(connection).update(awards, {"award_id": award_id}, state=state, **values)


def test_the_award_and_its_audit_name_the_token(staging: Engine) -> None:
    queued = come(staging, wanted("5", 1))
    with staging.connect() as connection:
        award = get_award(connection, STORE, queued.award_id)
        first = get_events(connection, STORE, queued.award_id)[0]
    assert award.token_id == json.loads(first.facts)["token_id"] == "one"
    assert first.actor == "agent-1"


@pytest.mark.parametrize("limit", [HOUR, DAY, OVER_HTTP])
def test_many_at_once_cannot_pass_a_ceiling_together(staging: Engine, limit: str) -> None:
    barrier = Barrier(CLIENTS)

    def run(number: int) -> bool:
        barrier.wait()
        try:
            return come(staging, wanted("50", number), **{limit: 200}).is_new
        except AwardLimitError:
            return False

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert sum(pool.map(run, range(CLIENTS))) == count(staging) == 4
