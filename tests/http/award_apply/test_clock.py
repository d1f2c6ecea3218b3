"""Leases, waits and days go by staging's clock; that the clock of a file was set is noticed."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.awards import clock_jumps
from loyalty_desk.awards.queue import get_award
from loyalty_desk.awards.transitions import claim
from loyalty_desk.awards.worker import Worker
from loyalty_desk.clock import parse_utc, steady_s, utc_now
from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.platforms.base import Platform
from loyalty_desk.staging.staging_clock import ask_staging_now
from sandbox.running import Sandbox
from tests.clocks import staging_clock
from tests.factories import NOW, STORE, store_settings
from tests.http.award_apply.applying import Apply, award, fail_member, spoil

DAY = timedelta(days=1)


def times_of(staging: Engine) -> set[str]:
    """Every time that awards and their audit hold."""
    with staging.connect() as connection:
        awards = connection.execute(text("SELECT * FROM awards")).mappings().all()
        events = connection.execute(text("SELECT * FROM award_events")).mappings().all()
    columns = ("sent_at_utc", "lease_until_utc", "settled_at_utc")
    found = {row[column] for row in awards for column in columns}
    return {time for time in found | {event["happened_at_utc"] for event in events} if time}


def worker(staging: Engine, platform: Platform, name: str) -> Worker:
    return Worker(store=store_settings(), engine=staging, platform=platform, name=name)


def test_the_clock_is_that_of_the_database(staging: Engine) -> None:
    real = ask_staging_now(staging)

    assert abs(real - utc_now()) < timedelta(seconds=5)
    with staging_clock(staging, NOW):
        assert ask_staging_now(staging) == NOW
    assert ask_staging_now(staging) > real


@pytest.mark.parametrize("trouble", ["none", "lost", "put off", "refused"])
def test_no_time_of_an_award_comes_from_the_clock_of_a_worker(
    staging: Engine,
    sandbox: Sandbox,
    apply: Apply,
    member_id: str,
    trouble: str,
) -> None:
    award(staging)
    if trouble == "lost":
        spoil(sandbox, "drop")
    elif trouble == "put off":
        fail_member(sandbox)
    elif trouble == "refused":
        spoil(sandbox, "status", status=422)
    with staging.begin() as connection:  # what was queued before the clock was another one
        connection.execute(text("DELETE FROM award_events"))

    # To fail for the only one there was to award is an outage.
    with staging_clock(staging, NOW), suppress(ApiUnavailableError):
        apply()

    found = times_of(staging)
    assert found
    assert {parse_utc(time).date() for time in found} == {NOW.date()}


def test_a_worker_takes_nothing_early_whatever_its_own_clock_says(
    staging: Engine, platform: Platform, member_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if staging.dialect.name == "sqlite":
        pytest.skip("all workers of a file are on one machine, which has one clock")
    award_id = award(staging)
    assert claim(worker(staging, platform, "one"), award_id)

    monkeypatch.setattr("loyalty_desk.clock.datetime", Tomorrow)

    assert utc_now() > ask_staging_now(staging) + DAY / 2
    assert claim(worker(staging, platform, "two"), award_id) is None


class Tomorrow(datetime):
    """A clock that is a day ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + DAY


@pytest.mark.parametrize("hours", [25, -25])
def test_after_the_clock_was_set_a_lease_begins_anew(
    staging: Engine,
    platform: Platform,
    member_id: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    hours: int,
) -> None:
    if staging.dialect.name != "sqlite":
        pytest.skip("PostgreSQL's clock is that of its server")
    award_id, first = award(staging), worker(staging, platform, "one")
    caplog.set_level(logging.WARNING)
    began_s = steady_s()
    monkeypatch.setattr(clock_jumps, "steady_s", lambda: began_s)
    with staging_clock(staging, NOW):
        assert claim(first, award_id)

    with staging_clock(staging, NOW + timedelta(hours=hours)):
        assert claim(worker(staging, platform, "two"), award_id) is None
        with staging.connect() as connection:
            lease_until = connection.execute(text("SELECT lease_until_utc FROM awards")).scalar()
        assert parse_utc(str(lease_until)) == NOW + timedelta(hours=hours) + first.lease()

    assert "the clock was set by" in caplog.text
    later = NOW + timedelta(hours=hours) + first.lease() + timedelta(seconds=1)
    monkeypatch.setattr(
        clock_jumps, "steady_s", lambda: began_s + first.lease().total_seconds() + 1
    )
    with staging_clock(staging, later):
        assert claim(worker(staging, platform, "two"), award_id), "and then it is free"
    with staging.connect() as connection:
        assert get_award(connection, STORE, award_id).state == "applying"


def test_a_clock_that_is_corrected_a_little_at_a_time_is_not_taken_for_one_that_was_set(
    staging: Engine, platform: Platform, caplog: pytest.LogCaptureFixture, monkeypatch
) -> None:
    if staging.dialect.name != "sqlite":
        pytest.skip("PostgreSQL's clock is that of its server")
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(clock_jumps, "steady_s", lambda: 0.0)
    for seconds in range(0, 20, 2):
        with staging_clock(staging, NOW + timedelta(seconds=seconds)):
            claim(worker(staging, platform, "one"), "nobody")

    assert "the clock was set" not in caplog.text
