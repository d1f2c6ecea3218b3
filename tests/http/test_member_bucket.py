"""Member files in an object store, a real S3 server, whose answer tells another content."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import MemberFileError
from loyalty_desk.hooks.folders import open_folder
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_lock import Run
from loyalty_desk.staging.run_record import start_run
from loyalty_desk.sync import member_folder
from loyalty_desk.sync.members import extract_members
from loyalty_desk.sync.reads import ReadCounts
from tests.conftest import SetConnection
from tests.factories import STORE, store_settings
from tests.object_store import CONNECTION, Bucket
from tests.sql.test_member_folder import LISTLESS, people


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)  # a process keeps the log-in
def test_objects_are_read_when_their_content_is_new_and_left_alone_else(
    staging: Engine,
    bucket: Bucket,
    set_connection: SetConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_connection(CONNECTION, **bucket.connection)
    columns = tmp_path / "columns.yaml"
    columns.write_text("columns: {member_id: Id, email: Mail, points_balance: Points}\n")
    files = {
        "folder": f"{bucket.address}/drop",
        "columns": columns,
        "holds": "everybody",
        "settle_s": 0,
    }
    store = store_settings(member_files=files)

    def read(run_id: str) -> ReadCounts:
        run = Run(store=store, run_id=run_id, params=RunParams(), engine=staging)
        with staging.begin() as connection:
            connection.execute(schema.locks.delete())
            start_run(connection, STORE, run_id, {}, utc_now())
        return extract_members(run, LISTLESS, open_folder)  # type: ignore[arg-type] # as asked

    with pytest.raises(MemberFileError, match=r"drop' cannot be read \("):
        read("none")

    bucket.put("drop/Members.CSV", people(3).encode())
    bucket.put("drop/old/members.csv", people(9).encode())
    bucket.put("drop/empty.csv", b"")
    first = read("r1")
    assert (first.changed, first.files_left) == (3, 2)

    with monkeypatch.context() as patch:  # one that is as it was is not even fetched
        patch.setattr(member_folder.Dropped, "iter_chunks", None)
        assert read("r2").fetched == 0

    bucket.put("drop/Members.CSV", people(3, points=20).encode())
    assert read("r3").changed == 3
    bucket.put("drop/Members.CSV", people(3, points=20).encode())
    assert read("r4").fetched == 0
    bucket.put("drop/Members.CSV", (people(3, points=20) + "4;p4").encode())
    with pytest.raises(MemberFileError, match="is cut off"):
        read("r5")
