"""A storage is opened by its Airflow connection as it is now, or what is wrong with it is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from loyalty_desk.errors import MemberFileError, SettingsError, StorageError
from loyalty_desk.folders import files_below, find_inside, reading
from loyalty_desk.hooks.folders import open_folder, own_folder
from loyalty_desk.hooks.journal import journal_folder
from loyalty_desk.settings import stores_file
from loyalty_desk.settings.member_settings import MemberFileSettings
from loyalty_desk.staging.journal_folder import Mark, write_mark
from loyalty_desk.sync.member_folder import list_folder
from tests.conftest import SetConnection
from tests.factories import NOW
from tests.http.api_client import forget_settings
from tests.object_store import CONNECTION, Bucket
from tests.sftp import sftp_server

ANY_KEY = {"no_host_key_check": "true"}
Connect = Callable[..., None]


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    made = tmp_path / "drop"
    (made / "closed").mkdir(parents=True)
    (made / "members.csv").write_text("id\n1\n")
    return made


@pytest.fixture
def connect(set_connection: SetConnection) -> Connect:
    def to(port: int, **fields: Any) -> None:
        extra = {**ANY_KEY, **fields.pop("extra", {})}
        login = {"host": "127.0.0.1", "port": port, "login": "shop", "password": "secret"}
        set_connection(
            "shop_files", **{"conn_type": "sftp", **login, **fields, "extra": json.dumps(extra)}
        )

    return to


def names(address: str = "sftp://shop_files@/") -> list[str]:
    return [one.name for one in list_folder(open_folder, MemberFileSettings(folder=address))[0]]


def refusal(address: str = "sftp://shop_files@/", kind: type[Exception] = SettingsError) -> str:
    with pytest.raises(kind) as refused:
        names(address)
    told = str(refused.value)
    assert "secret" not in told
    assert len(told.splitlines()) == 1
    return told


def test_a_wrong_password_is_said_of_the_connection(drop: Path, connect: Connect) -> None:
    with sftp_server(drop) as port:
        connect(port, password="another")
        assert refusal() == (
            "member_files.folder: the server of Airflow connection 'shop_files' refuses the"
            " log-in: correct the login and the password of the connection, or its key"
        )


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("sftp://none@/drop", "there is no Airflow connection 'none': add it, or correct"),
        ("gs://none@bucket/drop", "there is no Airflow connection 'none': add it, or correct"),
        ("sftp://files.shop.example/drop", "names its Airflow connection before an @: sftp://<con"),
        ("sftp://shop:secret@host/drop", "is the id of an Airflow connection, which has the log-"),
        ("nowhere://bucket/drop", "nowhere:// cannot be opened: Airflow knows no such storage"),
    ],
)
def test_an_address_without_a_connection_that_is_there_is_named(address: str, told: str) -> None:
    if address.startswith("gs:"):
        pytest.importorskip("gcsfs")
    assert f"member_files.folder: {told}" in refusal(address).replace(
        "an address that begins with sftp:// ", ""
    ).replace("what stands before the @ of an address ", "")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"host": ""}, "lacks its host"),
        ({"extra": {"key_file": "/nowhere/secret"}}, "does not do for sftp:// (FileNotFoundError)"),
    ],
)
def test_a_connection_that_lacks_something_is_named(
    fields: dict[str, Any], told: str, drop: Path, connect: Connect
) -> None:
    with sftp_server(drop) as port:
        connect(port, **fields)
        assert f"connection 'shop_files' {told}" in refusal()


def test_a_folder_that_may_not_be_read_or_is_not_there_is_told_apart(
    drop: Path, connect: Connect
) -> None:
    with sftp_server(drop, closed="closed") as port:
        connect(port)
        closed = refusal("sftp://shop_files@/closed", MemberFileError)
        gone = refusal("sftp://shop_files@/gone", MemberFileError)

    assert closed.endswith("give Airflow connection 'shop_files' the right, or correct its log-in")
    assert gone.endswith("cannot be read (NotADirectoryError): correct member_files.folder")


def test_a_password_that_was_replaced_is_used_from_the_next_look_on(
    drop: Path, connect: Connect
) -> None:
    passwords = {"secret"}
    with sftp_server(drop, passwords=passwords) as port:
        connect(port)
        assert names() == ["members.csv"]
        passwords.clear()
        passwords.add("newer")
        connect(port, password="newest")
        refusal()
        connect(port, password="newer")
        assert names() == ["members.csv"]


def test_a_server_that_started_anew_is_logged_in_to_again(drop: Path, connect: Connect) -> None:
    with sftp_server(drop) as port:
        connect(port)
        assert names() == ["members.csv"]
    with sftp_server(drop, port=port):
        assert names() == ["members.csv"]


@pytest.fixture
def var_dir(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def set_to(address: str) -> None:
        monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", address)
        stores_file.installation.cache_clear()

    return set_to


@pytest.fixture(autouse=True)
def _forgotten() -> Any:
    yield
    forget_settings()


@pytest.mark.skipif(find_spec("gcsfs") is not None, reason="what it needs is installed here")
@pytest.mark.parametrize("folder", [lambda: own_folder("reports"), journal_folder])
def test_the_desks_own_folder_says_which_setting_is_wrong(
    folder: Callable[[], Any], var_dir: Callable[[str], None]
) -> None:
    var_dir("gs://none@bucket/desk")
    with pytest.raises(SettingsError, match=r"^LOYALTY_DESK_VAR_DIR: gs:// needs what `pip"):
        folder()


def test_an_object_store_that_refuses_is_told_from_one_that_is_away(
    bucket: Bucket, set_connection: SetConnection, var_dir: Callable[[str], None]
) -> None:
    set_connection(CONNECTION, **bucket.connection)
    var_dir(f"{bucket.address}/desk")
    bucket.refuse("PutObject")

    with pytest.raises(StorageError, match="refuses Airflow connection 'desk_files'"):
        write_mark(journal_folder(), Mark(begun=NOW, at=NOW, last=0))


def test_keys_of_an_object_store_that_were_replaced_are_used_at_once(
    bucket: Bucket, set_connection: SetConnection
) -> None:
    """One process, as the API's: the first connection leads nowhere."""
    bucket.put("desk/one.html", b"1")
    address = f"s3://replaced@{bucket.name}/desk"
    wrong = json.loads(bucket.connection["extra"]) | {"endpoint_url": "http://127.0.0.1:9"}
    wrong["config_kwargs"] = {"retries": {"max_attempts": 1}}
    set_connection("replaced", **{**bucket.connection, "extra": json.dumps(wrong)})
    with pytest.raises(StorageError, match="cannot be used now"):
        files_below(open_folder(address))

    set_connection("replaced", **bucket.connection)

    assert files_below(open_folder(address)) == ["one.html"]
    with reading(find_inside(open_folder(address), "one.html")) as file:
        assert file.read() == b"1"
