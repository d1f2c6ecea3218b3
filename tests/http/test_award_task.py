"""What a run does with the awards of a store, as its tasks call it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine

from loyalty_desk.awards.queue import get_award
from loyalty_desk.clock import utc_now
from loyalty_desk.errors import PlatformOutageError
from loyalty_desk.tasks import awards as award_tasks
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.api_client import forget_settings
from tests.http.test_award_apply import award, spoil
from tests.sql.test_awards import queue, request


@pytest.fixture(autouse=True)
def installed(
    sandbox: Sandbox,
    staging_url: str,
    tmp_path: Path,
    set_connection: SetConnection,
    monkeypatch: pytest.MonkeyPatch,
    at_speed: None,
) -> Iterator[None]:
    """An installation with one store, whose services are the sandbox."""
    stores = tmp_path / "stores.yaml"
    stores.write_text(yaml.safe_dump({"stores": {STORE: {"platform": "rivo"}}}), encoding="utf-8")
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    gorgias = sandbox.gorgias
    set_connection(f"rivo_{STORE}", host=sandbox.rivo_url, password=sandbox.rivo["api_key"])
    set_connection(
        f"gorgias_{STORE}", host=gorgias["url"], login=gorgias["email"], password=gorgias["api_key"]
    )
    forget_settings()
    yield
    forget_settings()


def test_a_run_in_an_outage_asks_and_rejects_all_the_same_and_ends_as_failed(
    staging: Engine, sandbox: Sandbox
) -> None:
    due = award(staging, email="mira@shop.example")
    above = {"approval_above_points": 100}
    waits = queue(staging, request("150", idempotency_key="w"), utc_now(), **above).award_id
    long_ago = utc_now() - timedelta(days=3)
    late = queue(staging, request("151", idempotency_key="l"), long_ago, **above).award_id
    spoil(sandbox, "status", status=503, method="GET", count=100)

    to_ask, outage = award_tasks.apply_and_ask(STORE, "run")

    with staging.connect() as connection:
        states = [get_award(connection, STORE, one).state for one in (due, waits, late)]
    assert states == ["queued", "needs_approval", "rejected"]
    assert to_ask == [waits]
    with pytest.raises(PlatformOutageError, match="Rivo gave no usable answer"):
        award_tasks.raise_outage(outage)
