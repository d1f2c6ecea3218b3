"""SQLite files that cannot have a write-ahead log: refused at once, in one line that says why."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import process_time

import pytest

from loyalty_desk.errors import SettingsError, StagingUnavailableError
from loyalty_desk.staging.backup import back_up
from loyalty_desk.staging.engine import _is_in_wal, migrate, open_engine, reading

WITHOUT = ("vfs=unix-none", "vfs=unix-dotfile", "nolock=1", "immutable=1")
"""Ways to open a file without memory that processes share; a network disk has none either."""


def address(file: Path, options: str) -> str:
    return f"sqlite:///file:{file}?uri=true&{options}"


@pytest.mark.parametrize("options", WITHOUT)
def test_a_new_file_is_refused_soon(tmp_path: Path, options: str) -> None:
    file = tmp_path / "new.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE something (here INTEGER)")
    began_s = process_time()

    with pytest.raises(SettingsError, match="cannot have SQLite's write-ahead log") as caught:
        open_engine(address(file, options))

    assert "PostgreSQL" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert process_time() - began_s < 2


@pytest.mark.parametrize("options", WITHOUT)
def test_a_file_that_has_one_elsewhere_is_refused_too(sqlite_template: Path, options: str) -> None:
    with pytest.raises(SettingsError, match="cannot have SQLite's write-ahead log"):
        open_engine(address(sqlite_template, options))


def test_to_ask_whether_there_is_one_takes_no_lock_away(tmp_path: Path) -> None:
    file = tmp_path / "staging.db"
    engine = open_engine(f"sqlite:///{file}")
    migrate(engine)
    with reading(engine) as connection:
        connection.exec_driver_sql("SELECT 1 FROM sqlite_master").all()
        assert _is_in_wal(connection.connection.driver_connection)

        somebody = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT 1 FROM runs')"
        subprocess.run([sys.executable, "-c", somebody, str(file)], check=True)

        assert file.with_name("staging.db-wal").exists(), "the last one to leave removes the log"
    engine.dispose()


@pytest.fixture
def network_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder of another machine, mounted by SSH, whose files have no memory to share."""
    pytest.importorskip("asyncssh")
    from tests.sftp import sftp_server

    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    if shutil.which("sshfs") is None or not os.access("/dev/fuse", os.W_OK):
        pytest.skip("there is no sshfs, or no FUSE, to mount a network disk with")
    with sftp_server(there) as port:
        options = f"port={port},password_stdin,direct_io,StrictHostKeyChecking=no"
        keys = f"UserKnownHostsFile={os.devnull},PreferredAuthentications=password"
        command = ["sshfs", "shop@127.0.0.1:/", str(here), "-o", f"{options},{keys}"]
        mounted = subprocess.run(
            command, input="secret\n", text=True, capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip(f"a network disk cannot be mounted here: {mounted.stderr.strip()}")
        try:
            yield here
        finally:
            subprocess.run(["fusermount3", "-u", "-z", str(here)], check=False)


def test_a_file_on_a_network_disk_is_refused_soon(network_disk: Path) -> None:
    url = f"sqlite:///{network_disk / 'staging.db'}"

    for _of in ("a new file", "the one that was made"):
        with pytest.raises(SettingsError, match="cannot have SQLite's write-ahead log"):
            open_engine(url)


def test_a_file_that_may_only_be_read_says_so_unless_it_has_its_log(
    tmp_path: Path, sqlite_template: Path
) -> None:
    file = tmp_path / "old.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE something (here INTEGER)")

    with pytest.raises(StagingUnavailableError, match="readonly"):
        open_engine(address(file, "mode=ro"))
    engine = open_engine(address(sqlite_template, "mode=ro"))
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM runs").scalar_one() == 0
    engine.dispose()


def test_an_address_of_sqlites_own_form_is_a_file_like_any_other(tmp_path: Path) -> None:
    file = tmp_path / "a place" / "staging.db"
    url = f"sqlite:///file:{str(file).replace(' ', '%20')}?uri=true&timeout=5"
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()

    back_up(url, tmp_path / "copy.db")

    assert file.exists()
    assert (tmp_path / "copy.db").exists()
