"""`make mutants`: its lists hold what the code says today, and its verdicts are right."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from scripts.mutants.__main__ import main, part_of
from scripts.mutants.lists import LISTS, BadListError, read_lists
from tests.project import PROJECT_ROOT

AREAS = {
    *("match", "plan", "push", "awards", "budget", "goodwill", "lookup", "privacy", "rights"),
    "texts",
}
CODE = """
def fee(amount: int) -> int:
    if amount > 100:
        return 0
    return 5
"""
TESTS = """
import time

from loyalty_desk.fee import fee

def test_a_small_order_has_a_fee():
    assert fee(10) == 5

def test_it_ends():
    assert fee(101) in (0, 5), time.time()
"""


def test_every_piece_is_where_its_list_says_and_every_area_has_about_twenty() -> None:
    lists = read_lists(PROJECT_ROOT)

    by_area = Counter(mutant.area for mutant in lists.mutants)
    assert set(by_area) == AREAS
    assert min(by_area.values()) >= 18
    assert by_area.total() >= 150
    assert all(mutant.tests for mutant in lists.mutants)
    assert [harm for harm, count in Counter(map(str, lists.mutants)).items() if count > 1] == []


def test_every_mutant_has_its_turn_in_a_sample() -> None:
    mutants = read_lists(PROJECT_ROOT).mutants

    parts = [part_of(mutants, part, 10) for part in range(10)]
    assert sorted(map(str, (one for part in parts for one in part))) == sorted(map(str, mutants))
    for part in parts:
        assert {mutant.area for mutant in part} == AREAS


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a function, its test, and lists to be written."""
    package = tmp_path / "plugins" / "loyalty_desk"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "fee.py").write_text(CODE)
    (tmp_path / LISTS).mkdir(parents=True)
    (tmp_path / "tests" / "test_fee.py").write_text(TESTS)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\naddopts = "--import-mode=importlib"\n'
    )
    return tmp_path


def write_list(project: Path, *pieces: tuple[str, str, str]) -> None:
    entries = ['tests = ["tests/test_fee.py"]']
    for harm, take, put in pieces:
        entries.append(
            f'[[mutant]]\nharm = "{harm}"\nfile = "plugins/loyalty_desk/fee.py"\n'
            f"take = '{take}'\nput = '{put}'"
        )
    (project / LISTS / "fees.toml").write_text("\n".join(entries))


def run(project: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.mutants", "--root", str(project), *flags]
    return subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)


def verdicts(answer: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """What was found of each mutant, by its harm."""
    found = re.findall(r"^\[ *\d+/\d+\] (.*?) +fees: (.*) \(", answer.stdout, re.M)
    return {harm: verdict for verdict, harm in found}


def test_each_verdict_is_what_its_tests_showed_and_the_tree_stays_as_it_was(project: Path) -> None:
    write_list(
        project,
        ("small orders cost nothing", "return 5", "return 0"),
        ("large orders cost something", "return 0", "return 5"),
        ("a slip in a name", "return 5", "return five"),
        ("no program at all", "return 5", "return ("),
        ("never an end", "return 5", "while True: pass"),
    )

    answer = run(project, "--most-s", "20")

    assert verdicts(answer) == {
        "tests": "passes",
        "small orders cost nothing": "noticed",
        "large orders cost something": "LIVES",
        "a slip in a name": "NOT TRIED: tests/test_fee.py::test_a_small_order_has_a_fee: NameError",
        "no program at all": "NOT TRIED: the tests cannot be read",
        "never an end": "NOT TRIED: no end within 20 s",
    }, answer.stdout
    assert "1 of 5 noticed" in answer.stdout
    assert answer.returncode == 1
    assert (project / "plugins" / "loyalty_desk" / "fee.py").read_text() == CODE


def test_all_noticed_is_a_success(project: Path) -> None:
    write_list(project, ("small orders cost nothing", "return 5", "return 0"))

    answer = run(project)

    assert answer.returncode == 0, answer.stdout
    assert "1 of 1 noticed" in answer.stdout


def test_tests_that_fail_without_a_mutant_prove_nothing(project: Path) -> None:
    (project / "tests" / "test_fee.py").write_text("def test_wrong(): assert False")
    write_list(project, ("small orders cost nothing", "return 5", "return 0"))

    answer = run(project)

    assert verdicts(answer)["tests"] == "FAILS UNCHANGED"
    assert answer.returncode == 1


@pytest.mark.parametrize(
    ("piece", "says"),
    [
        (("h", "return 7", "return 0"), "its piece is 0 times in plugins/loyalty_desk/fee.py"),
        (("h", "return", "yield"), "its piece is 2 times in plugins/loyalty_desk/fee.py"),
        (("h", "return 5", "return 5"), "it changes nothing"),
    ],
)
def test_a_piece_that_is_not_there_once_is_named(
    project: Path, piece: tuple[str, str, str], says: str
) -> None:
    write_list(project, piece)

    with pytest.raises(BadListError, match=re.escape("tests/mutants/fees.toml, “h”: ")) as error:
        read_lists(project)
    assert says in str(error.value)


def test_an_area_that_there_is_not_is_named_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--area", "moon"]) == 1
    assert "no area moon; there are: awards, budget, goodwill, lookup" in capsys.readouterr().out
