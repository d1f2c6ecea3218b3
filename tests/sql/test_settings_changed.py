"""Settings that decide about everybody: everybody is looked at when one of them has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging.run_lock import Run
from loyalty_desk.staging.run_record import start_run
from loyalty_desk.sync.members import extract_members
from loyalty_desk.sync.reads import keep_full_match, keep_full_plan, must_be_full
from tests.factories import STORE, store_settings
from tests.sql.reads import Programme


@pytest.fixture
def run(staging: Engine) -> Run:
    with staging.begin() as connection:
        start_run(connection, STORE, "r", {}, utc_now())
    return Run(store=store_settings(), run_id="r", params=RunParams(), engine=staging)


def with_settings(run: Run, **settings: Any) -> Run:
    return replace(run, store=store_settings(**settings))


def look_at_everybody(to_match: Run, to_plan: Run) -> None:
    with to_match.engine.begin() as connection:
        keep_full_match(to_match, connection)
        keep_full_plan(to_plan, connection)


def looks_at_everybody(run: Run) -> bool:
    with run.engine.begin() as connection:
        return must_be_full(run, connection)


CHANGED: tuple[dict[str, Any], ...] = (
    {"include_guests": False},
    {"non_member_cards": "all"},
    {"push_to": ["customer_data", "custom_fields"]},
)


@pytest.mark.parametrize("settings", CHANGED, ids=lambda settings: next(iter(settings)))
def test_everybody_is_looked_at_once_after_a_change(run: Run, settings: dict[str, Any]) -> None:
    changed = with_settings(run, **settings)
    look_at_everybody(run, run)
    assert (looks_at_everybody(run), looks_at_everybody(changed)) == (False, True)

    look_at_everybody(changed, changed)
    assert (looks_at_everybody(run), looks_at_everybody(changed)) == (True, False)


def test_a_change_between_match_and_plan_is_for_the_next_run(run: Run) -> None:
    changed = with_settings(run, include_guests=False)

    look_at_everybody(run, changed)

    assert looks_at_everybody(changed)


def test_all_members_are_read_once_after_what_reads_them_was_corrected(run: Run) -> None:
    def asks_for_all(run: Run, guessed: str) -> bool:
        programme = Programme()
        programme.guessed = guessed
        extract_members(run, programme, lambda _: None)  # type: ignore[arg-type]
        return programme.asked == [None]

    euros = with_settings(run, currency="EUR")
    assert asks_for_all(run, "points")
    assert not asks_for_all(run, "points")
    assert asks_for_all(run, "points.total")
    assert not asks_for_all(run, "points.total")
    assert asks_for_all(euros, "points.total")
    assert not asks_for_all(euros, "points.total")
