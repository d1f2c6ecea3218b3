"""A sync with both services on IPv6."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loyalty_desk.records import RunState
from sandbox.running import Sandbox, running_sandbox
from tests.flow.conftest import Syncer
from tests.flow.world import SPEED, World

pytestmark = pytest.mark.flow


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(members=40, customers=30, seed=7, speed=SPEED, host="::1") as sandbox:
        yield sandbox


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)
def test_a_store_whose_services_are_on_ipv6_is_synced(world: World, sync: Syncer) -> None:
    assert "[::1]" in world.sandbox.gorgias_url

    record = sync.plain()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert record.pushed > 20
    assert world.wrong_cards() == []
