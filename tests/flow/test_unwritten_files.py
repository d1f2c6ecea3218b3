"""What is only for reading stops no run: a disk or an object store that takes no files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from loyalty_desk.records import RunState
from loyalty_desk.staging.engine import open_engine, reading
from loyalty_desk.staging.unwritten import DATA_DOCS, REPORT, load_unwritten
from tests import airflow_home
from tests.disks import fill, mounted
from tests.flow.world import STORE, World
from tests.object_store import CONNECTION, Bucket

pytestmark = pytest.mark.flow

PLACES = {
    "a full disk": "No space left on device",
    "a read-only disk": "Read-only file system",
    "a file in the way": "Not a directory",
    "a bucket that is not there": "FileNotFoundError",
    "a store that is away": "EndpointConnectionError",
    "a storage that is not installed": "pip install 'loyalty-desk[gs]'",
}


@pytest.fixture
def place(
    request: pytest.FixtureRequest, world: World, bucket: Bucket, tmp_path: Path
) -> Iterator[str]:
    """Where the desk's files cannot go. Returns how its kind is told."""
    world.data_docs = True
    disk, kind = tmp_path / "disk", request.param
    world.var_dir = str(disk / "desk")
    world.connections[CONNECTION] = bucket.connection
    with ExitStack() as stack:
        if kind == "a full disk":
            fill(stack.enter_context(mounted(disk, "size=256k")))
        elif kind == "a read-only disk":
            stack.enter_context(mounted(disk, "ro"))
        elif kind == "a file in the way":
            disk.write_text("no folder")
        elif kind == "a bucket that is not there":
            world.var_dir = f"s3://{CONNECTION}@no-such-{bucket.name}/desk"
        elif kind == "a store that is away":
            world.var_dir = f"s3://away@{bucket.name}/desk"  # what is opened is kept by this name
            away = Bucket(server="http://127.0.0.1:9", name=bucket.name)
            world.connections["away"] = away.connection
        else:
            world.var_dir = "gs://bucket/desk"
        yield PLACES[kind]


def unwritten(world: World, run_id: str) -> dict[str, str]:
    engine = open_engine(world.staging_url)
    with reading(engine) as connection:
        found = load_unwritten(connection, STORE, run_id)
    engine.dispose()
    return found


@pytest.mark.parametrize("staging_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_cards_are_pushed_where_no_file_can_be_written(world: World, sync: Any, place: str) -> None:
    record = sync.plain()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert record.pushed > 200
    assert world.wrong_cards() == []
    found = unwritten(world, record.run_id)
    assert set(found) == {DATA_DOCS, REPORT}
    for why in found.values():
        assert place in why
        assert world.var_dir in why or world.var_dir.startswith("gs:")
        assert "LOYALTY_DESK_VAR_DIR" in why


@pytest.mark.parametrize("place", ["a full disk"], indirect=True)
def test_the_run_says_which_files_are_missing_until_they_can_be_written(
    world: World, sync: Any, place: str, tmp_path: Path
) -> None:
    assert sync().state == RunState.SUCCEEDED

    note = airflow_home.newest_note()
    lines = [line for line in note.splitlines() if "could not be written" in line]
    assert [line.partition(" could")[0] for line in lines] == [f"- {DATA_DOCS}", f"- {REPORT}"]
    assert all(place in line for line in lines)

    (tmp_path / "disk" / "full").unlink()
    world.var_dir = str(tmp_path / "room")
    record = sync.plain()
    assert record.state == RunState.SUCCEEDED
    assert unwritten(world, record.run_id) == {}
    assert list((tmp_path / "room" / "reports" / STORE).glob("*/report.html"))


def test_a_report_for_which_there_is_no_room_leaves_nothing_behind(
    world: World, sync: Any, tmp_path: Path
) -> None:
    """Retention would not find it, as no report is kept of the run."""
    with mounted(tmp_path / "disk", "size=16k") as disk:
        world.var_dir = str(disk)
        record = sync.plain()

        assert record.state == RunState.SUCCEEDED
        assert REPORT in unwritten(world, record.run_id)
        journal = disk / "journal"
        files = (path for path in disk.rglob("*") if path.is_file())
        left = {path.name for path in files if not path.is_relative_to(journal)}
    assert left <= {"latest.html"}
