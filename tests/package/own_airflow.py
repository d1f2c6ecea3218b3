"""What somebody does who has an Airflow already, from a bare Python: `make package-test`.

Builds the wheel, makes an environment with the versions of a managed Airflow, installs the wheel
into it, writes the DAG file of three lines, adds connections by Airflow's command, and has the
scheduler run a sync against the sandbox. Then every card is held against what is worked out by
other means, and Airflow is asked what it knows of us. Needs no package but what it installs.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import ProxyHandler, build_opener

from scripts.waiting import look_until
from tests.package.environment import (
    ROOT,
    build_wheel,
    clean_environment,
    install_uv,
    make_environment,
    run,
    say,
)

T = TypeVar("T")

SYNC = "loyalty_sync__demo"
SPEED = "40"
DAG_FILE = '''"""Loyalty Desk in this Airflow."""

from loyalty_desk.orchestration import dags

dags.make(globals())
'''
STORES_FILE = "stores: {demo: {platform: rivo, schedule: null}}\n"
WAIT_S = 900.0
NO_PROXY = build_opener(ProxyHandler({}))


@dataclass(frozen=True)
class Installation:
    """An Airflow in a folder of its own, with our wheel beside it."""

    home: Path
    programs: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        """No folder of plugins, no PYTHONPATH: what is found is found by the wheel."""
        address = f"http://127.0.0.1:{self.port}"
        return {
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
            "NO_PROXY": "127.0.0.1,localhost",
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home}/airflow.db?timeout=60",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "15",
            "LOYALTY_DESK_SPEED": SPEED,
        }

    def call(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command as its user would, in the home folder."""
        program = self.programs / command[0]
        return run([program, *command[1:]], cwd=self.home, more=self.environment, check=check)

    def answer(self, path: str) -> tuple[int, str]:
        with NO_PROXY.open(f"http://127.0.0.1:{self.port}{path}", timeout=30) as found:
            return found.status, found.read().decode()


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="loyalty-desk-package-") as name:
        folder = Path(name)
        uv = install_uv(folder)
        wheel = build_wheel(uv, folder)
        say(f"{wheel.name} has {wheel.stat().st_size / 1e6:.1f} MB")
        pins = ROOT / "tests" / "package" / "managed.txt"
        programs = make_environment(uv, folder / "venv", ["-r", pins])
        say("there is an Airflow as a managed service has it")
        constraints = folder / "constraints.txt"
        constraints.write_text(run([uv, "pip", "freeze", "--python", programs / "python"]).stdout)
        python = programs / "python"
        run([uv, "pip", "install", "--quiet", "--python", python, "-c", constraints, wheel])
        say("the wheel is installed with that Airflow's own versions as constraints")
        with sandbox(programs, folder) as ready:
            try_it(Installation(folder / "home", programs, free_port()), ready)
    say("done")
    return 0


def try_it(airflow: Installation, ready: str) -> None:
    """The steps of docs/production.md, then what came of them."""
    (airflow.home / "dags").mkdir(parents=True)
    (airflow.home / "dags" / "loyalty.py").write_text(DAG_FILE, encoding="utf-8")
    (airflow.home / "include").mkdir()
    (airflow.home / "include" / "stores.yaml").write_text(STORES_FILE, encoding="utf-8")
    airflow.call("airflow", "db", "migrate")
    airflow.call("loyalty-desk", "migrate")
    add_connections(airflow, json.loads(ready))
    say("migrated; the connections are added, and their tests say that they work")
    providers = airflow.call("airflow", "providers", "list").stdout
    assert "loyalty-desk" in providers, "Airflow does not know the provider"
    with services(airflow):
        until("a DAG", lambda: is_known(airflow))
        assert airflow.answer("/loyalty/api/v1/ready")[0] == 200, "the plugin does not answer"
        say("the scheduler knows the DAGs; the API of the plugin answers")
        airflow.call("airflow", "dags", "unpause", SYNC)
        airflow.call("airflow", "dags", "trigger", SYNC)
        state = until("the end of the sync", lambda: end_of_run(airflow))
        say(f"the scheduler ran a sync: {state}")
    told = run([airflow.programs / "python", "-m", "tests.package.cards", ready], check=False)
    say(told.stdout.strip())
    if state != "success" or told.returncode != 0:
        sys.exit(f"the sync did not do its work\n{told.stderr[-3000:]}")
    assert (airflow.home / "var" / "reports" / "demo" / "latest.html").is_file(), "no report"


def add_connections(airflow: Installation, ready: dict[str, Any]) -> None:
    """By the types that the provider declares, and see that Airflow's test of them works."""
    gorgias, rivo = ready["gorgias"], ready["rivo"]
    add = ("airflow", "connections", "add")
    airflow.call(
        *(*add, "gorgias_demo", "--conn-type", "gorgias"),
        *("--conn-host", gorgias["url"], "--conn-login", gorgias["email"]),
        *("--conn-password", gorgias["api_key"]),
    )
    airflow.call(
        *(*add, "rivo_demo", "--conn-type", "rivo"),
        *("--conn-host", rivo["url"], "--conn-password", rivo["api_key"]),
    )
    for conn_id in ("gorgias_demo", "rivo_demo"):
        told = airflow.call("airflow", "connections", "test", conn_id, check=False)
        if told.returncode != 0 or "Connection success" not in told.stdout:
            sys.exit(f"the test of {conn_id} failed\n{told.stdout[-2000:]}{told.stderr[-2000:]}")


def is_known(airflow: Installation) -> bool:
    listed = airflow.call("airflow", "dags", "list", "--output", "json", check=False)
    return listed.returncode == 0 and SYNC in listed.stdout


def end_of_run(airflow: Installation) -> str:
    listed = airflow.call("airflow", "dags", "list-runs", SYNC, "--output", "json").stdout
    told = re.search(r"^\[(\{.*\}|)\]$", listed, re.MULTILINE | re.DOTALL)  # and lines of logs
    runs = json.loads(told[0]) if told else []
    return next((one["state"] for one in runs if one["state"] in {"success", "failed"}), "")


def until(what: str, find: Callable[[], T]) -> T:
    """Ask until there is an answer."""
    found = look_until(find, WAIT_S, pace_s=(1.0, 5.0))
    return found or sys.exit(f"{what} did not come within {WAIT_S:.0f} s")


@contextmanager
def sandbox(programs: Path, folder: Path) -> Iterator[str]:
    """A sandbox on this machine; yields its ready line."""
    command = [programs / "python", "-m", "sandbox", "--members", "300", "--customers", "250"]
    with program([*command, "--seed", "5", "--speed", SPEED], folder, "sandbox", cwd=ROOT) as log:
        yield until("the sandbox", lambda: ready_line(log))


def ready_line(log: Path) -> str:
    lines = (line for line in log.read_text("utf-8").splitlines(keepends=True))
    return next((line for line in lines if line.startswith("{") and line.endswith("\n")), "")


@contextmanager
def services(airflow: Installation) -> Iterator[None]:
    command = [airflow.programs / "airflow", "standalone"]
    with program(command, airflow.home, "airflow", more=airflow.environment) as log:
        try:
            yield
        except BaseException:
            print(log.read_text("utf-8", errors="replace")[-6000:])
            raise


@contextmanager
def program(
    command: list[str | Path],
    folder: Path,
    name: str,
    *,
    cwd: Path | None = None,
    more: dict[str, str] | None = None,
) -> Iterator[Path]:
    """A program in a process group of its own, which ends with the block; yields its log."""
    log = folder / f"{name}.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            cwd=cwd or folder,
            env=clean_environment() | (more or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield log
        finally:
            end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(30)
    with suppress(ProcessLookupError):  # what it started and left behind
        os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
