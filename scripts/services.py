"""The services of one machine: the sandbox and Airflow, with their settings.

Everything they write goes below `var/`: `var/demo` is emptied at each start, `var/up` is kept.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from loyalty_desk.settings.stores_file import installation, read_stores
from scripts import preload
from scripts.airflow_api import AirflowApi
from scripts.processes import Program, ProgramError, Programs
from scripts.secret_files import read_or_make_secrets, write_private_json

PROJECT_ROOT = Path(__file__).resolve().parents[1]
VAR_DIR = PROJECT_ROOT / "var"
LOOPBACK = "127.0.0.1"
ADMIN = "admin"
STORE = "demo"
AIRFLOW = (sys.executable, "-m", "airflow")
# Log servers would listen on every address; here the logs are files that the api-server reads.
AIRFLOW_SERVICES: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}

Say = Callable[[str], None]


PARALLELISM = 5
"""Tasks at once on this machine."""
DAG_LIMIT_S = 120.0
SANDBOX_LIMIT_S = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSize:
    """What the sandbox holds. `speed` divides every wait and rate window, there and in the sync.

    `allowance` is how many times the requests of a real account its Gorgias lets in.
    """

    members: int
    customers: int
    seed: int = 1
    speed: float = 1.0
    allowance: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One installation: where it keeps its files, where Airflow listens, how to log in.

    With `runs_on_schedule` false a DAG runs only when it is started by hand. `preloads` are the
    modules that tasks find imported. Without a `stores_file` it is that of the project, without an
    `own_staging_url` staging is a SQLite file in `directory`. `platforms` are the stores that get a
    sandbox each, with the platform of each.
    """

    directory: Path
    airflow_port: int
    password: str
    runs_on_schedule: bool = True
    preloads: tuple[str, ...] = preload.LIBRARIES
    stores_file: Path | None = None
    own_staging_url: str | None = None
    platforms: Mapping[str, str] = field(default_factory=lambda: {STORE: "rivo"})
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further environment variables of Airflow, such as those of its metrics."""

    @property
    def airflow_url(self) -> str:
        return f"http://{LOOPBACK}:{self.airflow_port}"

    @property
    def staging_path(self) -> Path:
        return self.directory / "staging" / "loyalty_desk.db"

    @property
    def staging_url(self) -> str:
        return self.own_staging_url or f"sqlite:///{self.staging_path}"

    @property
    def log_dir(self) -> Path:
        return VAR_DIR / "log" / self.directory.name


@dataclass(frozen=True, slots=True)
class Services:
    """The running services: where they listen and how to reach them."""

    place: Place
    sandboxes: Mapping[str, dict[str, Any]]
    """The ready line of each store's sandbox."""
    api: AirflowApi
    environment: Mapping[str, str]
    """What the services run with, for commands beside them."""

    @property
    def sandbox(self) -> dict[str, Any]:
        """The ready line of the first store's sandbox."""
        return next(iter(self.sandboxes.values()))


def find_free_port(wanted: int = 0) -> int:
    """Return the wanted port if nobody listens there, else any free one of this machine."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # As servers do: a port whose last connections are only fading out counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ProgramError("this machine has no free port")


@contextlib.contextmanager
def hold_alone(path: Path, otherwise: str) -> Iterator[None]:
    """Hold a lock file; raises ProgramError with `otherwise` when another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ProgramError(otherwise) from None
        yield


def airflow_settings(place: Place, made_secrets: Mapping[str, str]) -> dict[str, str]:
    """Return Airflow's settings as environment variables: one machine, SQLite, loopback only."""
    home = place.directory / "airflow"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(PARALLELISM),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__CORE__FERNET_KEY": made_secrets["fernet_key"],
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{ADMIN}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{place.airflow_url}/execution/",
        # The default asks a name server, which a machine without one answers after seconds.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}?timeout=30",
        # `db migrate` has just run, and each service would look again for seconds.
        "AIRFLOW__DATABASE__CHECK_MIGRATIONS": "False",
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(place.airflow_port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": place.airflow_url,
        "AIRFLOW__API__SECRET_KEY": made_secrets["api_secret_key"],
        "AIRFLOW__API_AUTH__JWT_SECRET": made_secrets["jwt_secret"],
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": str(place.runs_on_schedule),
        # After a task's end its worker may sleep until the next heartbeat before it takes another.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "15",
        "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
    }


def caller_environment() -> dict[str, str]:
    """Return what every program gets from whoever starts it: what is not about Airflow or us."""
    environment = {
        # A newcomer's own Airflow or staging settings must not leak into this installation.
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "LOYALTY_DESK_"))
        and name not in {"PYTHONDONTWRITEBYTECODE", "PYTHONHOME"}
    }
    proxy_exceptions = f"{LOOPBACK},localhost," + os.environ.get("NO_PROXY", "")
    return environment | {
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
        "NO_PROXY": proxy_exceptions,
        "no_proxy": proxy_exceptions,
        "GX_ANALYTICS_ENABLED": "False",
    }


def base_environment(place: Place, speed: float) -> dict[str, str]:
    """Return what every program gets: the caller's environment and where our own files are."""
    own = {"LOYALTY_DESK_STORES_FILE": str(place.stores_file)} if place.stores_file else {}
    return (
        caller_environment()
        | own
        | {
            "PYTHONPATH": os.pathsep.join((str(PROJECT_ROOT / "plugins"), str(PROJECT_ROOT))),
            "PYTHONUNBUFFERED": "1",
            "LOYALTY_DESK_VAR_DIR": str(place.directory),
            "LOYALTY_DESK_STAGING_URL": place.staging_url,
            "LOYALTY_DESK_SPEED": str(speed),
        }
    )


def connections(
    sandbox: Mapping[str, Any], store: str = STORE, platform: str = "rivo"
) -> dict[str, dict[str, str]]:
    """Return the Airflow connections to a sandbox by their id, in Airflow's JSON form."""
    gorgias, loyalty = sandbox["gorgias"], sandbox[platform]
    extra = {key: loyalty[key] for key in ("webhook_secret",) if key in loyalty}
    return {
        f"gorgias_{store}": {
            "conn_type": "gorgias",
            "description": f"The sandbox's Gorgias account, for the store {store}",
            "host": gorgias["url"],
            "login": gorgias["email"],
            "password": gorgias["api_key"],
        },
        f"{platform}_{store}": {
            "conn_type": platform,
            "description": f"The sandbox's programme, for the store {store}",
            "host": loyalty["url"],
            "password": loyalty["api_key"],
            "extra": json.dumps(extra),
        },
    }


def own_connection(place: Place) -> dict[str, str]:
    """Return the connection to this Airflow itself, by which a task can pause DAGs."""
    fields = {
        "conn_type": "http",
        "host": place.airflow_url,
        "login": ADMIN,
        "password": place.password,
    }
    return {"AIRFLOW_CONN_LOYALTY_DESK_AIRFLOW": json.dumps(fields)}


def start_services(programs: Programs, place: Place, size: SandboxSize, say: Say) -> Services:
    """Start a sandbox for each store, and Airflow, and return when all of it is healthy."""
    made_secrets = read_or_make_secrets(VAR_DIR / "secrets.json")
    base = base_environment(place, size.speed)
    airflow = base | airflow_settings(place, made_secrets) | dict(place.settings)
    for directory in (place.staging_path.parent, Path(airflow["AIRFLOW_HOME"])):
        directory.mkdir(parents=True, exist_ok=True)
    write_private_json(
        Path(airflow["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]), {ADMIN: place.password}
    )

    preload.write_hook(Path(airflow["AIRFLOW_HOME"]), place.preloads)
    for store, platform in place.platforms.items():
        what = f"{size.members:,} members, {size.customers:,} customers"
        say(f"starting the sandbox of {store}, on {platform}: {what}")
    sandbox_programs = {
        store: start_sandbox(
            programs, base, replace(size, seed=size.seed + number), store=store, platform=platform
        )
        for number, (store, platform) in enumerate(place.platforms.items())
    }
    say("preparing the databases")
    _migrate(programs, airflow, Path(airflow["AIRFLOW_HOME"]) / "airflow.db")
    sandboxes = {
        store: read_sandbox_line(programs, program, SANDBOX_LIMIT_S)
        for store, program in sandbox_programs.items()
    }

    say("starting Airflow")
    environment = airflow | own_connection(place)
    api = start_airflow(programs, place, environment, sandboxes)
    make_pools(api, place)
    say("Airflow is healthy")
    return Services(place, sandboxes, api, environment)


def start_airflow(
    programs: Programs,
    place: Place,
    environment: Mapping[str, str],
    sandboxes: Mapping[str, Mapping[str, Any]],
) -> AirflowApi:
    """Start Airflow and give it the connections to the sandboxes; returns its API.

    The scheduler comes last: a task that it starts before they are there fails by it.
    """
    commands = {name: (*AIRFLOW, *command) for name, command in AIRFLOW_SERVICES.items()}
    scheduler = commands.pop("scheduler")
    for name, command in commands.items():
        programs.start(name, command, environment)
    api = AirflowApi(place.airflow_url, ADMIN, place.password)
    programs.wait_until(
        lambda: "api-server" not in api.find_unhealthy(), "the start of Airflow's API", 120
    )
    for store, platform in place.platforms.items():
        for conn_id, fields in connections(sandboxes[store], store, platform).items():
            api.set_connection(conn_id, fields)
    programs.start("scheduler", scheduler, environment)
    programs.wait_until(lambda: not api.find_unhealthy(), "the start of Airflow", 120)
    return api


def make_pools(api: AirflowApi, place: Place) -> None:
    """Make the pools of the queues; that of syncs leaves one of this machine's workers free."""
    queues = read_stores(place.stores_file or installation().stores_file).queues
    for queue, most in ((queues.awards, PARALLELISM), (queues.syncs, PARALLELISM - 1)):
        if queue.pool is not None:
            api.set_pool(queue.pool, min(queue.slots, most))


def wait_for_dag(programs: Programs, api: AirflowApi, dag_id: str) -> None:
    """Wait until Airflow knows a DAG; raises ProgramError when a DAG file cannot be loaded."""

    def is_known() -> bool:
        if api.find_dag(dag_id) is not None:
            return True
        errors = api.import_errors()
        if errors:
            raise ProgramError(f"Airflow cannot load a DAG: {errors[0]}")
        return False

    programs.wait_until(is_known, f"finding the DAG {dag_id}", DAG_LIMIT_S)


def start_sandbox(
    programs: Programs,
    environment: Mapping[str, str],
    size: SandboxSize,
    *,
    store: str = STORE,
    platform: str = "rivo",
) -> Program:
    """Start one store's sandbox. Rivo's API is always there, to look at the programme by."""
    platforms = dict.fromkeys((platform, "rivo"))
    numbers = {
        "--members": size.members,
        "--customers": size.customers,
        "--seed": size.seed,
        "--gorgias-port": 0,
        "--speed": size.speed,
        "--allowance": size.allowance,
        "--platforms": ",".join(platforms),
    }
    command = [sys.executable, "-m", "sandbox"]
    command += [str(word) for pair in numbers.items() for word in pair]
    name = "sandbox" if store == STORE else f"sandbox-{store}"
    return programs.start(name, command, environment, read_output=True)


def read_sandbox_line(programs: Programs, sandbox: Program, limit_s: float = 60) -> dict[str, Any]:
    output = sandbox.process.stdout
    if output is None:
        raise ProgramError("the sandbox was started without its output")
    ends_at = time.monotonic() + limit_s
    while not select.select([output], [], [], 0.2)[0]:
        programs.check()
        if time.monotonic() > ends_at:
            raise ProgramError(f"the sandbox did not start; its log is {sandbox.log_path}")
    line = output.readline()
    if not line:
        sandbox.process.wait(timeout=5)
        raise ProgramError(sandbox.describe_end())
    found: dict[str, Any] = json.loads(line)
    return found


def _migrate(programs: Programs, environment: Mapping[str, str], airflow_db: Path) -> None:
    """Bring both databases to the newest schema, at the same time: each is one core's work."""
    airflow = programs.start("airflow-db-migrate", (*AIRFLOW, "db", "migrate"), environment)
    command = (sys.executable, "-m", "loyalty_desk", "migrate")
    staging = programs.start("staging-migrate", command, environment)
    programs.wait_for_end(staging, 120)
    programs.wait_for_end(airflow, 120)
    with sqlite3.connect(airflow_db) as database:
        # Readers and the writer no longer wait for each other; the file remembers the setting.
        database.execute("PRAGMA journal_mode=WAL")
    database.close()
