"""The check-list of the set-up after runs that failed, or left something to do."""

from __future__ import annotations

import json

import pytest

from loyalty_desk.gorgias.made import remember_object
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.records import RunState
from loyalty_desk.staging.run_record import add_counters
from loyalty_desk.staging.store_state import StateKey
from tests.factories import STORE
from tests.http.setup_world import World


def tested(world: World) -> None:
    """Have both connections tested well, now."""
    told = {"works": True, "sentence": "It lets us in."}
    world.keep(StateKey.TRIED, json.dumps({f"gorgias_{STORE}": told, f"rivo_{STORE}": told}))


def test_accounts_are_not_said_to_let_us_in_once_a_newer_run_failed(world: World) -> None:
    world.ready()
    world.run(RunState.SUCCEEDED, minutes_ago=9)
    assert "when a run last succeeded" in world.page().words["connections"]
    world.run(RunState.FAILED, minutes_ago=5, failure="extract_members: Rivo answers 401")

    page = world.page()

    assert page.states["connections"] == "cannot be known from here"
    assert "nothing newer shows that both accounts let us in" in page.words["connections"]
    assert "Rivo answers 401" in page.words["connections"]
    assert "Rivo answers 401" not in world.page("viewer").words["connections"]
    assert "Test both" in page.words["connections"]

    tested(world)
    page = world.page()
    assert page.states["connections"] == "done"
    assert "when they were last tested" in page.words["connections"]


def test_a_set_up_is_not_said_to_be_whole_once_a_newer_run_failed(world: World) -> None:
    world.connections(webhook_secret="s")
    world.dags()
    world.run(RunState.SUCCEEDED, minutes_ago=9)
    remember_object(world.engine, STORE, Kind.WIDGET, "ticket", 7)
    for key in (StateKey.BUTTON, StateKey.WEBHOOK):
        world.keep(key)
    assert "Everything is set up." in world.page().whole

    world.run(RunState.FAILED, minutes_ago=5, dry_run=True, failure="extract_members: away")

    assert "Look yourself whether the rest is: Connections." in world.page().whole


@pytest.mark.parametrize("by", ["time", "limit"])
def test_all_cards_can_be_written_while_the_newest_run_left_some(world: World, by: str) -> None:
    world.ready()
    params = {"limit": 80} if by == "limit" else {}
    run_id = world.run(RunState.SUCCEEDED, minutes_ago=9, **params)
    if by == "time":
        with world.engine.begin() as connection:
            add_counters(connection, STORE, run_id, {"left": 890})

    page = world.page()
    assert page.states["first-run"] == "done"
    assert "Write all cards" in page.words["first-run"]
    assert "Write 10 cards" not in page.words["first-run"]
    assert "Write all cards" not in world.page("viewer").words["first-run"]

    world.run(RunState.RUNNING, minutes_ago=5)
    assert "Write all cards" not in world.page().words["first-run"]
    world.run(RunState.SUCCEEDED, minutes_ago=3)
    assert "Write all cards" not in world.page().words["first-run"]
