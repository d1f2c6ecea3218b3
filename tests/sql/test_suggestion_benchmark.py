"""The benchmark of suggestions knows who everybody is, and fails where they are not found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from benchmarks import crowd
from benchmarks.asking import NotMeasuredError
from benchmarks.suggestions import STORE
from loyalty_desk.mismatches.suggestions import suggest_members
from loyalty_desk.settings.sections import MismatchSettings

ROWS = 3_000
MIN_SCORE = MismatchSettings().min_score


def test_those_whom_an_id_or_a_slip_tells_are_all_found(staging: Engine) -> None:
    shop = crowd.fill(staging, STORE, ROWS)
    suggest_members(staging, STORE.name)

    shop.check(staging, STORE, MIN_SCORE)

    assert len(shop.told) > 50
    assert len(shop.alike) > 50
    assert shop.compared > len(shop.alike)


def test_one_who_is_not_found_ends_the_benchmark(staging: Engine) -> None:
    shop = crowd.fill(staging, STORE, ROWS)
    suggest_members(staging, STORE.name)
    with staging.begin() as connection:
        one = {"customer_id": min(shop.told)}
        connection.execute(text("DELETE FROM suggestions WHERE customer_id = :customer_id"), one)

    with pytest.raises(NotMeasuredError, match=f"1 of {len(shop.told)} are not suggested"):
        shop.check(staging, STORE, MIN_SCORE)


def test_too_many_who_are_somebody_else_end_the_benchmark(staging: Engine) -> None:
    shop = crowd.fill(staging, STORE, ROWS)
    suggest_members(staging, STORE.name)

    with pytest.raises(NotMeasuredError, match="suggestions are wrong"):
        replace(shop, alike={}).check(staging, STORE, MIN_SCORE)
