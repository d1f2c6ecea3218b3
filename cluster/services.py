"""The production shape on one machine without containers: what compose starts, started natively.

The services, their commands and their settings are read from docker-compose.yaml and the
Dockerfile; what has to differ, as everything shares one machine, is written here and only here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from pathlib import Path
from typing import Any

from cluster import servers
from cluster.compose import Service, read_services
from cluster.supervisor import Supervisor
from scripts.airflow_api import AirflowApi
from scripts.processes import ProgramError, Programs
from scripts.secret_files import read_or_make_secrets, write_private_json
from scripts.services import (
    ADMIN,
    AIRFLOW,
    LOOPBACK,
    PROJECT_ROOT,
    SANDBOX_LIMIT_S,
    SandboxSize,
    Say,
    caller_environment,
    connections,
    find_free_port,
    read_sandbox_line,
    start_sandbox,
)
from scripts.waiting import look_until

SERVERS = ("postgres", "redis")
RUNS_ONCE = "initialise"
WORKERS = ("worker", "award-worker")
HAS_OWN_STARTER = {*SERVERS, RUNS_ONCE, "sandbox"}
HEALTHY_LIMIT_S = 180.0
INITIALISE_LIMIT_S = 180.0
# Log servers would listen on every address; here the logs are files that the api-server reads.
KEEPS_LOGS_IN_FILES = {"scheduler", "triggerer", *WORKERS}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPlace:
    """One cluster: where its files are, its ports, its stores, and what differs from `.env`'s
    defaults. `platforms` are the stores with the platform of each; each has a sandbox of its own.
    """

    directory: Path
    airflow_port: int
    stores_file: Path
    platforms: Mapping[str, str]
    workers: int = 2
    variables: Mapping[str, str] = field(default_factory=dict)
    """Variables of `.env`, such as WORKER_CONCURRENCY."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of every service beside those of compose."""
    speed: float = 1.0
    postgres_port: int = field(default_factory=find_free_port)
    redis_port: int = field(default_factory=find_free_port)
    health_port: int = field(default_factory=find_free_port)
    api_port: int = field(default_factory=find_free_port)
    """Of the API alone."""

    @property
    def airflow_url(self) -> str:
        return f"http://{LOOPBACK}:{self.airflow_port}"

    @property
    def log_dir(self) -> Path:
        return self.directory / "log"


@dataclass(frozen=True, slots=True)
class Cluster:
    """The running cluster: its services, its sandboxes, and how to reach them."""

    place: ClusterPlace
    supervisor: Supervisor
    sandboxes: Mapping[str, dict[str, Any]]
    """The ready line of each store's sandbox."""
    api: AirflowApi
    staging_url: str
    environment: Mapping[str, str]
    """What the workers run with, for commands beside them."""
    password: str


def dot_env(place: ClusterPlace, secrets: Mapping[str, str]) -> dict[str, str]:
    """The variables that `.env` would give compose."""
    return {
        "POSTGRES_PASSWORD": secrets["postgres_password"],
        "LOYALTY_DESK_DB_PASSWORD": secrets["staging_password"],
        "REDIS_PASSWORD": secrets["redis_password"],
        "AIRFLOW_FERNET_KEY": secrets["fernet_key"],
        "AIRFLOW_API_SECRET_KEY": secrets["api_secret_key"],
        "AIRFLOW_JWT_SECRET": secrets["jwt_secret"],
        "AIRFLOW_ADMIN_USER": ADMIN,
        "AIRFLOW_ADMIN_EMAIL": "admin@example.com",
        "AIRFLOW_ADMIN_PASSWORD": secrets["admin_password"],
        "AIRFLOW_PORT": str(place.airflow_port),
        "API_PORT": str(place.api_port),
        "WORKERS": str(place.workers),
        **place.variables,
    }


def to_this_machine(place: ClusterPlace) -> dict[str, str]:
    """What stands for what: names of containers and folders of the image, here."""
    here = place.directory
    return {
        "@postgres/": f"@{LOOPBACK}:{place.postgres_port}/",
        "@redis:6379": f"@{LOOPBACK}:{place.redis_port}",
        "http://api-server:8080": place.airflow_url,
        "/etc/loyalty-desk/stores.yaml": str(place.stores_file),
        "/opt/loyalty-desk": str(PROJECT_ROOT),
        "/opt/airflow": str(here / "airflow"),
        "/opt/venv/bin": str(Path(sys.executable).parent),
        "/var/log/airflow": str(place.log_dir / "airflow"),
        "/var/lib/loyalty-desk": str(here / "files"),
        "$PATH": caller_environment()["PATH"],
        "/tmp/matplotlib": str(here / "matplotlib"),  # noqa: S108 - a word of the Dockerfile
    }


def native_environment(service: Service, place: ClusterPlace) -> dict[str, str]:
    """A service's settings with the addresses and folders of this machine."""
    words = to_this_machine(place)
    environment = caller_environment()
    for name, value in service.environment.items():
        environment[name] = reduce(lambda text, word: text.replace(*word), words.items(), value)
    # The image is compiled already; here byte-code is made once and kept.
    del environment["PYTHONDONTWRITEBYTECODE"]
    return environment | {
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(place.health_port),
        "LOYALTY_DESK_SPEED": str(place.speed),
        **place.settings,
    }


def native_command(service: Service, place: ClusterPlace, number: int = 1) -> list[str]:
    """A service's command for this machine: one address, and a name for each worker."""
    words = {
        "0.0.0.0": LOOPBACK,  # noqa: S104 - replaced here
        "8080": str(place.airflow_port),
        "8090": str(place.api_port),
        "python": sys.executable,
    }
    command = [words.get(word, word) for word in service.command]
    if service.name in KEEPS_LOGS_IN_FILES:
        command.append("--skip-serve-logs")
    if service.name in WORKERS:
        command += ["--celery-hostname", f"{service.name}-{number}@%h"]
    return [*AIRFLOW, *command[1:]] if command[0] == "airflow" else command


def start_cluster(
    programs: Programs, supervisor: Supervisor, place: ClusterPlace, size: SandboxSize, say: Say
) -> Cluster:
    """Start sandboxes, servers and Airflow, and return when all of it is healthy."""
    secrets = cluster_secrets(place.directory)
    services = read_services(dot_env(place, secrets))
    environment = native_environment(services["worker"], place)
    for name in ("AIRFLOW_HOME", "LOYALTY_DESK_VAR_DIR", "MPLCONFIGDIR"):
        Path(environment[name]).mkdir(parents=True, exist_ok=True)
    (Path(environment["AIRFLOW_HOME"]) / "airflow.cfg").touch()  # as in the image

    say(f"starting {len(place.platforms)} sandboxes: {size.members:,} members each")
    sandbox_programs = {
        store: start_sandbox(
            programs, environment, replace(size, seed=size.seed + n), store=store, platform=platform
        )
        for n, (store, platform) in enumerate(place.platforms.items())
    }
    say("starting PostgreSQL and Redis")
    start_servers(supervisor, place, secrets)
    say("preparing the databases")
    initialise = services[RUNS_ONCE]
    programs.run(
        RUNS_ONCE,
        [str(PROJECT_ROOT / initialise.command[0])],
        native_environment(initialise, place),
        INITIALISE_LIMIT_S,
    )
    sandboxes = {
        store: read_sandbox_line(programs, program, SANDBOX_LIMIT_S)
        for store, program in sandbox_programs.items()
    }
    register_connections(place, sandboxes, environment)

    say(f"starting Airflow with {place.workers} Celery workers")
    keep_airflow(supervisor, place, services)
    api = AirflowApi(place.airflow_url, ADMIN, secrets["admin_password"])
    wait_until(
        supervisor, lambda: not api.find_unhealthy(), "the start of Airflow", HEALTHY_LIMIT_S
    )
    say("Airflow is healthy")
    staging_url = environment["LOYALTY_DESK_STAGING_URL"]
    password = secrets["admin_password"]
    return Cluster(place, supervisor, sandboxes, api, staging_url, environment, password)


def keep_airflow(
    supervisor: Supervisor, place: ClusterPlace, services: Mapping[str, Service]
) -> None:
    """Start every service of Airflow, as often as compose would."""
    for service in services.values():
        if service.name in HAS_OWN_STARTER:
            continue
        environment = native_environment(service, place)
        for number in range(1, service.replicas + 1):
            name = f"{service.name}-{number}" if service.replicas > 1 else service.name
            supervisor.keep(name, native_command(service, place, number), environment)


def cluster_secrets(directory: Path) -> dict[str, str]:
    """The secrets of a cluster: those of one machine, and the servers' passwords."""
    import secrets as source  # noqa: PLC0415 - the name is better used for what it gives

    path = directory / "secrets.json"
    found = read_or_make_secrets(path)
    names = ("postgres_password", "staging_password", "redis_password")
    if not set(names) <= set(found):
        found |= {name: source.token_hex(24) for name in names}
        write_private_json(path, found)
    return found


def start_servers(supervisor: Supervisor, place: ClusterPlace, secrets: Mapping[str, str]) -> None:
    """Start PostgreSQL, with the two databases in it, and Redis."""
    user = servers.server_user()
    databases = place.directory / "postgres" / "data"
    databases.parent.mkdir(parents=True, exist_ok=True)
    servers.make_postgres(databases, secrets["postgres_password"], user)
    environment = {**caller_environment(), "LC_ALL": "C.UTF-8"}
    supervisor.keep(
        "postgres",
        servers.postgres_command(databases, place.postgres_port),
        environment,
        user=user,
    )
    redis = servers.write_redis_settings(
        place.directory / "redis", place.redis_port, secrets["redis_password"]
    )
    supervisor.keep("redis", servers.redis_command(redis), environment)
    for name, ready in (
        ("postgres", partial(servers.takes_work, place.postgres_port)),
        ("redis", partial(servers.answers, place.redis_port)),
    ):
        wait_until(supervisor, ready, f"the start of {name}", 60)
    servers.make_databases(
        place.postgres_port, secrets["postgres_password"], secrets["staging_password"]
    )


def register_connections(
    place: ClusterPlace,
    sandboxes: Mapping[str, Mapping[str, Any]],
    environment: Mapping[str, str],
) -> None:
    """Write the connections to the sandboxes into Airflow's database, in the place of older."""
    found: dict[str, dict[str, str]] = {}
    for store, platform in place.platforms.items():
        found |= connections(sandboxes[store], store, platform)
    file = place.directory / "connections.json"  # not on the command line, others may read that
    write_private_json(file, found)
    try:
        done = subprocess.run(
            [*AIRFLOW, "connections", "import", "--overwrite", str(file)],
            env=dict(environment),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        file.unlink()
    if done.returncode:
        raise ProgramError(f"the connections could not be imported: {done.stderr[-500:]}")


def wait_until(
    supervisor: Supervisor, ready: Callable[[], object], what: str, limit_s: float
) -> None:
    """Call `ready` until it says yes; raises ProgramError when time is up."""
    if not look_until(ready, limit_s, supervisor.check):
        raise ProgramError(
            f"{what} took more than {limit_s:.0f} s; the logs are in {supervisor.log_dir}"
        )


def write_stores(path: Path, content: Mapping[str, Any]) -> Path:
    """Write a stores file; JSON is YAML too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return path
