"""Awards that cannot be tried now step aside, and are given up in the end."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.awards.apply import MOST_FAILED
from loyalty_desk.clock import parse_utc, utc_now, utc_text
from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.records import AwardState
from sandbox.running import Sandbox
from tests.http.award_apply.applying import (
    Apply,
    add_member,
    award,
    award_to,
    events_of,
    fail_member,
    ledger,
    let_leases_end,
    spoil,
    state_of,
)
from tests.http.conftest import SPEED


def test_one_member_whom_the_platform_fails_holds_up_nobody_else(
    staging: Engine, sandbox: Sandbox, apply: Apply
) -> None:
    stuck = award_to(staging, sandbox, "stuck")
    good = [award_to(staging, sandbox, f"good{number}") for number in range(4)]
    fail_member(sandbox, "stuck")

    assert apply() == {AwardState.APPLIED: 4}
    assert {state_of(staging, award_id)[0] for award_id in good} == {"applied"}
    assert state_of(staging, stuck) == ("queued", "the platform cannot be asked")

    sandbox.control("rivo", "POST", "reset", {"faults": True})
    assert apply() == {AwardState.APPLIED: 1}


def test_several_members_in_a_row_are_an_outage_and_end_the_run(
    staging: Engine, sandbox: Sandbox, apply: Apply
) -> None:
    ids = [award_to(staging, sandbox, f"m{number}") for number in range(5)]
    fail_member(sandbox)

    with pytest.raises(ApiUnavailableError):
        apply()

    tried = [state_of(staging, award_id)[1] for award_id in ids]
    assert tried == ["the platform cannot be asked"] * MOST_FAILED + [None] * 2


def test_awards_of_one_member_in_a_row_are_none(
    staging: Engine, sandbox: Sandbox, apply: Apply
) -> None:
    email = add_member(sandbox, "stuck")
    for number in range(4):
        award(staging, email=email, idempotency_key=f"key-{number}")
    good = award_to(staging, sandbox, "good")
    fail_member(sandbox, "stuck")

    assert apply() == {AwardState.APPLIED: 1}
    assert state_of(staging, good)[0] == "applied"


def test_what_is_put_off_waits_longer_each_time_and_is_given_up(
    staging: Engine, sandbox: Sandbox, apply: Apply
) -> None:
    stuck = award_to(staging, sandbox, "stuck")
    fail_member(sandbox, "stuck")

    waits = []
    for _ in range(3):
        with suppress(ApiUnavailableError):
            apply()
        with staging.begin() as connection:
            until = connection.execute(text("SELECT lease_until_utc FROM awards")).scalar_one()
            connection.execute(text("UPDATE awards SET lease_until_utc = '2020'"))
        last = events_of(staging, stuck)[-1]
        wait = parse_utc(until) - parse_utc(last.happened_at_utc)
        waits.append(round(wait.total_seconds() * SPEED))
    assert waits == [60, 120, 240]

    with suppress(ApiUnavailableError):
        apply(give_up_hours=0.0001)
    assert state_of(staging, stuck) == ("refused", "given up: the platform cannot be asked")
    assert ledger(sandbox) == []


def test_what_was_put_off_is_not_tried_again_before_its_time(
    staging: Engine, sandbox: Sandbox, apply: Apply
) -> None:
    stuck = award_to(staging, sandbox, "stuck")
    with staging.begin() as connection:
        until = utc_text(utc_now() + timedelta(hours=1))
        connection.execute(text("UPDATE awards SET lease_until_utc = :until"), {"until": until})

    assert apply() == {}
    assert state_of(staging, stuck)[0] == "queued"


def test_what_was_sent_and_cannot_be_asked_about_is_given_up_to_a_person(
    staging: Engine, sandbox: Sandbox, apply: Apply, member_id: str
) -> None:
    award_id = award(staging)
    spoil(sandbox, "drop")
    apply()
    let_leases_end(staging)
    fail_member(sandbox)
    with suppress(ApiUnavailableError):
        apply()
    assert state_of(staging, award_id) == ("applying", "the platform cannot be asked")
    let_leases_end(staging)
    with suppress(ApiUnavailableError):
        apply(give_up_hours=0.0001)
    assert state_of(staging, award_id) == ("unknown", "the platform cannot be asked")
