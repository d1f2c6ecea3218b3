"""Where files are looked for: around a checkout, or inside an installed package."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tests.project import PACKAGE

MODULE = PACKAGE / "settings" / "project.py"


def found(package: Path) -> tuple[Path, Path]:
    """What ships, and where the installation's own files are, for a package of that folder."""
    module = package / "settings" / "project.py"
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(MODULE.read_text(encoding="utf-8"), encoding="utf-8")
    names = runpy.run_path(str(module))
    return names["SHIPPED"], names["PROJECT_ROOT"]


def test_in_a_checkout_both_stand_around_the_plugins(tmp_path: Path) -> None:
    package = tmp_path / "plugins" / "loyalty_desk"

    assert found(package) == (tmp_path / "include", tmp_path)


def test_an_installed_package_brings_what_ships_and_has_the_rest_in_airflows_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "loyalty_desk"
    (package / "include").mkdir(parents=True)
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "home"))

    assert found(package) == (package / "include", tmp_path / "home")


def test_airflows_home_is_where_airflow_looks_for_it_when_nobody_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "loyalty_desk"
    (package / "include").mkdir(parents=True)
    monkeypatch.delenv("AIRFLOW_HOME", raising=False)

    assert found(package)[1] == Path.home() / "airflow"
