"""Into Gorgias and out again by their DAGs, under real Airflow."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flow.conftest import Syncer
from tests.flow.world import STORE, World

pytestmark = pytest.mark.flow


def paused_dags() -> set[str]:
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        rows = session.query(DagModel.dag_id).filter(DagModel.is_paused.is_(True)).all()
    return {row.dag_id for row in rows}


def integrations(world: World) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = world.sandbox.control("gorgias", "GET", "integrations")["data"]
    return rows


@pytest.fixture(autouse=True)
def public_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOYALTY_DESK_PUBLIC_URL", "http://127.0.0.1:8080")


def test_a_store_is_connected_synced_disconnected_and_connected_again(
    world: World, sync: Syncer
) -> None:
    sync.run_dag(f"gorgias_connect__{STORE}", probe=True)
    assert len(integrations(world)) == 1
    first = sync()
    assert first.pushed > 0
    assert world.shown_cards()

    sync.run_dag(f"gorgias_disconnect__{STORE}", clear_cards=True)

    assert integrations(world) == []
    assert world.shown_cards() == {}
    assert f"loyalty_sync__{STORE}" in paused_dags()
    assert sync().run_id == first.run_id, "nothing of a disconnected store runs"

    sync.run_dag(f"gorgias_connect__{STORE}")

    assert f"loyalty_sync__{STORE}" not in paused_dags()
    assert sync().pushed == first.pushed
    assert world.wrong_cards() == []


def test_what_does_not_work_stops_connecting_before_the_first_write(
    world: World, sync: Syncer
) -> None:
    world.change_connection(f"rivo_{STORE}", {"password": "wrong"})

    sync.run_dag(f"gorgias_connect__{STORE}")

    assert integrations(world) == []
