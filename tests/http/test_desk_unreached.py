"""The desk names the places that could not be told, until they were."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine

from loyalty_desk.hooks.notifiers import alert_places
from loyalty_desk.settings.stores_file import stores_file
from loyalty_desk.staging.telling import THRESHOLDS, claim
from tests.factories import STORE
from tests.http.api_client import forget_settings
from tests.http.desk import DESK, DeskClient
from tests.http.mailbox import LEAD, TELLER, let_waits_end


@pytest.mark.parametrize("path", ["", f"/{STORE}"], ids=["stores", "overview"])
def test_a_place_that_cannot_be_reached_is_named_until_it_was_told(
    desk: DeskClient, staging: Engine, tmp_path: Path, path: str
) -> None:
    stores = tmp_path / "stores.yaml"
    settings = yaml.safe_load(stores.read_text(encoding="utf-8"))
    settings["stores"][STORE]["alerts"] = {"email_to": [LEAD], "notifiers": [TELLER]}
    stores.write_text(yaml.safe_dump(settings), encoding="utf-8")
    forget_settings()
    mail, teller = alert_places(stores_file().get(STORE))
    failed = claim(staging, STORE, mail.key, THRESHOLDS)
    assert failed is not None
    failed.note_not_told("SMTPDataError 552")

    page = desk.as_user("admin").call("GET", f"{DESK}{path}").text

    assert f"<code>{mail.title}</code>" in page
    assert "SMTPDataError 552" in page
    assert LEAD not in page
    assert teller.title not in page
    let_waits_end(staging)
    again = claim(staging, STORE, mail.key, THRESHOLDS)
    assert again is not None
    again.note_told({"told": []})
    assert "Not told since" not in desk.call("GET", f"{DESK}{path}").text
