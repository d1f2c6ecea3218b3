"""A running sandbox for the tests, put back to its first state before each of them."""

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.running import Sandbox, running_sandbox
from tests.sandbox.calls import CUSTOMERS, MEMBERS, SEED, Call, gorgias_caller, rivo_caller
from tests.sandbox.receiver import Receiver, receiving


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
    running.control("rivo", "POST", "reset")
    everything = dict.fromkeys(("counters", "faults", "buckets", "data"), True)
    running.control("gorgias", "POST", "reset", everything)
    return running


@pytest.fixture
def sandbox(started: Sandbox, first_switches: dict[str, Any]) -> Sandbox:
    return put_back(started, first_switches)


@pytest.fixture
def slow(started_slow: Sandbox, first_switches: dict[str, Any]) -> Sandbox:
    return put_back(started_slow, first_switches)


@pytest.fixture
def gorgias(sandbox: Sandbox) -> Call:
    return gorgias_caller(sandbox)


@pytest.fixture
def rivo(sandbox: Sandbox) -> Call:
    return rivo_caller(sandbox)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening
