"""Whether an SFTP server is the one that it was: its key, as `known_hosts` has it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import asyncssh
import pytest

from loyalty_desk.errors import SettingsError
from loyalty_desk.hooks.folders import open_folder
from loyalty_desk.settings.member_settings import MemberFileSettings
from loyalty_desk.sync.member_folder import list_folder
from tests.conftest import SetConnection
from tests.sftp import new_key, sftp_server


def list_names(port: int, set_connection: SetConnection, **extra: str) -> list[str]:
    """The files of a server, by a connection of its own: a process keeps the log-in of each."""
    name = f"shop_sftp_{port}"
    login = {"host": "127.0.0.1", "port": port, "login": "shop", "password": "secret"}
    set_connection(name, **login, **({"extra": extra} if extra else {}))
    found, _ = list_folder(open_folder, MemberFileSettings(folder=f"sftp://{name}@/"))
    return [one.name for one in found]


def note_key(home: Path, port: int, key: asyncssh.SSHKey) -> None:
    """Note the key of the server on a port, as `ssh-keyscan` tells it."""
    (home / ".ssh").mkdir(exist_ok=True)
    line = f"[127.0.0.1]:{port} {key.export_public_key().decode()}"
    (home / ".ssh" / "known_hosts").write_text(line)


def refusal(port: int, set_connection: SetConnection) -> str:
    with pytest.raises(SettingsError) as refused:
        list_names(port, set_connection)
    return str(refused.value)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "members.csv").write_text("id\n1\n")
    return tmp_path


def test_a_server_with_the_key_that_was_noted_is_taken(
    home: Path, set_connection: SetConnection
) -> None:
    key = new_key()
    with sftp_server(home, key) as port:
        note_key(home, port, key)
        assert list_names(port, set_connection) == ["members.csv"]


def test_a_server_whose_key_has_changed_is_refused_in_one_line(
    home: Path, set_connection: SetConnection
) -> None:
    with sftp_server(home, new_key()) as port:
        note_key(home, port, new_key())
        told = refusal(port, set_connection)

    assert "shows another key than known_hosts has" in told
    assert "put its key into host_key of the connection's extra" in told
    assert "secret" not in told
    assert len(told.splitlines()) == 1


def test_a_server_that_nobody_noted_is_refused(home: Path, set_connection: SetConnection) -> None:
    with sftp_server(home, new_key()) as port:
        assert "or one that is not in it" in refusal(port, set_connection)


def test_the_key_in_the_connection_is_the_one_that_counts(
    home: Path, set_connection: SetConnection
) -> None:
    right, other = new_key(), new_key()
    told = {"host_key": right.export_public_key().decode().strip()}
    with sftp_server(home, right) as port, sftp_server(home, other) as another:
        note_key(home, another, other)
        assert list_names(port, set_connection, **told) == ["members.csv"]
        assert "another key" in refusal(another, partial(set_connection, extra=told))


def test_any_server_is_taken_where_the_connection_says_so(
    home: Path, set_connection: SetConnection
) -> None:
    with sftp_server(home, new_key()) as port:
        assert list_names(port, set_connection, no_host_key_check="true") == ["members.csv"]


def test_whatever_is_opened_on_it_is_refused_by_the_same_line(
    home: Path, set_connection: SetConnection
) -> None:
    with sftp_server(home, new_key()) as port:
        login = {"host": "127.0.0.1", "port": port, "login": "shop", "password": "secret"}
        set_connection("shop_awards", **login)
        with pytest.raises(SettingsError, match="shows another key than known_hosts has"):
            open_folder("sftp://shop_awards@/awards.csv")


@pytest.mark.parametrize("noted", ["ssh-ed25519", "ssh-ed25519 AAAA\nmore"])
def test_a_key_that_cannot_be_read_is_named(
    home: Path, set_connection: SetConnection, noted: str
) -> None:
    with sftp_server(home, new_key()) as port, pytest.raises(SettingsError) as refused:
        list_names(port, set_connection, host_key=noted)

    assert "host_key" in str(refused.value)
