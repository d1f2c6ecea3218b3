"""The services of `make up` and of the containers: their settings, and that they really start."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from scripts.airflow_api import AirflowApi
from scripts.processes import ProgramError, Programs
from scripts.secret_files import read_or_make_secrets, write_private_json
from scripts.services import (
    ADMIN,
    AIRFLOW,
    AIRFLOW_SERVICES,
    LOOPBACK,
    PROJECT_ROOT,
    Place,
    airflow_settings,
    base_environment,
    connections,
    find_free_port,
    hold_alone,
)

PASSWORD = "of this test"
SANDBOX_LINE = {
    "gorgias": {
        "url": "http://127.0.0.1:9001",
        "account": "demo",
        "email": "agent@example.com",
        "api_key": "key of gorgias",
    },
    "rivo": {
        "url": "http://127.0.0.1:9002/merchant_api/v1",
        "api_key": "key of rivo",
        "webhook_secret": "secret of rivo",
    },
}


def container_commands() -> dict[str, list[str]]:
    """The commands of docker-compose.yaml that start a part of Airflow, without the worker."""
    text = (PROJECT_ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
    services = yaml.safe_load(text)["services"]
    return {
        name: service["command"]
        for name, service in services.items()
        if service.get("command", [""])[0] == "airflow" and "celery" not in service["command"]
    }


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(directory=tmp_path / "here", airflow_port=find_free_port(), password=PASSWORD)


@pytest.fixture
def environment(place: Place, tmp_path: Path) -> dict[str, str]:
    made = read_or_make_secrets(tmp_path / "secrets.json")
    settings = base_environment(place, 1.0) | airflow_settings(place, made)
    write_private_json(
        Path(settings["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]), {ADMIN: PASSWORD}
    )
    return settings


def test_secrets_are_made_once_and_are_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secrets.json"

    made = read_or_make_secrets(path)

    assert read_or_make_secrets(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert min(len(value) for value in made.values()) >= 16


def test_a_place_is_held_by_one_program_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    with (
        hold_alone(lock, "taken"),
        pytest.raises(ProgramError, match="taken"),
        hold_alone(lock, "taken"),
    ):
        pass
    with hold_alone(lock, "free again"):
        pass


def test_settings_of_the_callers_own_airflow_do_not_leak_in(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", "/elsewhere.yaml")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")

    environment = base_environment(place, 1.0)

    assert "AIRFLOW__CORE__EXECUTOR" not in environment
    assert "LOYALTY_DESK_STORES_FILE" not in environment
    assert environment["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert LOOPBACK in environment["NO_PROXY"]


def test_connections_carry_the_whole_address_and_the_key() -> None:
    found = connections(SANDBOX_LINE)

    gorgias = found["gorgias_demo"]
    assert gorgias["conn_type"] == "gorgias"
    assert (gorgias["host"], gorgias["login"], gorgias["password"]) == (
        "http://127.0.0.1:9001",
        "agent@example.com",
        "key of gorgias",
    )
    assert found["rivo_demo"] == {
        "conn_type": "rivo",
        "description": "The sandbox's programme, for the store demo",
        "host": "http://127.0.0.1:9002/merchant_api/v1",
        "password": "key of rivo",
        "extra": '{"webhook_secret": "secret of rivo"}',
    }


def test_one_machine_and_containers_start_the_same_parts_of_airflow() -> None:
    commands = container_commands()
    assert set(commands) == set(AIRFLOW_SERVICES)
    assert {name: command[1] for name, command in commands.items()} == {
        name: command[0] for name, command in AIRFLOW_SERVICES.items()
    }


@pytest.mark.flow
def test_each_command_of_the_containers_starts_and_becomes_healthy(
    place: Place, environment: dict[str, str]
) -> None:
    # On this machine only: no port of all addresses, and no log server.
    swapped = {"0.0.0.0": LOOPBACK, "8080": str(place.airflow_port)}
    no_log_server = {"scheduler", "triggerer"}
    api = AirflowApi(place.airflow_url, ADMIN, PASSWORD)
    with Programs(place.log_dir) as programs:
        programs.run("db-migrate", [*AIRFLOW, "db", "migrate"], environment, 120)
        for name, command in container_commands().items():
            words = [swapped.get(word, word) for word in command[1:]]
            extra = ["--skip-serve-logs"] if name in no_log_server else []
            programs.start(name, [*AIRFLOW, *words, *extra], environment)

        programs.wait_until(lambda: not api.find_unhealthy(), "becoming healthy", 150)
        programs.check()


@pytest.mark.flow
def test_the_workers_command_is_known(environment: dict[str, str]) -> None:
    answer = subprocess.run(
        [*AIRFLOW, "celery", "worker", "--help"],
        env=environment | {"AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0
    assert "--concurrency" in answer.stdout
