"""The first sync of `make up`: one, whether the schedule starts it or nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from scripts.processes import Programs
from scripts.services import (
    STORE,
    Place,
    SandboxSize,
    Services,
    find_free_port,
    start_services,
)
from scripts.up import SYNC, UNFINISHED, start_first_sync

pytestmark = pytest.mark.flow

LIMIT_S = 180.0
ONCE_A_YEAR = "0 0 1 1 *"
"""Due at the first start, as every schedule is, and not again while the test goes on."""


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with Programs(tmp_path / "log") as started:
        yield started


@pytest.fixture
def services(programs: Programs, tmp_path: Path) -> Services:
    stores = tmp_path / "stores.yaml"
    store = {"platform": "rivo", "schedule": ONCE_A_YEAR}
    stores.write_text(yaml.safe_dump({"stores": {STORE: store}}), encoding="utf-8")
    place = Place(
        directory=tmp_path / "up",
        airflow_port=find_free_port(),
        password="of this test",
        stores_file=stores,
    )
    size = SandboxSize(members=50, customers=40, seed=1, speed=100.0, allowance=20.0)
    return start_services(programs, place, size, lambda _: None)


def syncs(services: Services) -> list[str]:
    return [run["dag_run_id"] for run in services.api.list_runs(SYNC)]


def wait_for_end(programs: Programs, services: Services, run_id: str) -> None:
    programs.wait_until(
        lambda: services.api.get_run(SYNC, run_id)["state"] not in UNFINISHED, "the sync", LIMIT_S
    )


def test_one_sync_is_enough_at_the_first_start_and_at_the_next(
    programs: Programs, services: Services
) -> None:
    first = start_first_sync(programs, services)
    assert start_first_sync(programs, services) == first, "it goes on"
    wait_for_end(programs, services, first)
    assert syncs(services) == [first]
    assert first.startswith("scheduled__")

    second = start_first_sync(programs, services)
    wait_for_end(programs, services, second)

    assert syncs(services) == [second, first], "nothing was due"
    assert services.api.get_run(SYNC, first)["state"] == "success"
