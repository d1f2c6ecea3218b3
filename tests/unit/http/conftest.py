"""A server that answers as told, and a transport to it whose waits are recorded, not slept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loyalty_desk.http.transport import Transport
from tests.scripted import ScriptedServer
from tests.unit.http.recording import RecordingGate, make


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def gate() -> RecordingGate:
    return RecordingGate()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def transport(server: ScriptedServer, gate: RecordingGate, waits: list[float]) -> Transport:
    return make(server.url, gate, waits)
