"""What the package says of itself: its versions, its entry points, and what is in its wheel."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from importlib.metadata import distributions, packages_distributions, requires
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project import PACKAGE, PROJECT_ROOT
from tests.setup.test_requirements import imported_modules

PROJECT: dict[str, Any] = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text("utf-8"))
WANTED = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
INSTALLED = {canonicalize_name(one.metadata["Name"]) for one in distributions()}
MANAGED = re.findall(
    r"^(\S+)==(\S+)$", (PROJECT_ROOT / "tests/package/managed.txt").read_text("utf-8"), re.MULTILINE
)
"""What a managed Airflow pins."""


def range_of(package: str) -> Requirement:
    return next(one for one in WANTED if canonicalize_name(one.name) == package)


@pytest.mark.parametrize("wanted", WANTED, ids=lambda one: one.name)
def test_the_tested_lock_is_inside_of_the_ranges(wanted: Requirement) -> None:
    lock = (PROJECT_ROOT / "requirements.txt").read_text(encoding="utf-8")
    name = re.escape(canonicalize_name(wanted.name))
    pins = re.findall(rf"^{name}(?:\[[a-z,]+\])?==([^\s;\\]+)", lock, re.MULTILINE)

    assert pins
    assert all(wanted.specifier.contains(pin) for pin in pins)


@pytest.mark.parametrize(("package", "version"), MANAGED)
def test_the_pins_of_a_managed_airflow_are_inside_of_the_ranges(package: str, version: str) -> None:
    assert range_of(package).specifier.contains(version)


def test_another_minor_version_of_airflow_waits_until_it_was_tried() -> None:
    assert not range_of("apache-airflow").specifier.contains("3.4.0")
    assert range_of("apache-airflow").specifier.contains("3.3.9")
    assert not range_of("apache-airflow").specifier.contains("3.3.0")


def test_whatever_the_package_imports_comes_with_it() -> None:
    named = {canonicalize_name(one.name) for one in WANTED}
    for _ in range(2):  # what those bring, such as Starlette, and what Airflow's core does
        named |= {
            canonicalize_name(Requirement(line).name)
            for package in named & INSTALLED
            for line in requires(package) or ()
        }
    brought_by = packages_distributions()
    missing = {
        module
        for module in imported_modules((PACKAGE,))
        if not {canonicalize_name(name) for name in brought_by.get(module, [])} & named
    }
    assert missing <= {"asyncssh"}, "that one comes with the extra for SFTP, where it is imported"


@pytest.mark.parametrize(
    "entry",
    [
        PROJECT["project"]["scripts"]["loyalty-desk"],
        *PROJECT["project"]["entry-points"]["apache_airflow_provider"].values(),
        *PROJECT["project"]["entry-points"]["airflow.plugins"].values(),
    ],
)
def test_an_entry_point_leads_somewhere(entry: str) -> None:
    module, _, name = entry.partition(":")
    assert callable(getattr(import_module(module), name))


def test_whatever_the_package_reads_beside_it_is_in_the_wheel() -> None:
    """`stores.yaml` and `expectations` are the installation's own."""
    brought = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    folders = {path.name for path in (PROJECT_ROOT / "include").iterdir() if path.is_dir()}

    assert brought == {
        f"include/{one}": f"loyalty_desk/include/{one}" for one in folders - {"expectations"}
    }


@pytest.mark.parametrize(
    ("program", "called"),
    [("/venv/bin/loyalty-desk", "loyalty-desk"), ("/x/__main__.py", "python -m loyalty_desk")],
)
def test_the_command_says_how_it_was_called(
    program: str, called: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from loyalty_desk.__main__ import main

    monkeypatch.setattr("sys.argv", [program])

    assert main(["stores", "--help"]) == 0
    assert capsys.readouterr().out.strip().startswith(f"Usage: {called} stores")
