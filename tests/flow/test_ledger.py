"""The ledger of the whole shop in a sync: what it explains, and that no card waits for it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from loyalty_desk.records import RunState
from loyalty_desk.report.text import note
from loyalty_desk.staging.engine import open_engine
from tests.flow.test_platforms import on
from tests.flow.world import World

pytestmark = pytest.mark.flow

ROUTES = {
    "rivo": "*points_events*",
    "smile": "*points_transactions*",
    "loyaltylion": "*/transactions",
}
MOVED = (
    "SELECT SUM(points_moved) AS moved, SUM(points_earned) AS earned, SUM(points_added) AS added,"
    " SUM(points_adjusted) AS adjusted, SUM(points_left) AS rest FROM reporting_liability_days"
    " WHERE on_day > '2002'"
)


def make_it_long_ago(world: World) -> None:
    """Have what was kept of today be of another day."""
    engine = open_engine(world.staging_url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM liability_days WHERE day = '2001-01-01'"))
        connection.execute(text("UPDATE liability_days SET day = '2001-01-01', since_day = NULL"))
    engine.dispose()


def book(world: World, **booking: Any) -> None:
    rows = world.rows(
        "SELECT MIN(member_id) AS member_id FROM members"
        " WHERE gone_at_utc IS NULL AND status = 'member'"
    )
    path = f"members/{rows[0]['member_id']}/ledger"
    world.sandbox.control(world.platform, "POST", path, booking)


@pytest.mark.parametrize("platform", list(ROUTES))
@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)  # SQL is met on both elsewhere
def test_what_moved_between_two_syncs_is_explained_and_no_sync_fails_without_a_ledger(
    world: World, sync: Any, platform: str
) -> None:
    world = sync.world = on(world, platform)
    assert sync.plain().ledger_not_read == 0
    make_it_long_ago(world)
    book(world, points=120, source="order_placed", title="Order", order=[1, "#1"])
    book(world, points=-20, source="manual", title="By hand")

    assert sync.plain(release_brake=True).state == RunState.SUCCEEDED
    [found] = world.rows(MOVED)
    # Where no award of ours was seen in a guessed ledger yet, nothing by hand is told.
    assert (found["moved"], found["rest"]) == (100, -20 if platform == "loyaltylion" else 0)
    assert found["added" if platform == "smile" else "earned"] == 120
    make_it_long_ago(world)

    book(world, points=7, source="order_placed", title="Order", order=[2, "#2"])
    world.fault(platform, effect="status", status=500, route=ROUTES[platform], method="GET")
    record = sync.plain(release_brake=True)

    assert record.state == RunState.SUCCEEDED, record.failure
    assert (record.pushed, record.failed) == (record.planned, 0)
    assert world.wrong_cards() == []
    assert record.ledger_not_read == 1
    assert "ledger was not read" in note(record)
    [found] = world.rows(MOVED)
    assert (found["moved"], found["earned"], found["added"], found["rest"]) == (7, None, None, 7)
