"""The probe keeps what the account answers, and leaves nobody behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.settings.stores_file import stores_file
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.store_state import StateKey, find_state
from loyalty_desk.staging.stores import in_force
from sandbox.gorgias.access import APP_ID
from sandbox.running import Sandbox
from tests.factories import STORE
from tests.http.connect.account import Desk, Gorgias, set_store


def probed(staging: Engine) -> dict[str, Any]:
    """The settings of section `gorgias` that the probe has changed."""
    written, found = stores_file().get(STORE).gorgias, in_force(stores_file().get(STORE), staging)
    return {
        key: value
        for key, value in found.gorgias.model_dump().items()
        if value != getattr(written, key)
    }


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({}, {}),
        ({"data_landing_place": "external_data"}, {"app_id": APP_ID}),
        ({"custom_field_null_clears": False}, {"clear_field_with": "delete"}),
        ({"custom_field_bulk_replaces": False}, {"field_writes": "merge"}),
        ({"custom_field_single_put_body": "object"}, {"field_value_body": "object"}),
        ({"field_write_event_type": "customer-updated"}, {"field_edits_leave_events": True}),
        ({"data_visible_after_s": 3.0}, {}),
        ({"data_landing_place": "refuse_api_key"}, {"widget_reads": "integration"}),
    ],
    ids=[
        "as assumed",
        "under the app",
        "null does not clear",
        "fields left out stay",
        "one value goes with its id",
        "edits leave events",
        "late",
        "refused",
    ],
)
def test_the_probe_keeps_what_the_account_answers_and_leaves_nobody_behind(
    desk: Desk,
    gorgias: Gorgias,
    staging: Engine,
    sandbox: Sandbox,
    switches: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    sandbox.control("gorgias", "POST", "switches", switches)
    assert desk("connect") == 0  # so that there are fields of ours to try
    before = len(sandbox.control("gorgias", "GET", "customers?limit=100000")["data"])

    assert desk("connect", "--probe") == 0

    assert probed(staging) == expected
    assert len(sandbox.control("gorgias", "GET", "customers?limit=100000")["data"]) == before


def test_what_stands_in_the_stores_file_goes_before_the_probe(
    desk: Desk, staging: Engine, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.control("gorgias", "POST", "switches", {"data_landing_place": "external_data"})
    set_store(tmp_path, gorgias={"app_id": "mine"})

    assert desk("connect", "--probe") == 0

    assert in_force(stores_file().get(STORE), staging).gorgias.app_id == "mine"


def test_the_probe_says_what_only_a_person_can_see(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk("connect", "--probe") == 0

    said = capsys.readouterr().out
    assert "301, it moved" in said
    assert "connect --adopt-widget ID" in said
    assert "macro_card_path" in said


def test_the_probe_merges_with_a_field_as_gorgias_asks_for_one(desk: Desk, staging: Engine) -> None:
    assert desk("connect", "--probe") == 0

    with reading(staging) as connection:
        kept = json.loads(find_state(connection, STORE, StateKey.ANSWERS) or "{}")
    told = {one["question"]: one["answer"] for one in kept["found"]}
    assert told["What comes of a write to a merged customer?"] == "301, it moved"
