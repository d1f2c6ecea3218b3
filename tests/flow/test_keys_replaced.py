"""Gorgias' key is replaced while a sync writes: there, and where Airflow keeps it."""

from __future__ import annotations

import json

import pytest

from loyalty_desk.records import RunState
from tests.flow.world import World, sandbox_connections
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.flow,
    pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True),  # no statement is about it
]

NEW = "key-of-tomorrow"
PATIENCE_S = 60.0
BACKEND = "airflow.secrets.local_filesystem.LocalFilesystemBackend"


def test_a_sync_whose_key_is_replaced_in_mid_run_ends_well(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = sandbox_connections(world.sandbox, world.platform)
    file = world.folder / "connections.json"
    file.write_text(json.dumps(connections), encoding="utf-8")
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", BACKEND)
    monkeypatch.setenv(
        "AIRFLOW__SECRETS__BACKEND_KWARGS", json.dumps({"connections_file_path": str(file)})
    )
    world.slow_writes(0.05)
    process = world.start_command("sync", "--store", "demo")
    try:
        wait_until(lambda: world.faults_fired("gorgias") > 0, PATIENCE_S)
        world.sandbox.control("gorgias", "POST", "keys", {"api_key": NEW})
        connections["gorgias_demo"]["password"] = NEW
        file.write_text(json.dumps(connections), encoding="utf-8")
        output = process.communicate(timeout=120)[0]
    finally:
        old = world.sandbox.gorgias["api_key"]
        world.sandbox.control("gorgias", "POST", "keys", {"api_key": old})
        process.kill()

    assert process.returncode == 0, output[-2000:]
    assert "connection gorgias_demo has other credentials by now" in output
    record = world.records()[0]
    assert (record.state, record.failed) == (RunState.SUCCEEDED, 0), record.failure
    assert world.wrong_cards() == []
