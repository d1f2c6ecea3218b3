"""After a restore: what was erased, revoked and decided since the backup is, or a gap is named."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from loyalty_desk.clock import utc_now
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import Subject
from loyalty_desk.records import RunState
from loyalty_desk.staging.engine import open_engine
from tests.flow.restoring import back_up, failed_command, restore, world_command
from tests.flow.test_erase import found_in_staging, somebody
from tests.flow.world import STORE
from tests.object_store import CONNECTION, Bucket

pytestmark = pytest.mark.flow


def ignore_one(world: Any) -> str:
    """Ignore a mismatch; returns whose it was."""
    (row, *_) = world.rows(
        "SELECT subject_id FROM mismatches WHERE side = 'customer' AND settled_at_utc IS NULL"
    )
    engine = open_engine(world.staging_url)
    with engine.begin() as connection:
        subject = Subject("customer", row["subject_id"])
        decisions.ignore(connection, STORE, [subject], "ada", utc_now(), reason="no", until=None)
    engine.dispose()
    return str(row["subject_id"])


def traces_of(person: Any) -> re.Pattern[str]:
    names = (person["customer_id"], person["member_id"], person["email_key"], person["name"])
    either = "|".join(re.escape(str(name)) for name in names)
    return re.compile(rf"(?<![\w.])(?:{either})(?!\w)", re.IGNORECASE)


def test_who_was_erased_after_the_backup_stays_erased_and_what_was_decided_is(
    world: Any, sync: Any, new_url: str, tmp_path: Path
) -> None:
    assert sync.plain().state == RunState.SUCCEEDED
    person = somebody(world)
    traces = traces_of(person)
    made = ("tokens", "make", "--store", STORE, "--label", "till")
    token = world_command(world, *made).split()[-1]
    back_up(world, tmp_path / "backup")

    world_command(world, "erase", "--store", STORE, "--customer", str(person["customer_id"]))
    world_command(world, "tokens", "revoke", "--store", STORE, token)
    ignored = ignore_one(world)
    world_command(world, "housekeeping", "--store", STORE)
    shown = world.shown_cards()
    assert person["customer_id"] not in shown
    restore(tmp_path / "backup", new_url)
    world.staging_url = new_url
    assert found_in_staging(world, traces), "as the backup is of before"

    said = world_command(world, "restored", "--by", "grace")

    assert found_in_staging(world, traces) == []
    assert "since the backup: 1 erasures, 0 forgotten, 1 tokens revoked or ended, 1 deci" in said
    assert not re.search(traces, said)
    assert sync.plain(full_resync=True).state == RunState.SUCCEEDED
    assert found_in_staging(world, traces) == []
    assert world.shown_cards() == shown
    assert [row["revoked_by"] for row in world.rows("SELECT revoked_by FROM api_tokens")] == [
        "before a restore"
    ]
    assert world.rows("SELECT subject_id FROM ignored_mismatches") == [{"subject_id": ignored}]
    files = [*(tmp_path / "var" / "journal").rglob("*.json")]
    assert files, "and the journal names nobody"
    assert not any(traces.search(file.read_text(encoding="utf-8")) for file in files)


def test_without_the_journal_a_restore_stops_and_names_the_days(
    world: Any, sync: Any, new_url: str, tmp_path: Path
) -> None:
    assert sync.plain().state == RunState.SUCCEEDED
    back_up(world, tmp_path / "backup")
    shutil.rmtree(tmp_path / "var" / "journal")
    restore(tmp_path / "backup", new_url)
    world.staging_url = new_url

    said = failed_command(world, "restored")

    assert "is not marked in" in said
    assert f"{utc_now():%Y-%m-%d}" in said
    assert "--despite-gaps" in said
    assert world.rows("SELECT * FROM watermarks"), "nothing was done"
    said = world_command(world, "restored", "--despite-gaps")
    assert "not known: its journal" in said
    assert world.rows("SELECT * FROM watermarks") == []
    assert sync.plain().state == RunState.SUCCEEDED


def test_a_sync_on_a_restored_database_that_was_not_told_so_stops_before_it_reads(
    world: Any, sync: Any, new_url: str, tmp_path: Path
) -> None:
    assert sync.plain().state == RunState.SUCCEEDED
    back_up(world, tmp_path / "backup")
    world_command(world, "erase", "--store", STORE, "--email", "ada@shop.example")
    restore(tmp_path / "backup", new_url)
    world.staging_url = new_url
    world.forget_requests()

    said = failed_command(world, "sync", "--store", STORE)

    assert "was restored from a backup. Run `python -m loyalty_desk restored` before" in said
    assert world.requests("*") == 0
    world_command(world, "restored")
    assert sync.plain().state == RunState.SUCCEEDED


@pytest.mark.parametrize("staging_url", ["postgresql"], indirect=True)  # as no pod has a disk
def test_the_journal_may_be_in_an_object_store(
    world: Any, sync: Any, bucket: Bucket, new_url: str, tmp_path: Path
) -> None:
    world.connections[CONNECTION] = bucket.connection
    world.var_dir = f"{bucket.address}/desk"
    assert sync.plain().state == RunState.SUCCEEDED
    person = somebody(world)
    back_up(world, tmp_path / "backup")
    world_command(world, "erase", "--store", STORE, "--customer", str(person["customer_id"]))
    restore(tmp_path / "backup", new_url)
    world.staging_url = new_url

    assert "1 erasures" in world_command(world, "restored")

    assert found_in_staging(world, traces_of(person)) == []
    names = [name.rsplit("/", 1)[1] for name in bucket.names("desk/journal/")]
    assert names == ["000000000001.json", "mark.json"]
