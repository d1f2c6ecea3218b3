from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.desk import running_desk
from scripts.services import SandboxSize
from tests.live.notifier import told_to
from tests.live.office import HASTY, STORE, Office

SPEED = 20.0


@pytest.fixture(scope="package")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """All services once for the tests of this folder, after a first sync."""
    folder = tmp_path_factory.mktemp("live")
    alerts = folder / "alerts.jsonl"
    notifier = told_to(alerts)
    store = {"platform": "rivo", "schedule": None, "budget": {"share": 1.0}}
    by_itself = {"approval_above_points": 100, "schedule": None, "ticket_note": True}
    stores = {
        STORE: {**store, "awards": by_itself, "alerts": {"notifiers": [notifier]}},
        HASTY: {
            **store,
            "platform_conn_id": f"rivo_{STORE}",
            "gorgias_conn_id": f"gorgias_{STORE}",
            "awards": {**by_itself, "approval_hours": 0.003},
        },
    }
    size = SandboxSize(members=260, customers=220, seed=7, speed=SPEED)
    with running_desk(folder / "live", stores, size) as desk:
        desk.sync(STORE)
        yield Office(desk, alerts)
