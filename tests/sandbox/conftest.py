"""A running sandbox for the tests, put back to its first state before each of them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.running import Sandbox, running_sandbox

MEMBERS = CUSTOMERS = 3000
SEED = 7

Call = Callable[..., requests.Response]


@pytest.fixture(scope="session")
def started() -> Iterator[Sandbox]:
    """A sandbox whose windows pass a thousand times too fast to be met."""
    with running_sandbox(members=MEMBERS, customers=CUSTOMERS, seed=SEED, speed=1000) as running:
        yield running


@pytest.fixture(scope="session")
def started_slow() -> Iterator[Sandbox]:
    """A sandbox in which limits are met: two sandbox seconds in a real one."""
    with running_sandbox(members=50, customers=50, seed=SEED, speed=2) as running:
        yield running


@pytest.fixture(scope="session")
def first_switches(started: Sandbox) -> dict[str, Any]:
    switches: dict[str, Any] = started.control("gorgias", "GET", "switches")
    return switches


def put_back(running: Sandbox, switches: dict[str, Any]) -> Sandbox:
    running.control("gorgias", "POST", "switches", switches)
    everything = dict.fromkeys(("counters", "faults", "buckets", "data"), True)
    for server in ("gorgias", "rivo"):
        running.control(server, "POST", "reset", everything)
    return running


@pytest.fixture
def sandbox(started: Sandbox, first_switches: dict[str, Any]) -> Sandbox:
    return put_back(started, first_switches)


@pytest.fixture
def slow(started_slow: Sandbox, first_switches: dict[str, Any]) -> Sandbox:
    return put_back(started_slow, first_switches)


def gorgias_caller(running: Sandbox) -> Call:
    session = requests.Session()
    session.auth = (running.gorgias["email"], running.gorgias["api_key"])

    def call(method: str, path: str, **options: Any) -> requests.Response:
        url = f"{running.gorgias_url}/api{path}"
        return session.request(method, url, timeout=10, allow_redirects=False, **options)

    return call


def rivo_caller(running: Sandbox) -> Call:
    session = requests.Session()
    session.headers["Authorization"] = running.rivo["api_key"]

    def call(method: str, path: str, **options: Any) -> requests.Response:
        return session.request(method, running.rivo_url + path, timeout=10, **options)

    return call


@pytest.fixture
def gorgias(sandbox: Sandbox) -> Call:
    return gorgias_caller(sandbox)


@pytest.fixture
def rivo(sandbox: Sandbox) -> Call:
    return rivo_caller(sandbox)


def customers_of(running: Sandbox, **wanted: Any) -> list[dict[str, Any]]:
    """Return the customers, whole, whose fields have the wanted values."""
    rows = running.control("gorgias", "GET", f"customers?limit={CUSTOMERS}")["data"]
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def members_of(running: Sandbox, **wanted: Any) -> list[dict[str, Any]]:
    """Return the members whose attributes have the wanted values."""
    rows = running.control("rivo", "GET", f"members?limit={MEMBERS}")["data"]
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]
