"""The one world of the sandbox, synced through each platform's API: the cards that follow from what
this platform tells, and the same matches and mismatches.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from loyalty_desk.mismatches.scores import Reason
from loyalty_desk.records import Outcome, RunState
from loyalty_desk.staging.engine import migrate, open_engine
from sandbox.sides import SIDES
from tests.flow.lists import ids_on
from tests.flow.world import World

pytestmark = pytest.mark.flow

OTHERS = [name for name in SIDES if name != "rivo"]
PROFILE_URL = "https://admin.shop.example/members/{member_id}"
API: dict[str, dict[str, str]] = {
    "rivo": {},  # whose members are opened at Shopify
    "trifft": {"member.shop_id": "params.shop_id", "profile_url": PROFILE_URL},
    "smile": {"profile_url": PROFILE_URL},
    "loyaltylion": {"profile_url": PROFILE_URL},
}


def on(world: World, platform: str) -> World:
    """The same world through another platform's API."""
    other = dataclasses.replace(world, platform=platform)
    other.change_connection(f"{platform}_demo", {"extra": json.dumps({"api": API[platform]})})
    return other


@pytest.mark.parametrize("platform", OTHERS)
def test_every_customer_holds_the_card_that_follows_from_this_platform(
    world: World, sync: Any, platform: str
) -> None:
    other = sync.world = on(world, platform)

    record = sync()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert record.pushed == record.planned > 100
    assert other.wrong_cards() == []

    again = sync.plain()
    assert again.state == RunState.SUCCEEDED, again.failure
    assert (again.planned, again.pushed, again.failed) == (0, 0, 0)

    other.tick_answers(150)
    other.tick(20)
    third = sync.plain(release_brake=True)
    assert third.state == RunState.SUCCEEDED, third.failure
    assert other.wrong_cards() == []


@pytest.mark.parametrize("platform", OTHERS)
def test_a_guess_that_was_corrected_holds_for_every_member_from_the_next_sync(
    world: World, sync: Any, platform: str
) -> None:
    other = sync.world = on(world, platform)
    sync.plain()
    extra = {"api": API[platform] | {"profile_url": f"{PROFILE_URL}/points"}}
    other.change_connection(f"{platform}_demo", {"extra": json.dumps(extra)})
    assert other.wrong_cards() != []

    record = sync.plain(release_brake=True)

    assert record.state == RunState.SUCCEEDED, record.failure
    assert other.wrong_cards() == []
    assert sync.plain().planned == 0


def mismatches(world: World) -> set[tuple[Any, ...]]:
    rows = world.rows(
        "SELECT side, subject_id, outcome FROM mismatches WHERE settled_at_utc IS NULL"
    )
    return {tuple(row.values()) for row in rows}


def classes(world: World) -> dict[str, float]:
    """How many customers and members of the last run ended in each class."""
    counters = world.records()[0].counters()
    outcomes = [outcome.value for outcome in Outcome]
    return {
        name: count
        for name, count in counters.items()
        if name.partition("_")[2] in outcomes and name.startswith(("customers_", "members_"))
    }


def suggestions(world: World) -> dict[tuple[int, str], list[str]]:
    """Why each customer and member are suggested."""
    rows = world.rows("SELECT customer_id, member_id, reasons FROM suggestions")
    return {(row["customer_id"], row["member_id"]): json.loads(row["reasons"]) for row in rows}


@pytest.mark.parametrize("platform", OTHERS)
def test_the_mismatches_and_suggestions_are_those_of_rivo(
    world: World, sync: Any, platform: str, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'rivo.db'}"
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()
    rivo = dataclasses.replace(world, staging_url=url)
    sync.world = rivo
    assert sync.plain().state == RunState.SUCCEEDED
    ids = ids_on(world.sandbox, platform)
    world.sandbox.control("gorgias", "POST", "reset", {"data": True})
    other = on(world, platform)
    sync.world = other
    assert sync.plain().state == RunState.SUCCEEDED

    translated = {
        (side, ids.get(subject, subject) if side == "member" else subject, outcome)
        for side, subject, outcome in mismatches(rivo)
    }
    assert mismatches(other) == translated
    assert {outcome for _, _, outcome in translated} == {
        "ambiguous",
        "customer_not_found",
        "no_email",
    }
    assert classes(other) == classes(rivo)
    assert sum(count > 0 for count in classes(rivo).values()) > 8
    pairs = {(customer, ids[member]): why for (customer, member), why in suggestions(rivo).items()}
    if platform == "smile":  # does not tell the shop's id
        by_others = {pair for pair, why in pairs.items() if Reason.EXTERNAL_ID not in why}
        assert by_others <= set(suggestions(other)) <= set(pairs)
    else:
        assert suggestions(other) == pairs
    assert len(pairs) >= 4
