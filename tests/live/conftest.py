from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from scripts.desk import running_desk
from scripts.services import SandboxSize
from tests.browser import WIDE, running_browser
from tests.chromium import log_in
from tests.live.collector import running_collector
from tests.live.notifier import told_to
from tests.live.office import HASTY, LATE, LIMIT_S, NEWCOMER, STORE, Office

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
        NEWCOMER: {
            "platform": "rivo",
            "schedule": None,
            "gorgias": {"card_key": NEWCOMER},
            "awards": {"schedule": None},
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


@pytest.fixture(scope="package")
def page(office: Office) -> Iterator[Page]:
    """A browser in which the admin has logged in to Airflow."""
    with running_browser() as browser:
        page = browser.new_page(viewport=WIDE)  # type: ignore[arg-type] # a plain mapping does
        page.set_default_timeout(LIMIT_S * 1000)
        page.goto(office.desk.place.airflow_url)
        log_in(page, office.desk.place.password)
        page.wait_for_url("**/")
        yield page
