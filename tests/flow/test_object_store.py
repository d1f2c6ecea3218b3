"""The desk's files and dropped member files in an object store, which is a real S3 server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loyalty_desk.records import RunState
from tests.flow.dropping import cards, expected, make_listless, members, write
from tests.flow.world import World
from tests.object_store import CONNECTION, Bucket

pytestmark = pytest.mark.flow


@pytest.fixture
def far(world: World, bucket: Bucket, tmp_path: Path) -> Iterator[World]:
    """A store whose members come from files, and nothing but the object store to keep files in."""
    make_listless(world, f"{bucket.address}/drop", tmp_path / "columns.yaml")
    world.connections[CONNECTION] = bucket.connection
    world.var_dir = f"{bucket.address}/shop/desk"
    yield world
    world.sandbox.control("trifft", "POST", "switches", {"trifft_members_listed": True})


@pytest.mark.parametrize("staging_url", ["postgresql"], indirect=True)  # as no pod has a disk
def test_members_come_from_it_and_report_and_data_docs_go_there(
    far: World, sync: Any, bucket: Bucket, tmp_path: Path
) -> None:
    far.data_docs = True
    write(tmp_path / "members.csv", members(far))
    bucket.put("drop/members.csv", (tmp_path / "members.csv").read_bytes())
    before = set(tmp_path.rglob("*"))

    record = sync()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert cards(far) == expected(far)
    (report,) = (one for one in bucket.names("shop/desk/reports/") if "/report.html" in one)
    folder = report.rpartition("/")[0]
    assert bucket.names(f"{folder}/") == [
        f"{folder}/{name}"
        for name in ("mismatches.csv", "mismatches.json", "mismatches.xlsx", "report.html")
    ]
    assert f"{record.customers_matched:,}" in bucket.read(report).decode()
    assert bucket.read("shop/desk/reports/demo/latest.html")
    docs = [one for one in bucket.names("shop/desk/data_docs/demo/") if one.count("/") == 5]
    assert {one.rsplit("/", 2)[1] for one in docs if one.endswith("/index.html")} == {
        "members",
        "customers",
        "match",
        "plan",
        "push",
    }
    kept = far.rows("SELECT report_path FROM runs")[0]["report_path"]
    assert kept == f"{bucket.address}/{report}"
    written = {one for one in set(tmp_path.rglob("*")) - before if "staging" not in one.name}
    assert {one.name for one in written} == {"stores.yaml"}, "nothing but the test's own file"

    again = sync.plain()
    assert (again.state, again.members_fetched) == (RunState.SUCCEEDED, 0), "a file is read once"

    far.tick(10)
    write(tmp_path / "members.csv", members(far))
    bucket.put("drop/members-2.csv", (tmp_path / "members.csv").read_bytes())
    third = sync.plain()
    assert third.state == RunState.SUCCEEDED, third.failure
    assert third.members_changed >= 9, "what others put there since is seen"
