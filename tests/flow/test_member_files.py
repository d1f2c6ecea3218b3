"""A platform that lists no members: from files, lookups and webhooks, under real Airflow."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loyalty_desk.records import RunState
from tests.flow.dropping import cards, expected, make_listless, members, write
from tests.flow.world import World
from tests.sftp import sftp_server

pytestmark = pytest.mark.flow


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def listless(world: World, tmp_path: Path, drop: Path) -> World:
    """A TRIFFT account without a list of members, and a folder for files."""
    make_listless(world, str(drop), tmp_path / "columns.yaml")
    return world


@pytest.fixture(autouse=True)
def switched_back(world: World) -> Iterator[None]:
    yield
    world.sandbox.control("trifft", "POST", "switches", {"trifft_members_listed": True})


def test_files_take_the_place_of_the_list(listless: World, sync: Any, drop: Path) -> None:
    write(drop / "members-1.csv", members(listless))
    (drop / "members-2.csv.part").write_text("half of a")

    record = sync()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert record.members_staged == 260
    assert cards(listless) == expected(listless)

    again = sync.plain()
    assert (again.state, again.members_fetched, again.planned) == (RunState.SUCCEEDED, 0, 0)

    listless.tick(10)
    write(drop / "members-3.csv", members(listless))
    third = sync.plain()
    assert third.state == RunState.SUCCEEDED, third.failure
    assert third.members_changed >= 9
    assert cards(listless) == expected(listless)


def test_who_is_not_in_a_file_of_everybody_has_left_unless_too_many_have(
    listless: World, sync: Any, drop: Path
) -> None:
    everybody = members(listless)
    write(drop / "a.csv", everybody)
    assert sync.plain().state == RunState.SUCCEEDED
    write(drop / "b.csv", everybody[:-5])
    fewer = sync.plain()
    assert (fewer.state, fewer.members_gone) == (RunState.SUCCEEDED, 5)

    write(drop / "c.csv", everybody[:20])
    refused = sync()
    assert refused.state == RunState.FAILED
    assert "max_shrink_share" in refused.failure


def test_a_file_of_changes_removes_nobody(listless: World, sync: Any, drop: Path) -> None:
    listless.settings["member_files"]["holds"] = "changes"
    everybody = members(listless)
    write(drop / "1.csv", everybody[:200])
    os.utime(drop / "1.csv", (time.time() - 60, time.time() - 60))
    write(drop / "2.csv", everybody[200:])

    record = sync.plain()

    assert (record.state, record.members_staged, record.members_gone) == (
        RunState.SUCCEEDED,
        260,
        0,
    )
    assert cards(listless) == expected(listless)


def test_a_bad_row_is_set_aside_and_a_bad_file_stops_the_run_and_is_read_again(
    listless: World, sync: Any, drop: Path
) -> None:
    everybody = members(listless)
    write(drop / "0.csv", everybody)
    assert sync.plain().state == RunState.SUCCEEDED
    # The bad row is that of somebody known: still there, so not one who left.
    write(drop / "a.csv", [{**everybody[0], "points_tally": "many"}, *everybody[1:]])
    record = sync.plain()
    assert (record.state, record.members_rejected) == (RunState.SUCCEEDED, 1)
    assert record.members_gone == 0

    (drop / "b.csv").write_text("Id;Mail\n1;a@shop.example\n", encoding="utf-8")
    failed = sync()
    assert failed.state == RunState.FAILED
    assert "b.csv has no column 'Name', 'Points', 'Tier', 'State'" in failed.failure

    write(drop / "b.csv", everybody)
    assert sync.plain().state == RunState.SUCCEEDED


def test_a_missing_folder_names_the_setting(listless: World, sync: Any, drop: Path) -> None:
    drop.rmdir()

    record = sync()

    assert record.state == RunState.FAILED
    assert "correct member_files.folder" in record.failure


def test_without_files_those_who_write_are_looked_up(listless: World, sync: Any) -> None:
    listless.settings = {"member_lookups": {"most_per_run": 500}}

    record = sync()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert record.member_lookups > 50
    shown = cards(listless)
    wanted = expected(listless)
    recent = {row["customer_id"] for row in listless.rows("SELECT customer_id FROM tickets")}
    by_address = {
        row["customer_id"]
        for row in listless.rows("SELECT customer_id FROM matches WHERE rule = 'email'")
    }
    assert len(recent & by_address) > 40
    for customer_id in recent & by_address:
        assert shown[customer_id] == wanted[customer_id]

    again = sync.plain()
    assert (again.state, again.member_lookups, again.pushed) == (RunState.SUCCEEDED, 0, 0)


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)  # a process keeps the log-in
def test_files_are_fetched_from_an_sftp_server(listless: World, sync: Any, drop: Path) -> None:
    listless.settings["member_files"]["settle_s"] = 1
    everybody = members(listless)
    write(drop / "Members.CSV", everybody)
    told = (drop / "Members.CSV").stat()
    (drop / "old").mkdir()
    listless.settings["member_files"]["folder"] = "sftp://shop_sftp@/"
    with sftp_server(drop) as port:
        listless.connections["shop_sftp"] = {
            "conn_type": "sftp",
            "host": "127.0.0.1",
            "port": port,
            "login": "shop",
            "password": "secret",
            "extra": json.dumps({"no_host_key_check": "true"}),
        }
        record = sync()

        assert record.state == RunState.SUCCEEDED, record.failure
        assert cards(listless) == expected(listless)
        again = sync.plain()
        assert (again.members_fetched, again.member_files_left) == (0, 1)

        # Another content of the same name, size and time, which SFTP alone cannot tell.
        someone = next(one for one in everybody if one["points_tally"] in range(10, 99))
        someone["points_tally"] += 1
        write(drop / "Members.CSV", everybody)
        os.utime(drop / "Members.CSV", (told.st_atime, told.st_mtime))
        assert (drop / "Members.CSV").stat().st_size == told.st_size
        assert sync.plain().members_changed == 1

    away = sync()
    assert away.state == RunState.FAILED
    assert "does not answer" in away.failure
