"""`make cluster` and docker-compose.yaml, held against each other."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

from cluster.__main__ import stores_of
from cluster.compose import Service, read_image_environment, read_raw, read_services
from cluster.services import (
    HAS_OWN_STARTER,
    WORKERS,
    ClusterPlace,
    dot_env,
    native_command,
    native_environment,
    to_this_machine,
)
from scripts.services import PROJECT_ROOT

SECRETS = {
    name: f"secret_{name}"
    for name in (
        *("postgres_password", "staging_password", "redis_password", "fernet_key"),
        *("api_secret_key", "jwt_secret", "admin_password"),
    )
}
# What has to differ, as everything shares one machine and there is no image.
OWN_SETTINGS = {
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT",
    "LOYALTY_DESK_SPEED",
}
LEFT_OUT = {"PYTHONDONTWRITEBYTECODE"}
ADDRESSES_AND_FOLDERS = re.compile(
    r"@postgres/|@redis:6379|//api-server:8080|/opt/|/var/log/airflow|/var/lib/|/etc/|/tmp/|\$PATH"
)


@pytest.fixture
def place(tmp_path: Path) -> ClusterPlace:
    return ClusterPlace(
        directory=tmp_path,
        airflow_port=8081,
        api_port=8091,
        stores_file=tmp_path / "stores.yaml",
        platforms={"one": "rivo", "two": "rivo"},
        workers=3,
    )


@pytest.fixture
def services(place: ClusterPlace) -> dict[str, Service]:
    return read_services(dot_env(place, SECRETS))


def test_every_service_of_compose_is_started(services: dict[str, Service]) -> None:
    assert set(services) >= HAS_OWN_STARTER
    assert {name for name in services if name not in HAS_OWN_STARTER} == {
        *("api-server", "api", "scheduler", "dag-processor", "triggerer"),
        *WORKERS,
    }


def test_every_variable_of_env_is_given_or_has_a_default(place: ClusterPlace) -> None:
    text = yaml.safe_dump(read_raw(dot_env(place, SECRETS)))
    assert re.findall(r"\$\{\w+:\?", text) == []


def test_settings_are_those_of_compose_and_the_image_but_for_addresses_and_folders(
    services: dict[str, Service], place: ClusterPlace
) -> None:
    compared = 0
    for service in services.values():
        if service.name in {"postgres", "redis"}:
            continue
        native = native_environment(service, place)
        for name, value in service.environment.items():
            if name in LEFT_OUT:
                continue
            if not ADDRESSES_AND_FOLDERS.search(value):
                assert native[name] == value, f"{service.name}: {name}"
                compared += 1
            else:
                here = native[name]
                for replacement in to_this_machine(place).values():
                    here = here.replace(replacement, "")
                assert not ADDRESSES_AND_FOLDERS.search(here), (
                    f"{service.name}: {name} still points into a container"
                )
        added = {
            name
            for name in native
            if name.startswith(("AIRFLOW", "LOYALTY_DESK")) and name not in service.environment
        }
        assert added == OWN_SETTINGS, service.name
    assert compared > 100


def test_commands_are_those_of_compose(services: dict[str, Service], place: ClusterPlace) -> None:
    commands = {
        name: native_command(service, place)[3:]
        for name, service in services.items()
        if service.command[:1] == ("airflow",)
    }
    assert commands == {
        "api-server": ["api-server", "--host", "127.0.0.1", "--port", "8081"],
        "scheduler": ["scheduler", "--skip-serve-logs"],
        "dag-processor": ["dag-processor"],
        "triggerer": ["triggerer", "--skip-serve-logs"],
        "worker": [
            *("celery", "worker", "--queues", "syncs,awards,default"),
            *("--skip-serve-logs", "--celery-hostname", "worker-1@%h"),
        ],
        "award-worker": [
            *("celery", "worker", "--queues", "awards", "--concurrency", "2"),
            *("--skip-serve-logs", "--celery-hostname", "award-worker-1@%h"),
        ],
    }


def test_the_api_alone_is_started_as_in_compose(
    services: dict[str, Service], place: ClusterPlace
) -> None:
    api = services["api"]

    command = native_command(api, place)

    assert command[:2] == [sys.executable, "-m"]
    assert command[2:] == ["loyalty_desk", "serve", "--host", "127.0.0.1", "--port", "8091"]


def test_workers_take_every_queue_that_is_named(services: dict[str, Service]) -> None:
    shipped = yaml.safe_load((PROJECT_ROOT / "include" / "stores.yaml").read_text())["queues"]
    queues = {one["queue"] for one in shipped.values()}
    assert queues == {one["queue"] for one in stores_of([], 4)["queues"].values()}

    taken = {
        name: set(services[name].command[services[name].command.index("--queues") + 1].split(","))
        for name in WORKERS
    }

    assert taken["worker"] == queues | {"default"}
    assert taken["award-worker"] == {shipped["awards"]["queue"]}


def test_redis_is_set_up_as_in_compose(services: dict[str, Service]) -> None:
    words = " ".join(services["redis"].command)
    source = (PROJECT_ROOT / "cluster" / "servers.py").read_text(encoding="utf-8")
    for line in ("requirepass", "appendonly yes", "dir "):
        assert line in words
        assert line in source


def test_the_image_environment_is_read_whole() -> None:
    found = read_image_environment()
    assert found["AIRFLOW_HOME"] == "/opt/airflow"
    assert found["PYTHONPATH"].endswith("/opt/loyalty-desk/scripts/airflow_settings")
    assert len(found) >= 10
