"""A sync has the schedules of its store go by the time zone of the Gorgias account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import text

from loyalty_desk.hooks.account_zones import VARIABLE
from sandbox.running import Sandbox
from tests.dags.schedules import timetable_of
from tests.flow.conftest import Syncer
from tests.flow.world import STORE
from tests.kept_zones import kept_zones, set_zones

pytestmark = pytest.mark.flow


@pytest.fixture
def account_in(sandbox: Sandbox, sync: Syncer) -> Iterator[Callable[[str], None]]:
    """Have the account in a zone; Airflow knows of another store's alone."""
    set_zones('{"other": "Asia/Tokyo"}')

    def move(zone: str) -> None:
        sandbox.control("gorgias", "POST", "switches", {"account_time_zone": zone})

    yield move
    move("UTC")
    set_zones(None)


def zone_of(sync: Syncer) -> str:
    dag: Any = sync.load_dag(f"mismatch_report__{STORE}")
    return str(timetable_of(dag)._timezone.name)


def test_schedules_follow_the_account_with_each_sync(
    sync: Syncer, account_in: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    account_in("Europe/Oslo")
    before = zone_of(sync)
    sync(dry_run=True)
    learned = zone_of(sync)
    account_in("America/New_York")
    sync.plain(dry_run=True)

    assert (before, learned, zone_of(sync)) == ("UTC", "Europe/Oslo", "America/New_York")
    assert kept_zones() == {"other": "Asia/Tokyo", STORE: "America/New_York"}
    assert "from now on: America/New_York, and by Europe/Oslo before" in caplog.text


def test_a_zone_in_the_stores_file_stays_and_nothing_is_kept(
    sync: Syncer, account_in: Callable[[str], None]
) -> None:
    account_in("Europe/Oslo")
    sync.world.settings["time_zone"] = "Europe/London"

    sync(dry_run=True)

    assert zone_of(sync) == "Europe/London"
    assert kept_zones() == {"other": "Asia/Tokyo"}


def test_what_cannot_be_read_is_not_written_anew_and_no_sync_fails_for_it(
    sync: Syncer, account_in: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    """As where the Variable was encrypted by a key that this Airflow does not have."""
    from airflow.utils.session import create_session

    account_in("Europe/Oslo")
    unreadable = "UPDATE variable SET val = 'of another key', is_encrypted = true WHERE key = :key"
    with create_session(scoped=False) as session:
        session.execute(text(unreadable), {"key": VARIABLE})

    sync(dry_run=True)

    with create_session(scoped=False) as session:
        found = session.execute(
            text("SELECT val FROM variable WHERE key = :key"), {"key": VARIABLE}
        )
        assert found.scalar() == "of another key"
    assert "cannot be kept in Airflow's Variable" in caplog.text
