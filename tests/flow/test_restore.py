"""Staging from a backup, in a new installation: the push is finished, no award is paid twice."""

from __future__ import annotations

import signal
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from loyalty_desk.records import RunState
from tests.flow.restoring import LIMIT_S, back_up, restore, world_command
from tests.waiting import wait_until

pytestmark = pytest.mark.flow

WANTED = {"unit": "points", "reason": "gesture", "agent": "ada"}


def import_awards(world, *rows: tuple[str, int, str]) -> None:
    file = world.folder / "awards.csv"
    lines = [f"{who},{amount},points,gesture,{key}" for who, amount, key in rows]
    header = "email,amount,unit,reason,idempotency_key"
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    world_command(world, "awards", "import", "--store", "demo", str(file))


def test_staging_restored_in_mid_push_is_finished_and_pays_no_award_twice(
    world, sync, new_url: str, tmp_path: Path
) -> None:
    first, second = some_members(world, 2)
    import_awards(world, (first, 5, "a"), (second, 7, "b"))
    world.slow_writes(each_s=0.05)
    process = world.start_command("sync", "--store", "demo")
    wait_until(lambda: world.requests("PUT") >= 20)
    backup = tmp_path / "backup"

    back_up(world, backup)

    # The old installation goes on for a while: it writes cards and pays what the backup has queued.
    wait_until(lambda: world.requests("PUT") >= 40)
    process.send_signal(signal.SIGKILL)
    process.wait()
    world_command(world, "awards", "apply", "--store", "demo")
    assert len(booked(world)) == 2
    world.forget_requests()
    restore(backup, new_url)
    world.staging_url = new_url
    unfinished = world.rows("SELECT state FROM changes WHERE state IN ('planned', 'sending')")
    assert unfinished
    assert {row["state"] for row in world.rows("SELECT state FROM awards")} == {"queued"}

    said = world_command(world, "restored", "--by", "grace")
    assert "demo: 2 awards are looked for before they are sent" in said
    record = sync.plain()
    world_command(world, "awards", "apply", "--store", "demo")

    assert record.state == RunState.SUCCEEDED, record.failure
    assert sorted(booked(world)) == [5, 7]
    awards = world.rows("SELECT state, detail FROM awards")
    assert [(one["state"], one["detail"]) for one in awards] == [
        ("applied", "found in the ledger")
    ] * 2
    assert sync.plain().state == RunState.SUCCEEDED
    assert world.wrong_cards() == []
    assert world.rows("SELECT * FROM changes WHERE state IN ('planned', 'sending')") == []


def test_an_award_that_was_not_paid_before_the_loss_is_paid_once_after_the_restore(
    world, new_url: str, tmp_path: Path
) -> None:
    (who,) = some_members(world, 1)
    import_awards(world, (who, 5, "a"))
    back_up(world, tmp_path / "backup")
    restore(tmp_path / "backup", new_url)
    world.staging_url = new_url

    world_command(world, "restored")
    world_command(world, "awards", "apply", "--store", "demo")
    world_command(world, "awards", "apply", "--store", "demo")

    assert booked(world) == [5]
    assert world.rows("SELECT state FROM awards") == [{"state": "applied"}]


def some_members(world, count: int) -> list[str]:
    """Addresses of members that nobody shares."""
    members = world.sandbox.control("rivo", "GET", "members?limit=1000")["data"]
    emails = Counter(one["email"] for one in members)
    fit = (one["email"] for one in members if one["status"] == "member" and one["email"])
    return list(islice((email for email in fit if emails[email] == 1), count))


def booked(world) -> list[int]:
    return [entry["points"] for entry in world.sandbox.control("rivo", "GET", "ledger")["data"]]


def test_a_backup_replaces_nothing_and_is_its_owners_alone(world, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    process = world.start_command("backup", str(target))
    said = process.communicate(timeout=LIMIT_S)[0]

    if not world.staging_url.startswith("sqlite"):
        assert process.returncode == 1
        assert "pg_dump" in said
        assert not target.exists()
        return
    assert process.returncode == 0, said
    assert target.stat().st_mode & 0o777 == 0o600
    again = world.start_command("backup", str(target))
    assert "exists" in again.communicate(timeout=LIMIT_S)[0]
    assert again.returncode == 1
