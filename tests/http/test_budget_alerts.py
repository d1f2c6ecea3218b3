"""Alerts about a month's budget, by a real notifier: one at 80 percent, one at 100, once each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.tasks.retention import keep_house
from loyalty_desk.tasks.thresholds import alert_thresholds
from tests.factories import STORE
from tests.http.api_client import forget_settings
from tests.http.mailbox import TELLER, TOLD
from tests.sql.award_rows import applied, put

Spend = Callable[[int], list[str]]


@pytest.fixture
def spend(
    staging_url: str, staging: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Spend]:
    """Award so much credit now, look at the thresholds; returns the subjects of what was told."""
    stores = tmp_path / "stores.yaml"
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path / "var"))
    settings = {
        "platform": "rivo",
        "currency": "EUR",
        "goodwill": {"point_value": 0.01, "budget_per_month": 100},
        "alerts": {"notifiers": [TELLER]},
        "retention": {"run_days": 1},
    }
    stores.write_text(yaml.safe_dump({"stores": {STORE: settings}}), encoding="utf-8")
    forget_settings()

    def run(euros: int) -> list[str]:
        TOLD.clear()
        now = utc_text(utc_now() - timedelta(seconds=1))
        row = applied(f"a{now}", unit="credits", amount=euros * 100, settled_at_utc=now)
        put(staging, row)
        alert_thresholds(STORE)
        return [subject for subject, _ in TOLD]

    yield run
    forget_settings()


def test_each_line_is_told_once_a_month(spend: Spend) -> None:
    assert spend(79) == []
    [first] = spend(1)
    assert "80% of the goodwill budget is spent" in first
    assert spend(0) == []
    [second] = spend(40)
    assert "100% of the goodwill budget is spent" in second
    assert (spend(0), spend(-30), spend(50)) == ([], [], [])


def test_who_spends_all_at_once_is_told_once(spend: Spend) -> None:
    [only] = spend(250)
    assert "100% of" in only
    assert spend(-160) != [], "and of 80 percent when it is so"


def test_housekeeping_does_not_have_it_told_again(spend: Spend, staging: Engine) -> None:
    assert len(spend(90)) == 1
    with staging.begin() as connection:
        moved = utc_text(max(utc_now() - timedelta(days=2), utc_now().replace(day=1, hour=0)))
        connection.exec_driver_sql(f"UPDATE owed_alerts SET made_at_utc = '{moved}'")
        connection.exec_driver_sql(
            f"UPDATE tellings SET told_at_utc = '{moved}', claimed_until_utc = NULL"
        )
    keep_house(STORE)

    assert spend(0) == []
