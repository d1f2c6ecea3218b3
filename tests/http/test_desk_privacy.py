"""The desk on people's data: what is kept of one is handed out, and what is in no journal told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.settings.stores_file import installation
from loyalty_desk.staging.journal import Event, find_journal, write_entry
from tests.factories import STORE
from tests.http.desk import DeskClient
from tests.http.desk_world import ADA, GRACE
from tests.waiting import wait_until


def test_everything_that_is_kept_of_a_person_is_a_page_and_a_file(desk: DeskClient) -> None:
    admin = desk.as_user("admin")
    assert f"/export?customer={GRACE}" in admin.get(f"/customers/{GRACE}").text

    page = admin.get(f"/export?customer={GRACE}")
    file = admin.get("/export?member=m2&form=json")

    assert page.status_code == 200
    assert "grace@example.test" in page.text
    assert "ada@" not in page.text
    assert "'unsafe-inline'" in page.headers["Content-Security-Policy"]
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "attachment" in file.headers["Content-Disposition"]
    found = file.json()
    assert (found["customer_ids"], found["member_ids"]) == ([GRACE], ["m2"])
    assert {"customers", "members", "awards", "award_events", "matches"} <= {
        part["table"] for part in found["parts"]
    }


def test_who_may_not_erase_is_offered_no_export(desk: DeskClient) -> None:
    manager = desk.as_user("manager")

    assert "/export?" not in manager.get(f"/customers/{GRACE}").text
    refused = manager.get(f"/export?customer={GRACE}")

    assert refused.status_code == 403
    assert f"trigger the DAG erase_person__{STORE}" in refused.text


def test_an_export_of_nobody_is_not_found(desk: DeskClient) -> None:
    admin = desk.as_user("admin")

    for asked in ("", "?customer=99999", "?customer=x", "?member=nobody", "?customer=7&member=m1"):
        assert admin.get(f"/export{asked}").status_code == 404, asked


def test_a_decision_on_the_desk_reaches_the_journal(desk: DeskClient, staging: Engine) -> None:
    fields = {"action": "ignore", "reason": "no customer of ours"}
    assert desk.as_user("manager").post(f"/mismatches/customer/{ADA}", fields).status_code == 303

    journals = Path(str(installation().var_dir)) / "journal"
    wait_until(lambda: [*journals.glob("*/000000000001.json")])


def test_what_is_in_no_journal_for_long_is_told(desk: DeskClient, staging: Engine) -> None:
    admin = desk.as_user("admin")
    assert "in no journal" not in admin.get("").text
    with staging.begin() as connection:
        before = utc_now() - timedelta(minutes=10)
        write_entry(connection, STORE, Event.REVOKED, {"token_id": "t1"}, before)
        assert find_journal(connection) is None

    assert "1 entry is in no journal yet" in admin.get("").text
