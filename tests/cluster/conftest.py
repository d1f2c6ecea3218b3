from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.services import SandboxSize
from tests.cluster.shops import Shops, synced_shops

HERE = Path(__file__).parent
SIZE = SandboxSize(members=500, customers=440, seed=5, speed=10.0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder needs a cluster."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def statsd() -> Iterator[socket.socket]:
    """Where StatsD's packets arrive."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        receiver.settimeout(0.2)
        yield receiver


@pytest.fixture(scope="session")
def shops(statsd: socket.socket) -> Iterator[Shops]:
    """Two shops with metrics, on one cluster for all tests but those that measure a rate."""
    metrics = {
        "METRICS_STATSD": "True",
        "STATSD_HOST": "127.0.0.1",
        "STATSD_PORT": str(statsd.getsockname()[1]),
    }
    with synced_shops("shops", 2, SIZE, variables=metrics) as found:
        yield found
