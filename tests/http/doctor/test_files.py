"""The stores file, the disk and the versions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty_desk.doctor import disk, versions
from loyalty_desk.doctor.finding import Severity
from tests.conftest import SetConnection
from tests.disks import mounted
from tests.http.doctor.conftest import Installed
from tests.object_store import CONNECTION, Bucket


def test_a_mistake_in_the_stores_file_is_named_beside_stores_that_are_right(
    installed: Installed,
) -> None:
    installed.set_stores(acme={}, other={"schedule": "at noon"})

    mistake, right = installed.look("stores file")

    assert (mistake.severity, mistake.store) == (Severity.ERROR, "other")
    assert "schedule" in mistake.what
    assert str(installed.folder / "stores.yaml") in mistake.what
    assert (right.severity, right.store) == (Severity.FINE, "acme")


def test_a_stores_file_that_cannot_be_read_is_named(installed: Installed) -> None:
    installed.write_stores("stores: [")

    found = installed.look_once("stores file")

    assert found.severity is Severity.ERROR
    assert "stores.yaml" in found.what
    assert installed.look_once("pools").severity is Severity.NOT_CHECKED


def test_a_store_that_is_not_there_is_named(installed: Installed) -> None:
    found = installed.look_once("stores file", store="nobody")

    assert found.severity is Severity.ERROR
    assert found.what == "there is no store 'nobody'; there are: acme"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB."""
    with mounted(tmp_path / "small", "size=1m") as folder:
        yield folder


def test_a_disk_with_room_is_fine_and_nothing_is_left_on_it(installed: Installed) -> None:
    found = installed.look_once("disk")

    assert found.severity is Severity.FINE, found
    assert "MiB free" in found.what
    assert [path.name for path in installed.folder.iterdir()] == ["stores.yaml"]


def test_a_disk_that_is_nearly_full_is_named(installed: Installed, small: Path) -> None:
    installed.set(var_dir=str(small / "var"), staging_url=f"sqlite:///{small / 'var' / 'one.db'}")

    found = installed.look_once("disk")

    assert found.severity is Severity.ERROR
    assert f"{small} is nearly full: 1 MiB free" in found.what
    assert "LOYALTY_DESK_VAR_DIR" in found.remedy


def test_a_disk_that_is_full_is_named(installed: Installed, small: Path) -> None:
    installed.set(var_dir=str(small), staging_url=f"sqlite:///{small / 'one.db'}")
    (small / "full").write_bytes(bytes(1024 * 1024))

    found = installed.look_once("disk")

    assert found.severity is Severity.ERROR
    assert f"nothing can be written to {small}: No space left on device" in found.what


def test_the_folder_of_a_staging_file_elsewhere_is_looked_at_too(
    installed: Installed, small: Path
) -> None:
    installed.set(staging_url=f"sqlite:///{small / 'one.db'}")

    var_dir, staging = installed.look("disk")

    assert (var_dir.severity, staging.severity) == (Severity.FINE, Severity.ERROR)


def test_little_room_is_worth_a_look(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    free = os.statvfs(installed.folder).f_bavail * os.statvfs(installed.folder).f_frsize
    monkeypatch.setattr(disk, "LITTLE_BYTES", 2 * free)

    assert installed.look_once("disk").severity is Severity.WARNING


def test_the_tested_versions_are_fine(installed: Installed) -> None:
    found = installed.look_once("versions")

    assert found.severity is Severity.FINE
    assert found.what.startswith("Loyalty Desk 0.")


def test_a_version_that_was_not_tried_is_named(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ["apache-airflow<3", "no-such-package>=1", "other>=1; python_version < '3'"]
    monkeypatch.setattr(versions, "requires", lambda _: wanted)

    found = installed.look_once("versions")

    assert found.severity is Severity.ERROR
    assert "apache-airflow is 3." in found.what
    assert found.what.endswith("and must be <3; no-such-package is not installed")


def test_an_object_store_is_tried_and_nothing_is_left_in_it(
    installed: Installed, bucket: Bucket, set_connection: SetConnection
) -> None:
    set_connection(CONNECTION, **bucket.connection)
    installed.set(var_dir=f"{bucket.address}/desk")

    found, _of_sqlite = installed.look("disk")

    assert found.severity is Severity.FINE, found
    assert f"{bucket.address}/desk can be written to" in found.what
    assert bucket.names() == []


def test_an_object_store_that_refuses_is_named(
    installed: Installed, bucket: Bucket, set_connection: SetConnection
) -> None:
    set_connection(CONNECTION, **bucket.connection)
    installed.set(var_dir=f"s3://{CONNECTION}@no-such-{bucket.name}/desk")

    found, _of_sqlite = installed.look("disk")

    assert found.severity is Severity.ERROR
    assert f"no-such-{bucket.name}/desk" in found.what
    assert "LOYALTY_DESK_VAR_DIR" in found.remedy
