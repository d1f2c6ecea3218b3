"""docker-compose.yaml, .env.example and Dockerfile: valid, closed by default, in step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from compose_spec import PyCompose

from cluster.compose import VARIABLE, fill_in, read_raw, variable_names

ROOT = Path(__file__).resolve().parents[2]
COMPOSE_TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
ENV_TEXT = (ROOT / ".env.example").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
RUNS_ONCE = {"initialise"}


SERVICES = read_raw({})
each_service = pytest.mark.parametrize("name", SERVICES)


def test_compose_file_follows_the_compose_specification() -> None:
    required = {match[1]: "given" for match in VARIABLE.finditer(COMPOSE_TEXT) if match[2] == "?"}
    filled = yaml.safe_load(fill_in(COMPOSE_TEXT, required))

    parsed = PyCompose.from_yaml(yaml.safe_dump(filled))

    assert set(parsed.service_names()) == set(SERVICES)


def test_compose_check_fires_on_an_unknown_key() -> None:
    with pytest.raises(ValueError, match="restarts"):
        PyCompose.from_yaml("services: {one: {image: 'one:1', restarts: always}}")


def test_every_variable_is_documented_and_every_documented_one_is_used() -> None:
    documented = set(re.findall(r"^(\w+)=", ENV_TEXT, re.M))
    assert documented == variable_names(COMPOSE_TEXT)


def test_every_documented_variable_has_a_comment_above_it() -> None:
    blocks = re.split(r"\n\s*\n", ENV_TEXT)
    bare = [block for block in blocks if re.search(r"^\w+=", block, re.M) and "#" not in block]
    assert bare == []


def test_a_secret_has_no_default_and_stops_compose_when_unset() -> None:
    secret = re.compile(r"PASSWORD|SECRET|KEY|ADMIN")
    uses = [match for match in VARIABLE.finditer(COMPOSE_TEXT) if secret.search(match[1])]
    assert len(uses) > 8
    assert [match[0] for match in uses if match[2] != "?"] == []
    assert re.findall(rf"^\w*(?:{secret.pattern})\w*=.+$", ENV_TEXT, re.M) == []


def test_no_secret_is_written_into_the_file_itself() -> None:
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|_KEY|AUTH$|URL|CONN$", key):
                credentials = re.sub(r"\$\{[^}]*\}", "", str(value))
                assert not re.search(r"://[^/@]*:[^/@:]+@", credentials), f"{name}: {key}"


@each_service
def test_a_port_is_published_on_the_loopback_address_unless_told(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


def test_only_airflows_pages_and_the_api_are_published_and_the_address_can_be_chosen() -> None:
    opened = read_raw({"BIND_ADDRESS": "10.0.0.1"})
    published = {name: service["ports"] for name, service in opened.items() if "ports" in service}
    assert published == {
        "api-server": ["10.0.0.1:8080:8080"],
        "api": ["10.0.0.1:8090:8090"],
    }


def test_the_api_alone_has_no_secret_and_no_file_that_it_does_not_need() -> None:
    api = SERVICES["api"]
    secrets = {match[1] for match in VARIABLE.finditer(str(api)) if match[2] == "?"}
    assert secrets == {"AIRFLOW_FERNET_KEY", "POSTGRES_PASSWORD", "LOYALTY_DESK_DB_PASSWORD"}
    assert [one.rpartition(":")[2] for one in api["volumes"]] == ["ro"]
    assert set(api["depends_on"]) == {"initialise", "postgres"}


@each_service
def test_a_service_runs_without_root_and_without_privileges(name: str) -> None:
    service = SERVICES[name]
    assert str(service.get("user", "root")).partition(":")[0] not in {"root", "0", ""}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert not service.get("privileged", False)


@each_service
def test_a_service_that_stays_has_a_health_check_and_is_restarted(name: str) -> None:
    service = SERVICES[name]
    if name in RUNS_ONCE:
        assert service["restart"] == "no"
    else:
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
        assert service["restart"] == "unless-stopped"


@each_service
def test_an_image_is_pinned(name: str) -> None:
    image = SERVICES[name]["image"]
    if "build" not in SERVICES[name]:
        assert re.search(r":\d+\.\d+\.\d+|:\d+\.\d+-", image)
    assert not image.endswith(":latest")


@each_service
def test_a_file_of_the_host_is_mounted_read_only(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        if volume.startswith((".", "/")):
            assert volume.endswith(":ro")
            assert (ROOT / volume.split(":")[0]).is_file()


def test_whatever_starts_airflow_waits_for_the_migrations() -> None:
    for name, service in SERVICES.items():
        if "build" in service and name not in RUNS_ONCE:
            waits_for = service["depends_on"]["initialise"]["condition"]
            assert waits_for == "service_completed_successfully"


def test_no_dag_of_a_store_waits_paused_unless_env_says_so() -> None:
    key = "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION"
    for env, expected in (({}, "False"), ({"DAGS_PAUSED": "True"}, "True")):
        services = read_raw(env).items()
        built = [service for name, service in services if "build" in service and name != "api"]
        assert {str(service["environment"][key]) for service in built} == {expected}


def test_dockerfile_ends_as_a_user_and_fetches_and_holds_nothing_secret() -> None:
    instructions = re.findall(r"^([A-Z]+)\s+(.*)$", DOCKERFILE, re.M)
    users = [value for word, value in instructions if word == "USER"]
    assert users
    assert users[-1] not in {"root", "0"}
    assert [value for word, value in instructions if word in {"ADD", "ARG"}] == []
    assert not re.search(r"PASSWORD|SECRET|FERNET|TOKEN", DOCKERFILE)
    assert all(
        re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+( AS \w+)?", value)
        for word, value in instructions
        if word == "FROM"
    )
    assert "--require-hashes" in DOCKERFILE


def test_dockerfile_copies_only_what_is_there_and_let_through() -> None:
    let_through = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.M))
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.M)
        for source in line.split()[:-1]
        if not source.startswith("--")
    }
    assert copied == let_through
    assert all((ROOT / source).exists() for source in copied)
