"""Many awards are read once a minute, few always; and never those of another question."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from loyalty_desk.goodwill import kept
from loyalty_desk.goodwill.booked import Awards
from loyalty_desk.goodwill.kept import KEPT_FOR, MOST, load_kept
from loyalty_desk.staging.engine import reading
from tests.factories import LATER, STORE
from tests.sql.award_rows import applied, put

TODAY = LATER.date()


@pytest.fixture
def two_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MANY", 2)
    monkeypatch.setattr(kept, "_kept", {})


def load(
    staging: Engine, now: datetime = LATER, *, store: str = STORE, first: date = TODAY
) -> Awards:
    with reading(staging) as connection:
        return load_kept(connection, store, first, TODAY, now)


def test_few_are_read_each_time(staging: Engine) -> None:
    put(staging, applied("one"), applied("two"))
    assert len(load(staging).rows) == 2
    put(staging, applied("three"))
    assert len(load(staging).rows) == 3


@pytest.mark.usefixtures("two_are_many")
def test_many_are_those_of_up_to_a_minute_ago_and_say_so(staging: Engine) -> None:
    put(staging, applied("one"), applied("two"))
    load(staging)
    put(staging, applied("three"))

    before = load(staging, LATER + KEPT_FOR - timedelta(microseconds=1))
    after = load(staging, LATER + KEPT_FOR)

    assert (len(before.rows), before.read_at) == (2, LATER)
    assert (len(after.rows), after.read_at) == (3, LATER + KEPT_FOR)


@pytest.mark.usefixtures("two_are_many")
def test_what_is_kept_is_that_of_the_days_and_the_store(staging: Engine) -> None:
    put(staging, applied("one"), applied("two"))
    load(staging)
    put(staging, applied("three"), applied("other", store="other"))

    assert len(load(staging).rows) == 2
    assert len(load(staging, first=TODAY - timedelta(days=1)).rows) == 3
    assert len(load(staging, store="other").rows) == 1


@pytest.mark.usefixtures("two_are_many")
def test_what_is_kept_does_not_grow(staging: Engine) -> None:
    put(staging, applied("one"), applied("two"))
    for days in range(MOST + 2):
        load(staging, first=TODAY - timedelta(days=days))
    put(staging, applied("three"))

    seen = [len(load(staging, first=TODAY - timedelta(days=n)).rows) for n in range(MOST + 2)]

    assert len(kept._kept) == MOST
    assert seen[0] == 3, "the oldest was forgotten, and is read anew"
