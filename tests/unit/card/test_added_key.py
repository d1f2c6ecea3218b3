"""A key is added to the card by one line, and by what its platform says of it; nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.project import PACKAGE, PROJECT_ROOT

BIRTHDAY = '    CardKey("birthday"'
IN_THE_TABLE = '    CardKey("shoe_size", "Shoe size", Kind.NUMBER),\n'
PROMISED, READ = 'frozenset({"points_balance", ', 'card = {"points_balance": '
TOLD = 'card = {"shoe_size": read_points(row, "shoe_size"), "points_balance": '


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each part shows of a key that a copy of the project has and the project has not."""
    root = tmp_path_factory.mktemp("project")
    skipped = shutil.ignore_patterns("__pycache__", "static", "include")
    shutil.copytree(PACKAGE, root / "plugins" / "loyalty_desk", ignore=skipped)
    shutil.copytree(PROJECT_ROOT / "docs" / "examples", root / "docs" / "examples")
    (root / "include").symlink_to(PROJECT_ROOT / "include")
    table = root / "plugins" / "loyalty_desk" / "card" / "keys.py"
    put(table, BIRTHDAY, f"{IN_THE_TABLE}{BIRTHDAY}")
    example = root / "docs" / "examples" / "punchcard.py"
    put(example, PROMISED, f'{PROMISED}"shoe_size", ')
    put(example, READ, TOLD)
    folder = tmp_path_factory.mktemp("seen")
    path = os.pathsep.join(map(str, (root / "plugins", example.parent, PROJECT_ROOT)))
    script = Path(__file__).with_name("see_key.py")
    done = subprocess.run(
        [sys.executable, str(script), str(folder)],
        env={**os.environ, "PYTHONPATH": path, "LOYALTY_DESK_VAR_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def put(path: Path, old: str, new: str) -> None:
    """Put text in the place of other text that stands once in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_it_is_staged_from_the_platform_and_from_a_file(seen: dict[str, Any]) -> None:
    assert seen["staging"] == 43
    assert seen["file"] == 38


def test_it_is_a_row_of_the_widget_with_its_label(seen: dict[str, Any]) -> None:
    assert seen["answer"] == 43
    assert seen["widget"].pop("order") > 0
    assert seen["widget"] == {"type": "text", "path": "shoe_size", "title": "Shoe size"}


def test_it_can_be_a_customer_field_of_its_type(seen: dict[str, Any]) -> None:
    assert seen["field"] == ["number", 43]


def test_a_macro_can_print_it_and_the_list_of_macros_says_so(seen: dict[str, Any]) -> None:
    assert seen["macro"] == "Size {{ticket.customer.data.loyalty.shoe_size}}"
    assert "shoe_size" in seen["macro list"]


def test_the_report_counts_it(seen: dict[str, Any]) -> None:
    assert seen["report"]


def test_the_page_about_the_card_has_it(seen: dict[str, Any]) -> None:
    line = "| `shoe_size` | Shoe size | whole number | number | members | files |"
    assert seen["docs"] == line
