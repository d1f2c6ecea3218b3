"""Alerts about thresholds, by a real notifier: one when crossed, one when that is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import NotToldError
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import Subject
from loyalty_desk.records import RunState
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import mismatch_schema
from loyalty_desk.staging.run_record import finish_run, start_run
from loyalty_desk.tasks.thresholds import alert_thresholds
from tests.factories import STORE
from tests.http.api_client import forget_settings
from tests.http.mailbox import TELLER, TOLD

Alert = Callable[..., dict[str, list[str]]]
ABOVE_ONE = {"alert_above": {"customer_not_found": 1}}
FAILING = {"notifier": "tests.http.mailbox.Failing", "arguments": {}}


@pytest.fixture
def alert(
    staging_url: str, staging: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Alert]:
    """Look at the thresholds, with those settings of `reports`."""
    stores = tmp_path / "stores.yaml"
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    TOLD.clear()

    def run(reports: dict[str, Any], *, notifier: Any = TELLER) -> dict[str, list[str]]:
        settings = {"platform": "rivo", "reports": reports, "alerts": {"notifiers": [notifier]}}
        stores.write_text(yaml.safe_dump({"stores": {STORE: settings}}), encoding="utf-8")
        forget_settings()
        return alert_thresholds(STORE)

    yield run
    forget_settings()


def open_mismatches(engine: Engine, *customer_ids: int) -> None:
    with engine.begin() as connection:
        connection.execute(mismatch_schema.mismatches.delete())
        for customer_id in customer_ids:
            connection.execute(
                mismatch_schema.mismatches.insert().values(
                    store=STORE,
                    side="customer",
                    subject_id=str(customer_id),
                    outcome="customer_not_found",
                    opened_at_utc=utc_text(utc_now()),
                    returned=0,
                )
            )


def subjects() -> list[str]:
    return [subject for subject, _ in TOLD]


def test_a_threshold_is_told_of_once_and_so_is_its_end(alert: Alert, staging: Engine) -> None:
    open_mismatches(staging, 1)
    assert alert(ABOVE_ONE) == {"crossed": [], "cleared": []}
    open_mismatches(staging, 1, 2)

    assert alert(ABOVE_ONE)["crossed"] == ["customer_not_found"]
    assert alert(ABOVE_ONE)["crossed"] == []
    assert subjects() == ["Loyalty of acme: over a threshold"]
    assert "Wrote to us, not a member: 2 are open, the threshold is 1." in TOLD[0][1]

    open_mismatches(staging, 1)
    assert alert(ABOVE_ONE)["cleared"] == ["customer_not_found"]
    assert alert(ABOVE_ONE)["cleared"] == []
    open_mismatches(staging, 1, 2, 3)
    alert(ABOVE_ONE)
    assert subjects()[1:] == ["Loyalty of acme: all clear", "Loyalty of acme: over a threshold"]


def test_what_is_ignored_crosses_no_threshold(alert: Alert, staging: Engine) -> None:
    open_mismatches(staging, 1, 2)
    with staging.begin() as connection:
        one = [Subject("customer", "1")]
        decisions.ignore(connection, STORE, one, "ada", utc_now(), reason="tests", until=None)

    assert alert(ABOVE_ONE)["crossed"] == []


def test_data_that_is_too_old_is_told_of(alert: Alert, staging: Engine) -> None:
    old = utc_now() - timedelta(hours=5)
    with staging.begin() as connection:
        start_run(connection, STORE, "r1", {}, old)
        finish_run(connection, STORE, "r1", RunState.SUCCEEDED, None, old)

    assert alert({"alert_data_older_than_hours": 6})["crossed"] == []
    assert alert({"alert_data_older_than_hours": 4})["crossed"] == ["data_age"]
    assert "Age of the data: 5.0 hours, the threshold is 4." in TOLD[0][1]


def test_what_could_not_be_told_is_told_the_next_time(alert: Alert, staging: Engine) -> None:
    open_mismatches(staging, 1, 2)
    with pytest.raises(NotToldError, match=r"alerts\.notifiers\.0 .*Failing\): RuntimeError$"):
        alert(ABOVE_ONE, notifier=FAILING)
    assert alert(ABOVE_ONE)["crossed"] == ["customer_not_found"]
    assert len(TOLD) == 1


def test_a_threshold_of_what_needs_nobody_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"alert_above.*not_a_member"):
        StoreSettings.model_validate(
            {"name": "acme", "platform": "rivo", "reports": {"alert_above": {"not_a_member": 1}}}
        )
