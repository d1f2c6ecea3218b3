"""The requirement files: hashed, in step with each other and with what the code imports."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("requirements", "requirements-dev", "requirements-production")
OWN_PACKAGES = {
    *("benchmarks", "cluster", "loyalty_desk", "sandbox", "scripts", "tests"),
    "punchcard",  # the example of a platform in docs/examples
}


def read_wanted(part: str) -> list[Requirement]:
    """The lines of a `.in` file that name a package."""
    lines = (ROOT / f"{part}.in").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


@cache
def read_pins(part: str) -> dict[str, set[str]]:
    """The pinned versions by package; a package may have one for each range of Pythons."""
    pins: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", read_lock(part), re.M):
        pins.setdefault(canonicalize_name(name), set()).add(version)
    return pins


def read_lock(part: str) -> str:
    return (ROOT / f"{part}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("part", PARTS)
def test_each_pin_has_a_hash(part: str) -> None:
    entries = re.split(r"\n(?=\S)", re.sub(r"^ *#.*\n", "", read_lock(part), flags=re.M))
    assert len(entries) > 10
    without = [entry.split()[0] for entry in entries if entry and "--hash=sha256:" not in entry]
    assert without == []


@pytest.mark.parametrize("part", PARTS)
def test_a_lock_names_no_index_and_no_host(part: str) -> None:
    assert re.findall(r"https?://\S+|^--?\w.*", read_lock(part), re.M) == []


@pytest.mark.parametrize("part", PARTS)
def test_a_lock_is_in_step_with_its_input(part: str) -> None:
    pins = read_pins(part)
    out_of_step = [
        str(wanted)
        for wanted in read_wanted(part)
        if not any(wanted.specifier.contains(pin) for pin in pins.get(_name(wanted), set()))
    ]
    assert out_of_step == [], "run `make lock`"


@pytest.mark.parametrize("part", PARTS[1:])
def test_a_further_lock_changes_no_version_of_the_first(part: str) -> None:
    first, further = read_pins("requirements"), read_pins(part)
    changed = {
        name: (first[name], further[name])
        for name in first.keys() & further.keys()
        if not further[name] <= first[name]
    }
    assert changed == {}, "run `make lock`"


@pytest.mark.parametrize(
    ("folders", "parts"),
    [
        (("plugins", "dags", "sandbox", "scripts"), PARTS[:1]),
        (("tests", "benchmarks", "cluster"), PARTS[:2]),
    ],
    ids=["what runs in production", "tests, benchmarks and cluster"],
)
def test_whatever_the_code_imports_is_pinned(
    folders: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    pinned = {name for part in parts for name in read_pins(part)}
    distributions = packages_distributions()
    not_pinned = {
        module
        for module in imported_modules(folders)
        if not {canonicalize_name(name) for name in distributions.get(module, [])} & pinned
    }
    assert not_pinned == set()


def imported_modules(folders: tuple[str | Path, ...]) -> set[str]:
    found: set[str] = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.partition(".")[0])
    return found - OWN_PACKAGES - set(sys.stdlib_module_names)


def _name(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


def test_a_checkout_says_which_versions_it_needs_as_the_wheel_does() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = ROOT / "plugins" / "loyalty_desk.dist-info" / "METADATA"
    told = metadata.read_text(encoding="utf-8").splitlines()

    assert [line.split(": ", 1)[1] for line in told if line.startswith("Requires-Dist: ")] == (
        project["dependencies"]
    )
    assert f"Requires-Python: {project['requires-python']}" in told
