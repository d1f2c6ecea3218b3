"""Stores side by side: one Gorgias account, two platforms, and nothing of one in the other."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.records import RunState
from loyalty_desk.staging.metadata import METADATA
from tests.flow.world import STORE, World, sandbox_connections

pytestmark = pytest.mark.flow

OTHER, KEY = "other", "smile_club"
ACCOUNT_WIDE = {"request_budgets", "alembic_version"}


@pytest.fixture
def two(world: World) -> World:
    """A store on Rivo and one on Smile, on the same Gorgias account, under different keys."""
    world.more_stores = {
        OTHER: {
            "platform": "smile",
            "schedule": None,
            "gorgias_conn_id": f"gorgias_{STORE}",
            "budget": {"share": 1.0},
            "gorgias": {"card_key": KEY},
        }
    }
    smile = sandbox_connections(world.sandbox, "smile")[f"smile_{STORE}"]
    world.connections[f"smile_{OTHER}"] = smile
    return world


def sync_other(two: World, sync: Any, **params: Any) -> Any:
    sync.run_dag(f"loyalty_sync__{OTHER}", **params)
    return two.records(OTHER)[0]


def rows_of(world: World, store: str) -> dict[str, list[Any]]:
    """All rows of a store, by table."""
    found = {}
    for name, table in METADATA.tables.items():
        if "store" in table.columns:
            rows = world.rows(f"SELECT * FROM {name} WHERE store = '{store}'")
            found[name] = sorted(map(str, map(dict, rows)))
    return found


def cards(world: World, key: str) -> dict[int, Any]:
    return {
        customer["id"]: customer["data"][key]
        for customer in world.customers()
        if key in (customer["data"] or {})
    }


def test_each_store_has_its_key_and_its_rows_and_leaves_the_others_alone(
    two: World, sync: Any
) -> None:
    assert sync.plain().state == RunState.SUCCEEDED
    before, mine = rows_of(two, STORE), cards(two, "loyalty")

    record = sync_other(two, sync)

    assert record.state == RunState.SUCCEEDED, record.failure
    assert rows_of(two, STORE) == before
    assert cards(two, "loyalty") == mine
    theirs = cards(two, KEY)
    assert set(theirs) == set(mine)
    for customer_id, card in theirs.items():
        assert card["member"] == mine[customer_id]["member"]
        assert card.get("points_balance") == mine[customer_id].get("points_balance")
        assert "credits_balance" not in card
    of_the_installation = ""
    stores = {
        row["store"]
        for name, table in METADATA.tables.items()
        if "store" in table.columns and name not in ACCOUNT_WIDE
        for row in two.rows(f"SELECT DISTINCT store FROM {name}")
    }
    assert stores - {of_the_installation} == {STORE, OTHER}

    # Neither sees a change in what the other one wrote.
    assert (sync.plain().planned, sync_other(two, sync).planned) == (0, 0)


def test_the_same_key_on_the_same_account_is_refused_before_anything_is_written(
    two: World, sync: Any
) -> None:
    two.more_stores[OTHER]["gorgias"] = {}
    assert sync.plain().state == RunState.SUCCEEDED
    before = cards(two, "loyalty")

    record = sync_other(two, sync)

    assert record.state == RunState.FAILED
    assert f"store {OTHER} and store {STORE} write their cards to the same" in record.failure
    assert "give each its own gorgias.card_key" in record.failure
    assert cards(two, "loyalty") == before


def test_an_expired_key_and_an_outage_of_one_store_stop_that_one_alone(
    two: World, sync: Any
) -> None:
    two.connections[f"smile_{OTHER}"] = {
        **two.connections[f"smile_{OTHER}"],
        "password": "expired",
    }
    broken = sync_other(two, sync)
    assert (broken.state, "smile_other" in broken.failure) == (RunState.FAILED, True)

    assert sync.plain().state == RunState.SUCCEEDED
    two.fault("smile", effect="status", status=503)
    assert sync.plain().state == RunState.SUCCEEDED
    assert rows_of(two, OTHER)["members"] == []


def test_broken_settings_of_one_store_leave_the_others_running(two: World, sync: Any) -> None:
    two.more_stores["wrong"] = {"platform": "nobody"}

    assert sync().state == RunState.SUCCEEDED
    assert sync_other(two, sync).state == RunState.SUCCEEDED
