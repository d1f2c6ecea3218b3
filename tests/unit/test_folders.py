"""Folders of this machine; of an object store, see `tests/http/test_desk_object_store.py`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from loyalty_desk.errors import SettingsError, StorageError
from loyalty_desk.folders import (
    files_below,
    filled,
    find_inside,
    find_kept,
    refilled,
    remove,
    whole,
)
from loyalty_desk.hooks import folders
from loyalty_desk.settings.stores_file import Installation
from tests.disks import without_rights


def test_a_folder_of_this_machine_is_written_in_place(tmp_path: Path) -> None:
    with filled(tmp_path / "a" / "b") as made:
        assert made == tmp_path / "a" / "b"
        (made / "one.html").write_text("1")
    with filled(tmp_path / "a" / "b") as made:
        assert (made / "one.html").exists()
    with refilled(tmp_path / "a" / "b") as made:
        assert list(made.iterdir()) == []


def test_files_below_are_listed_by_name(tmp_path: Path) -> None:
    assert files_below(tmp_path / "none") == []
    for name in ("b.txt", "a/c.txt", "a/d/e.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert files_below(tmp_path) == ["a/c.txt", "a/d/e.txt", "b.txt"]
    remove(tmp_path / "a")
    remove(tmp_path / "a")
    remove(tmp_path / "b.txt")
    assert files_below(tmp_path) == []


def test_what_cannot_be_removed_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *, ignore_errors: bool) -> None:
        if not ignore_errors:
            raise PermissionError(path)

    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(StorageError, match="cannot be used now"):
        remove(tmp_path)
    remove(tmp_path, ignore_errors=True)


def test_a_folder_that_is_not_for_our_user_has_one_name_whatever_is_done(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "index.html").write_text("a page")
    folder.chmod(0o700)
    os.chown(folder, os.getuid(), os.getgid())
    if os.geteuid() != 0:
        folder.chmod(0)
    uses: tuple[Callable[[], object], ...] = (
        lambda: filled(folder / "reports").__enter__(),
        lambda: refilled(folder / "docs").__enter__(),
        lambda: files_below(folder),
        lambda: find_inside(folder / "docs", "index.html"),
        lambda: remove(folder / "docs" / "index.html"),
    )
    with without_rights():
        for use in uses:
            with pytest.raises(
                StorageError, match=r"var.* cannot be used now \(Permission denied\)"
            ):
                use()
        remove(folder / "docs", ignore_errors=True)
    folder.chmod(0o700)
    assert (folder / "docs" / "index.html").exists()


def test_of_a_file_that_is_not_finished_nothing_stays(tmp_path: Path) -> None:
    def begin() -> None:
        with whole(tmp_path / "page.html") as unfinished:
            unfinished.write_text("half")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        begin()
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_fault_of_the_disk_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(KeyError), filled(tmp_path):
        raise KeyError


def test_nothing_is_found_outside_of_a_folder_not_even_by_a_link(tmp_path: Path) -> None:
    folder, outside = tmp_path / "docs", tmp_path / "docs-of-others" / "secret.html"
    for path in (folder / "index.html", outside):
        path.parent.mkdir()
        path.write_text("a page")
    (folder / "link.html").symlink_to(outside)
    (folder / "here.html").symlink_to(folder / "index.html")

    assert find_inside(folder, "index.html") == folder / "index.html"
    assert find_inside(folder, "here.html") == folder / "index.html"
    for name in (
        "",
        ".",
        "..",
        "none.html",
        "link.html",
        "../docs-of-others/secret.html",
        "\0",
        str(outside),
    ):
        assert find_inside(folder, name) is None, name
    assert (
        find_kept(folder, str(folder / "gone" / "report.html")) == folder / "gone" / "report.html"
    )
    assert find_kept(folder, str(outside)) is None
    assert find_kept(folder, str(folder)) is None


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("var", Path("var")),
        ("/srv/desk", Path("/srv/desk")),
        ("file:///srv/desk%20files", Path("/srv/desk files")),
        ("s3://aws_default@bucket/desk/", "s3://aws_default@bucket/desk"),
        ("gs://bucket", "gs://bucket"),
        ("abfs://azure@container/desk", "abfs://azure@container/desk"),
    ],
)
def test_files_of_the_desk_may_be_in_a_folder_or_an_object_store(
    address: str, place: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", address)
    assert Installation().var_dir == place


@pytest.mark.parametrize("address", ["ftp://host/desk", "s3:///desk", "file://srv/desk", "file://"])
def test_another_address_is_refused_by_name(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", address)
    with pytest.raises(SettingsError, match="LOYALTY_DESK_VAR_DIR") as caught:
        Installation()
    assert "\n" not in str(caught.value)


def test_a_key_in_the_address_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", "s3://key:sEcret@bucket/desk")
    with pytest.raises(SettingsError, match="id of an Airflow connection") as caught:
        Installation()
    assert "sEcret" not in str(caught.value)


def test_an_object_store_needs_an_address_of_staging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", "s3://bucket/desk")
    monkeypatch.delenv("LOYALTY_DESK_STAGING_URL", raising=False)
    with pytest.raises(SettingsError, match=r"^LOYALTY_DESK_STAGING_URL must be set") as caught:
        Installation().resolved_staging_url()
    assert "\n" not in str(caught.value)

    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", "postgresql+psycopg://host/name")
    assert Installation().resolved_staging_url() == "postgresql+psycopg://host/name"


@pytest.mark.parametrize(("scheme", "extra"), [("gs", "gs"), ("abfs", "azure")])
def test_what_is_not_installed_is_named(
    scheme: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match=rf"loyalty-desk\[{extra}\]"):
        folders.open_folder(f"{scheme}://bucket/desk")

    monkeypatch.setattr(folders, "installation", lambda: Installation(var_dir=f"{scheme}://b/desk"))
    with pytest.raises(SettingsError, match=rf"loyalty-desk\[{extra}\]"):
        folders.own_folder("reports")


def test_a_storage_that_cannot_be_opened_has_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(address: str) -> None:
        raise RuntimeError("no such connection")

    monkeypatch.setattr(folders, "open_folder", refuse)
    monkeypatch.setattr(folders, "installation", lambda: Installation(var_dir="s3://bucket/desk"))
    with pytest.raises(StorageError, match=r"s3://bucket/desk cannot be used now \(RuntimeError\)"):
        folders.own_folder("reports")


def test_an_address_of_this_machine_is_a_path() -> None:
    assert folders.open_folder("file:///srv/drop%20box") == Path("/srv/drop box")
    assert folders.open_folder("/srv/drop") == Path("/srv/drop")
