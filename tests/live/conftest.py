from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.desk import running_desk
from scripts.services import SandboxSize
from tests.live.collector import running_collector
from tests.live.notifier import told_to
from tests.live.office import HASTY, LATE, STORE, Office

SPEED = 20.0
LATE_MINUTES = 0.25


@pytest.fixture(scope="package")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """All services once for the tests of this folder, after a first sync."""
    folder = tmp_path_factory.mktemp("live")
    alerts = {name: folder / f"alerts-{name}.jsonl" for name in (STORE, LATE)}
    store = {"platform": "rivo", "schedule": None, "budget": {"share": 1.0}}
    by_itself = {"approval_above_points": 100, "schedule": None}
    stores = {
        STORE: {**store, "awards": by_itself, "alerts": {"notifiers": [told_to(alerts[STORE])]}},
        HASTY: {
            **store,
            "platform_conn_id": f"rivo_{STORE}",
            "gorgias_conn_id": f"gorgias_{STORE}",
            "gorgias": {"card_key": HASTY},
            "awards": {**by_itself, "approval_hours": 0.003, "ticket_note": True},
        },
        LATE: {
            **store,
            "alerts": {
                "notifiers": [told_to(alerts[LATE])],
                "sync_late_after_minutes": LATE_MINUTES,
            },
        },
    }
    size = SandboxSize(members=260, customers=220, seed=7, speed=SPEED)
    own_sandboxes = dict.fromkeys((STORE, LATE), "rivo")
    with (
        running_collector() as collector,
        running_desk(
            folder / "live", stores, size, settings=collector.settings(), platforms=own_sandboxes
        ) as desk,
    ):
        desk.sync(STORE)
        yield Office(desk, alerts, collector)
