"""Daily limits of agents and members, and what counts on them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.queue import (
    AwardLimitError,
    get_award,
)
from loyalty_desk.awards.subject import SharedAwardError
from loyalty_desk.clock import utc_text
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.staging import award_schema
from tests.factories import NOW, STORE
from tests.sql.staged import Staged
from tests.sql.test_awards import (
    CLIENTS,
    _all_at_once,
    count,
    learn_member,
    queue,
    request,
    set_state,
)


@pytest.mark.parametrize(
    ("limit", "person"),
    [
        ("max_points_per_agent_per_day", {"agent": "ada"}),
        ("max_points_per_member_per_day", {"email": "m1@shop.example"}),
    ],
)
def test_a_daily_limit_holds_against_many_clients_at_once(
    staging: Engine, limit: str, person: dict[str, str]
) -> None:
    wanted = [
        request(
            idempotency_key=f"key-{number}",
            **{"agent": f"agent-{number}", "email": f"m{number}@shop.example", **person},
        )
        for number in range(CLIENTS)
    ]
    results = _all_at_once(staging, wanted, **{limit: 500})
    refused = [result for result in results if isinstance(result, AwardLimitError)]
    assert count(staging) == 10
    assert len(refused) == CLIENTS - 10
    assert {name for error in refused for name in error.breaches} == {limit}


def test_a_daily_limit_counts_plus_and_minus_and_starts_anew_at_midnight(staging: Engine) -> None:
    limits = {"max_points_per_agent_per_day": 100}
    queue(staging, request("60"), **limits)
    with pytest.raises(AwardLimitError, match="40 are left"):
        queue(staging, request("-50", idempotency_key="key-2"), **limits)
    midnight = NOW.replace(hour=0, minute=0) + timedelta(days=1)
    assert queue(staging, request("-50", idempotency_key="key-2"), midnight, **limits).is_new


def test_a_refused_award_gives_its_part_of_the_limit_back(staging: Engine) -> None:
    limits = {"max_points_per_agent_per_day": 100}
    first = queue(staging, request("100"), **limits)
    with staging.begin() as connection:
        Staged(connection).update(
            award_schema.awards, {"award_id": first.award_id}, state="refused"
        )
    assert queue(staging, request("100", idempotency_key="key-2"), **limits).is_new


def test_the_limit_of_a_member_holds_by_e_mail_and_by_id(staging: Engine) -> None:
    with staging.begin() as connection:
        Staged(connection).member("m1", "m1@shop.example")
    limits = {"max_points_per_member_per_day": 100}
    queue(staging, request("60"), **limits)
    by_id = {"email": None, "member_id": "m1", "idempotency_key": "key-2"}
    with pytest.raises(AwardLimitError, match="max_points_per_member_per_day"):
        queue(staging, request("60", **by_id), **limits)


@pytest.mark.parametrize("known", ["by the sync", "by applying it"])
def test_the_limit_of_a_member_counts_what_was_asked_for_before_the_member_was_known(
    staging: Engine, known: str
) -> None:
    limits = {"max_points_per_member_per_day": 100}
    first = queue(staging, request("30"), **limits)
    queue(staging, request("30", idempotency_key="waits"), **limits)
    learn_member(staging, first.award_id, "m1", known)
    by_id = {"email": None, "member_id": "m1"}
    for number, who in enumerate([{}, by_id]):
        with pytest.raises(AwardLimitError, match=r"max_points_per_member_per_day.*40 are left"):
            queue(staging, request("41", idempotency_key=f"over-{number}", **who), **limits)
    assert queue(staging, request("30", idempotency_key="by id", **by_id), **limits).is_new
    for number, who in enumerate([{}, by_id]):
        with pytest.raises(AwardLimitError, match=r"max_points_per_member_per_day.*10 are left"):
            queue(staging, request("11", idempotency_key=f"more-{number}", **who), **limits)


def test_the_limit_of_a_member_does_not_count_what_others_have(staging: Engine) -> None:
    limits = {"max_points_per_member_per_day": 100}
    first = queue(staging, request("100"), **limits)
    learn_member(staging, first.award_id, "m1", "by applying it")
    with staging.begin() as connection:
        Staged(connection).member("m2", "m1@shop.example")  # who has the address by now
    by_id = {"email": None, "member_id": "m2", "idempotency_key": "key-2"}
    assert queue(staging, request("100", **by_id), **limits).is_new


@pytest.mark.parametrize(
    ("status", "allowed", "is_shared"),
    [
        ("member", {}, True),
        ("guest", {"allow_guests": True}, True),
        ("guest", {"allow_guests": False}, False),
        ("excluded", {"allow_excluded": False}, False),
    ],
)
def test_an_address_that_two_may_be_awarded_by_is_refused(
    staging: Engine, status: str, allowed: dict[str, bool], *, is_shared: bool
) -> None:
    with staging.begin() as connection:
        Staged(connection).member("m1", "m1@shop.example")
        Staged(connection).member("m2", "m1@shop.example", status=status)
        Staged(connection).member("m3", "m1@shop.example", gone_at_utc=utc_text(NOW))
    if is_shared:
        with pytest.raises(SharedAwardError, match="m1, m2; choose one by member_id"):
            queue(staging, request(), **allowed)
        assert count(staging) == 0
    else:
        assert queue(staging, request(), **allowed).is_new
    assert queue(staging, request(email=None, member_id="m2", idempotency_key="id")).is_new


def test_an_unknown_award_counts_as_it_may_be_booked(staging: Engine) -> None:
    limits = {"max_points_per_agent_per_day": 100, "max_points_per_member_per_day": 100}
    first = queue(staging, request("60"), **limits)
    set_state(staging, first.award_id, AwardState.UNKNOWN)
    with pytest.raises(AwardLimitError, match=r"agent_per_day.*40 are.*member_per_day.*40 are"):
        queue(staging, request("50", idempotency_key="key-2"), **limits)


def test_credits_are_kept_in_hundredths_and_have_limits_of_their_own(staging: Engine) -> None:
    queue(staging, request("1000"))
    award = queue(staging, request("12.50", unit=Unit.CREDITS, idempotency_key="key-2"))
    with staging.connect() as connection:
        assert get_award(connection, STORE, award.award_id).amount == 1250
    with pytest.raises(AwardLimitError, match="max_credits_per_award"):
        queue(staging, request("50.01", unit=Unit.CREDITS, idempotency_key="key-3"))


# --- claims ----------------------------------------------------------------------------------
