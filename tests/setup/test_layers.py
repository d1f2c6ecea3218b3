"""`make lint` holds the layers: what is planted against them, in a copy of the tree, is named."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

from scripts.layers import draw_house, with_house

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LINTER = SETTINGS["tool"]["importlinter"]
PACKAGE = "plugins/loyalty_desk"

# What each breach is, the file that it is planted in, the line, and how the linter names it.
BREACHES = {
    "a lower layer imports a higher one": (
        f"{PACKAGE}/staging/upwards.py",
        "from loyalty_desk.sync import plan",
        "loyalty_desk.staging.upwards -> loyalty_desk.sync.plan (l.1)",
    ),
    "a folder imports its neighbour": (
        f"{PACKAGE}/gorgias/sideways.py",
        "from loyalty_desk.platforms import base",
        "loyalty_desk.gorgias.sideways -> loyalty_desk.platforms.base (l.1)",
    ),
    "a module has no layer": (
        f"{PACKAGE}/homeless.py",
        "import json",
        "not listed as layers: - loyalty_desk.homeless",
    ),
    "a pure module imports Airflow": (
        f"{PACKAGE}/card/impure.py",
        "from airflow.sdk import Asset",
        "loyalty_desk.card.impure -> airflow (l.1)",
    ),
    "a feature imports Airflow inside a function": (
        f"{PACKAGE}/awards/late.py",
        "def late():\n    from airflow.sdk import Asset",
        "loyalty_desk.awards.late -> airflow (l.2)",
    ),
    "the sync reaches Airflow through the hooks": (
        f"{PACKAGE}/sync/through_others.py",
        "from loyalty_desk.hooks import connections",
        "loyalty_desk.sync.through_others -> loyalty_desk.hooks.connections (l.1)",
    ),
    "a migration imports the schema": (
        f"{PACKAGE}/staging/migrations/versions/unstable.py",
        "from loyalty_desk.staging import schema",
        "loyalty_desk.staging.migrations.versions.unstable -> loyalty_desk.staging.schema (l.1)",
    ),
    "the package imports tests": (
        f"{PACKAGE}/report/tested.py",
        "import tests.conftest",
        "loyalty_desk.report.tested -> tests.conftest (l.1)",
    ),
    "the sandbox imports the package": (
        "sandbox/knowing.py",
        "from loyalty_desk import records",
        "sandbox.knowing -> loyalty_desk.records (l.1)",
    ),
    "the oracle imports what it judges": (
        "tests/oracle/knowing.py",
        "from loyalty_desk.card import emails",
        "tests.oracle.knowing -> loyalty_desk.card.emails (l.1)",
    ),
    "a circle in the sandbox": (
        "sandbox/programme/ids.py",
        "import sandbox.programme.side",
        "No cycles are allowed in sandbox.programme.",
    ),
    "a script imports a client": (
        "scripts/knowing.py",
        "from loyalty_desk.gorgias import client",
        "scripts.knowing -> loyalty_desk.gorgias.client (l.1)",
    ),
    "the cluster imports errors": (
        "cluster/knowing.py",
        "from loyalty_desk import errors",
        "cluster.knowing -> loyalty_desk.errors (l.1)",
    ),
    "a script imports benchmarks": (
        "scripts/measured.py",
        "from benchmarks import people",
        "scripts.measured -> benchmarks.people (l.1)",
    ),
    "a DAG file opens staging": (
        "dags/working.py",
        "from loyalty_desk.staging import engine",
        "dags.working -> loyalty_desk.staging.engine (l.1)",
    ),
    "the plugin does the work of tasks": (
        "plugins/loyalty_desk_plugin.py",
        "from loyalty_desk.hooks import notifiers",
        "plugins.loyalty_desk_plugin -> loyalty_desk.hooks.notifiers (l.1)",
    ),
}


def copied_tree(copy: Path) -> Path:
    """The Python files that the contracts are about, with the environment beside them."""
    folders = {folder for folder in LINTER["root_packages"] if (ROOT / folder).is_dir()}
    for file in (file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        place = copy / file.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
    shutil.copy(ROOT / "pyproject.toml", copy)
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


def lint(tree: Path) -> tuple[int, str]:
    """Run there what `make lint` runs here for the contracts: exit code, output in one line."""
    would_run = subprocess.run(
        ["make", "--dry-run", "lint"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    [command] = [line for line in would_run.stdout.splitlines() if "lint-imports" in line]
    answer = subprocess.run(
        ["bash", "-c", command], cwd=tree, capture_output=True, text=True, check=False
    )
    return answer.returncode, " ".join(answer.stdout.split())


@pytest.fixture(scope="module")
def answer_to_breaches(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str]:
    """All breaches in one copy, as one look at it takes a second."""
    tree = copied_tree(tmp_path_factory.mktemp("breached"))
    for file, line, _ in BREACHES.values():
        before = (tree / file).read_text(encoding="utf-8") if (tree / file).exists() else ""
        (tree / file).write_text(f"{line}\n{before}", encoding="utf-8")
    return lint(tree)


def test_the_tree_as_it_is_keeps_every_contract(tmp_path: Path) -> None:
    exit_code, output = lint(copied_tree(tmp_path))

    assert exit_code == 0, output
    assert output.endswith(" 0 broken.")


def test_every_contract_can_be_broken(answer_to_breaches: tuple[int, str]) -> None:
    exit_code, output = answer_to_breaches

    assert exit_code == 1
    assert f"Contracts: 0 kept, {len(LINTER['contracts'])} broken." in output


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_named(answer_to_breaches: tuple[int, str], breach: str) -> None:
    assert BREACHES[breach][2] in answer_to_breaches[1]


def test_the_contracts_see_every_file() -> None:
    """They would miss a new folder at the top, and one without `__init__.py` in a package."""
    known = grimp.build_graph(*LINTER["root_packages"], cache_dir=None).modules
    folders = [one for one in ROOT.iterdir() if one.is_dir() and one.name[0] != "."]
    files = [
        file.relative_to(ROOT).as_posix()
        for folder in folders
        if folder.name != "var"
        for file in folder.rglob("*.py")
    ]

    missed = [
        file
        for file in files
        if file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") not in known
    ]
    assert missed == ["docs/examples/punchcard.py"]  # to be copied, so it has no place of its own


def test_the_page_shows_the_house_as_it_is() -> None:
    page = (ROOT / "docs" / "developing.md").read_text(encoding="utf-8")

    assert page == with_house(page), "run `python -m scripts.layers`"


def test_every_folder_says_what_belongs_in_it_and_what_never_does() -> None:
    page = (ROOT / "docs" / "developing.md").read_text(encoding="utf-8")
    package = {file.parent for file in (ROOT / PACKAGE).rglob("__init__.py")} - {
        ROOT / PACKAGE,
        ROOT / PACKAGE / "staging" / "migrations" / "versions",
    }
    untold = [
        folder.name
        for folder in package
        if f"| `{folder.relative_to(ROOT / PACKAGE)}/` | " not in draw_house()
    ]
    around = {name for name in LINTER["root_packages"] if (ROOT / name).is_dir()} - {"plugins"}

    assert not untold
    assert not [folder for folder in around if f"| `{folder}/` | " not in page]
