"""Every task of every DAG runs in its lane, and waits between tries as long as speed says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pendulum import duration

from loyalty_desk.settings import stores_file as settings
from loyalty_desk.settings.project import PROJECT_ROOT
from tests import airflow_home

IN_A_HURRY = {"award_points", "refresh_cards", "desk_watch"}
LANES = {
    "awards": {"queue": "quick", "pool": "few"},
    "syncs": {"queue": "long", "pool": "many"},
}


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Load the DAG files with lanes, or without."""
    airflow_home.migrated()

    def load_dags(lanes: object, speed: str = "1"):
        from airflow.dag_processing.dagbag import DagBag

        path = tmp_path / "stores.yaml"
        stores = {"one": {"platform": "rivo"}}
        path.write_text(json.dumps({"lanes": lanes, "stores": stores}), encoding="utf-8")
        monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(path))
        monkeypatch.setenv("LOYALTY_DESK_SPEED", speed)
        settings.installation.cache_clear()
        bag = DagBag(dag_folder=str(PROJECT_ROOT / "dags"))
        assert bag.import_errors == {}
        return bag.dags

    yield load_dags
    settings.installation.cache_clear()


def test_awards_and_cards_shown_at_once_have_a_lane_of_their_own(load) -> None:
    dags = load(LANES)
    lanes = {
        dag_id.partition("__")[0]: {(task.queue, task.pool) for task in dag.tasks}
        for dag_id, dag in dags.items()
    }
    assert set(lanes) > IN_A_HURRY
    for family, found in lanes.items():
        assert found == ({("quick", "few")} if family in IN_A_HURRY else {("long", "many")}), family


def test_without_lanes_every_task_is_where_airflow_puts_it(load) -> None:
    tasks = [task for dag in load({}).values() for task in dag.tasks]
    assert {(task.queue, task.pool) for task in tasks} == {("default", "default_pool")}


def test_a_try_is_repeated_sooner_where_all_waits_are_shorter(load) -> None:
    def waits(speed: str) -> list[float]:
        dag = load({}, speed)["loyalty_sync__one"]
        return [task.retry_delay.total_seconds() for task in dag.tasks]

    assert set(waits("1")) == {duration(minutes=1).total_seconds()}
    assert set(waits("20")) == {3.0}
