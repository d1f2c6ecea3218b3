"""Every task of every DAG runs in its queue and pool, and waits as long as speed says."""

from __future__ import annotations

import pytest
from pendulum import duration

IN_A_HURRY = {"award_incident", "award_points", "refresh_cards", "desk_watch"}
QUEUES = {
    "awards": {"queue": "quick", "pool": "few"},
    "syncs": {"queue": "long", "pool": "many"},
}


@pytest.fixture
def load_queues(load, monkeypatch: pytest.MonkeyPatch):
    """Load the DAG files with queues, or without."""

    def load_dags(queues: object, speed: str = "1"):
        monkeypatch.setenv("LOYALTY_DESK_SPEED", speed)
        bag = load({"one": {"platform": "rivo"}}, queues=queues)
        assert bag.import_errors == {}
        return bag.dags

    return load_dags


def test_awards_and_cards_shown_at_once_have_a_queue_of_their_own(load_queues) -> None:
    dags = load_queues(QUEUES)
    queues = {
        dag_id.partition("__")[0]: {(task.queue, task.pool) for task in dag.tasks}
        for dag_id, dag in dags.items()
    }
    assert set(queues) > IN_A_HURRY
    for family, found in queues.items():
        assert found == ({("quick", "few")} if family in IN_A_HURRY else {("long", "many")}), family


def test_without_queues_every_task_is_where_airflow_puts_it(load_queues) -> None:
    tasks = [task for dag in load_queues({}).values() for task in dag.tasks]
    assert {(task.queue, task.pool) for task in tasks} == {("default", "default_pool")}


def test_a_try_is_repeated_sooner_where_all_waits_are_shorter(load_queues) -> None:
    def waits(speed: str) -> list[float]:
        dag = load_queues({}, speed)["loyalty_sync__one"]
        return [task.retry_delay.total_seconds() for task in dag.tasks]

    assert set(waits("1")) == {duration(minutes=1).total_seconds()}
    assert set(waits("20")) == {3.0}
