"""The queues: which queue and pool tasks get, and what Airflow's pools must be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loyalty_desk.__main__ import main
from loyalty_desk.settings.queues import QueueSettings, QueuesSettings
from loyalty_desk.settings.stores_file import StoresFile, installation, read_stores
from scripts.services import PROJECT_ROOT

STORES = "stores:\n  shop:\n    platform: rivo\n"


@pytest.fixture
def stores_path(tmp_path: Path) -> Path:
    return tmp_path / "stores.yaml"


def read(path: Path, text: str) -> StoresFile:
    path.write_text(text + STORES, encoding="utf-8")
    return read_stores(path)


def test_without_queues_tasks_get_what_airflow_gives_every_task(stores_path: Path) -> None:
    queues = read(stores_path, "").queues
    assert queues.awards.task_arguments() == queues.syncs.task_arguments() == {}
    assert json.loads(queues.pools_json()) == {}


def test_a_kind_of_tasks_has_a_queue_and_a_pool(stores_path: Path) -> None:
    found = read(stores_path, "queues: {awards: {queue: quick, pool: few, slots: 3}}\n")
    assert found.problems == {}
    assert found.queues.awards.task_arguments() == {"queue": "quick", "pool": "few"}
    assert found.queues.syncs.task_arguments() == {}
    assert json.loads(found.queues.pools_json()) == {
        "few": {"slots": 3, "description": "Loyalty Desk: awards", "include_deferred": False}
    }


@pytest.mark.parametrize(
    ("queues", "what"),
    [
        ("{award: {}}", "queues: award: no such key; allowed are awards, syncs"),
        ("{awards: {size: 3}}", "queues: awards.size: no such key; allowed are queue, pool, slots"),
        ("{syncs: {pool: few, slots: 0}}", "queues: syncs.slots"),
        ("{awards: {pool: p, slots: 1}, syncs: {pool: p, slots: 2}}", "must have the same slots"),
        ("7", "queues"),
    ],
)
def test_a_mistake_in_a_queue_is_named(stores_path: Path, queues: str, what: str) -> None:
    assert what in read(stores_path, f"queues: {queues}\n").problems[""]


def test_a_file_of_before_calls_them_lanes(stores_path: Path) -> None:
    found = read(stores_path, "lanes: {awards: {queue: quick, pool: few, slots: 3}}\n")
    assert found.problems == {}
    assert found.queues.awards.task_arguments() == {"queue": "quick", "pool": "few"}
    assert "lanes: awards.size" in read(stores_path, "lanes: {awards: {size: 3}}\n").problems[""]


def test_only_one_of_both_names_may_be_given(stores_path: Path) -> None:
    found = read(stores_path, "queues: {}\nlanes: {awards: {slots: 3}}\n")
    assert "not both" in found.problems[""]


def test_two_queues_may_share_a_pool() -> None:
    queue = QueueSettings(pool="both", slots=4)
    assert list(json.loads(QueuesSettings(awards=queue, syncs=queue).pools_json())) == ["both"]


def test_the_command_prints_the_pools_of_the_shipped_queues(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(PROJECT_ROOT / "include" / "stores.yaml"))
    installation.cache_clear()
    try:
        assert main(["pools"]) == 0
    finally:
        installation.cache_clear()
    assert set(json.loads(capsys.readouterr().out)) == {"loyalty_awards", "loyalty_syncs"}


def test_the_command_says_what_is_wrong_with_the_file(
    stores_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read(stores_path, "queues: {award: {}}\n")
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores_path))
    installation.cache_clear()
    try:
        assert main(["pools"]) == 1
    finally:
        installation.cache_clear()
    assert "no such key" in capsys.readouterr().err
