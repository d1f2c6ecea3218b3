"""Whether the doctor sees into the folder of member files: of a disk, and over real SFTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from loyalty_desk import in_time
from loyalty_desk.doctor.finding import Finding, Severity
from tests.conftest import SetConnection
from tests.http.doctor.conftest import STORE, Installed
from tests.sftp import new_key, sftp_server
from tests.silent import silent_server


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    made = tmp_path / "drop"
    made.mkdir()
    (made / "members.csv").write_text("id\n1\n")
    (made / "note.txt").write_text("is left")
    return made


def look(installed: Installed, folder: object, **settings: object) -> Finding:
    installed.set_stores(**{STORE: {"member_files": {"folder": str(folder), **settings}}})
    return installed.look_once("member files")


def over_sftp(
    installed: Installed, set_connection: SetConnection, port: int, extra: Any, **login: str
) -> Finding:
    fields = {"host": "127.0.0.1", "login": "shop", "password": "secret", **login}
    set_connection("drop", conn_type="sftp", port=port, **fields, extra=json.dumps(extra))
    found = look(installed, "sftp://drop@/")
    assert "secret" not in found.what
    return found


def test_a_folder_that_can_be_looked_into_is_fine(installed: Installed, drop: Path) -> None:
    assert installed.look_once("member files").what == "no store reads any"

    found = look(installed, drop)

    assert (found.severity, found.store) == (Severity.FINE, STORE)
    assert found.what == f"{drop} can be looked into: 1 files match, 1 do not"


def test_a_folder_that_is_not_there_and_columns_that_are_wrong_are_named(
    installed: Installed, drop: Path
) -> None:
    gone = look(installed, drop / "gone")
    columns = drop.parent / "columns.yaml"
    columns.write_text("columns: {nothing: Id}")
    wrong = look(installed, drop, columns=str(columns))

    assert {gone.severity, wrong.severity} == {Severity.ERROR}
    assert "correct member_files.folder" in gone.what
    assert "columns.yaml" in wrong.what


def test_an_sftp_server_is_logged_in_to_by_its_key(
    installed: Installed, drop: Path, set_connection: SetConnection
) -> None:
    key = new_key()
    known = {"host_key": key.export_public_key().decode().strip()}
    with sftp_server(drop, key) as port:
        right = over_sftp(installed, set_connection, port, known)
        unknown = over_sftp(
            installed,
            set_connection,
            port,
            {"host_key": new_key().export_public_key().decode().strip()},
        )
        refused = over_sftp(installed, set_connection, port, known, password="wrong")
    away = over_sftp(installed, set_connection, port, known)

    assert right.severity is Severity.FINE, right
    assert {one.severity for one in (unknown, refused, away)} == {Severity.ERROR}
    assert "shows another key than known_hosts has" in unknown.what
    assert "'drop' refuses the log-in: correct the login and the password" in refused.what
    assert "does not answer (ConnectionRefusedError)" in away.what


def test_a_server_that_hangs_is_named_in_time(
    installed: Installed, set_connection: SetConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_time, "PATIENCE_S", 1.0)
    with silent_server() as port:
        found = over_sftp(installed, set_connection, port, {"no_host_key_check": "true"})

    assert found.severity is Severity.ERROR
    assert found.what == "the folder of member files 'sftp://drop@/' does not answer within 1 s"
