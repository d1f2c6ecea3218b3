"""docs/features.md and docs/security.md: every row names a test, and the test is there."""

from __future__ import annotations

import ast

import pytest

from tests.project import PROJECT_ROOT


def rows(page: str = "features.md") -> list[list[str]]:
    """The cells of each row that is a feature, or a protection."""
    text = (PROJECT_ROOT / "docs" / page).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [
        cells
        for cells in found
        if cells[0] not in {"Feature", "Against"} and set(cells[0]) != {"-"}
    ]


@pytest.mark.parametrize(("page", "most"), [("features.md", 30), ("security.md", 20)])
def test_every_feature_names_a_test_that_exists(page: str, most: int) -> None:
    missing = []
    for cells in rows(page):
        path, _, name = cells[-1].partition("::")
        file = PROJECT_ROOT / path
        names = {
            node.name
            for node in ast.walk(
                ast.parse(file.read_text(encoding="utf-8") if file.is_file() else "")
            )
            if isinstance(node, ast.FunctionDef)
        }
        if not name.startswith("test_") or name not in names:
            missing.append(f"{cells[0]}: {cells[-1]}")
    assert missing == []
    assert len(rows(page)) > most


def test_every_row_says_what_each_guide_has() -> None:
    assert {len(cells) for cells in rows()} == {5}
    for cells in rows():
        assert all(cells), cells[0]
