"""Webhooks and lookups between the tasks of a sync under real Airflow and Great Expectations.

A sample; every pair of stages and everything else that may happen there is in `tests/meeting`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from loyalty_desk.clock import utc_now
from loyalty_desk.lookup.fresh import lookup_of
from loyalty_desk.records import RunState
from loyalty_desk.refresh import ask_for_cards
from loyalty_desk.settings.stores_file import stores_file
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.tasks import refresh
from loyalty_desk.tasks import sync as sync_tasks
from tests.flow.conftest import Syncer
from tests.flow.world import STORE, World
from tests.forget import forget_lookups

pytestmark = pytest.mark.flow

MOMENTS = ("match", "plan", "push")
"""After these, and before their checks."""


@pytest.fixture
def others(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """At each moment other members change, and webhooks and a lookup tell; how many were asked."""
    asked: dict[str, int] = {}

    def after(moment: str) -> None:
        stage = sync_tasks.STAGES[moment]

        def run(store: str, run_id: str) -> sync_tasks.Counters:
            counters = stage(store, run_id)
            asked[moment] = change(world, MOMENTS.index(moment))
            return counters

        monkeypatch.setitem(sync_tasks.STAGES, moment, run)

    monkeypatch.setattr(sync_tasks, "STAGES", dict(sync_tasks.STAGES))
    for moment in MOMENTS:
        after(moment)
    yield asked
    forget_lookups()


def change(world: World, turn: int) -> int:
    rows = world.rows(
        "SELECT m.member_id, m.card, m.email FROM members AS m INNER JOIN matches AS p"
        " ON m.member_id = p.member_id WHERE p.rule = 'email' ORDER BY m.member_id"
    )
    mine = rows[turn::3][:6]
    new = {"email": f"new.{turn}@shop.example"}
    for values, row in zip([new, {"status": "excluded"}], mine, strict=False):
        world.sandbox.control("rivo", "PATCH", f"members/{row['member_id']}", values)
    for row in mine[2:4]:
        points = {"points_tally": json.loads(row["card"])["points_balance"] + 7}
        world.sandbox.control("rivo", "PATCH", f"members/{row['member_id']}", points)
    world.sandbox.control("rivo", "POST", "members", {"email": f"come.{turn}@shop.example"})
    engine = staging_engine()
    with engine.begin() as connection:
        ask_for_cards(connection, STORE, [row["member_id"] for row in mine], utc_now())
    lookup_of(stores_file().get(STORE)).find(f"come.{turn}@shop.example")
    return refresh.refresh_cards(STORE)["members_read"]


def test_what_others_do_between_the_tasks_leaves_a_sync_green_and_all_right(
    world: World, sync: Syncer, others: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = sync()

    assert record.state is RunState.SUCCEEDED, record.failure
    assert set(others) == set(MOMENTS)
    assert min(others.values()) >= 6
    failing = "SELECT expectation FROM quality_results WHERE NOT passed AND severity <> 'warning'"
    assert world.rows(failing) == []
    assert world.rows("SELECT * FROM set_aside WHERE found_by <> 'read'") == []

    monkeypatch.undo()
    assert sync.plain().state is RunState.SUCCEEDED
    shown, expected = world.shown_cards(), world.expected_cards()
    members = {one for one, card in expected.items() if card["member"]}
    assert {one: shown.get(one) for one in members} == {one: expected[one] for one in members}
    assert not [one for one in shown.keys() - members if shown[one]["member"]]
