"""The stores file is read when it has changed, and each request sees what it says now."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty_desk.settings import stores_file as module
from loyalty_desk.settings.stores_file import stores_file


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "stores.yaml"
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(path))
    module.installation.cache_clear()
    yield path
    module.installation.cache_clear()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Each time that the file is read."""
    found: list[Path] = []

    def load(path: Path, key: str) -> object:
        found.append(path)
        return module_load(path, key)

    module_load = module.load_entries
    monkeypatch.setattr(module, "load_entries", load)
    return found


def test_a_file_that_stays_is_read_once_and_one_that_changes_anew(
    file: Path, reads: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SETTLED_S", 0)
    file.write_text("stores: {one: {platform: rivo}}")

    assert [list(stores_file().stores) for _ in range(3)] == [["one"]] * 3
    assert len(reads) == 1

    file.write_text("stores: {one: {platform: rivo}, two: {platform: rivo}}")
    assert list(stores_file().stores) == ["one", "two"]
    file.unlink()
    assert "" in stores_file().problems
    file.write_text("stores: {three: {platform: rivo}}")
    assert list(stores_file().stores) == ["three"]


def test_a_trouble_of_a_moment_is_not_remembered(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SETTLED_S", 0)
    file.write_text("stores: {one: {platform: rivo}}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))  # as where all are in use
    try:
        during = stores_file()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert "" in during.problems
    assert list(stores_file().stores) == ["one"]


def test_a_file_that_has_just_changed_is_read_each_time(file: Path, reads: list[Path]) -> None:
    for name in ("one", "two", "six"):  # of one length, perhaps within a tick of the clock
        file.write_text(f"stores: {{{name}: {{platform: rivo}}}}")
        assert list(stores_file().stores) == [name]
    assert len(reads) == 3


def test_a_platform_of_ones_own_is_known_at_once(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SETTLED_S", 0)
    file.write_text("stores: {one: {platform: punchcard}}")
    assert list(stores_file().stores) == []

    monkeypatch.setenv("LOYALTY_DESK_PLATFORMS", '{"punchcard": "punchcard:Punchcard"}')
    module.installation.cache_clear()
    assert list(stores_file().stores) == ["one"]
