"""`dags.make(globals())` in a file of one's own makes every DAG, and for a task only its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from loyalty_desk.orchestration.dags import MAKES
from tests.project import PROJECT_ROOT

THREE_LINES = '''"""Loyalty Desk in this Airflow."""

from loyalty_desk.orchestration import dags

dags.make(globals())
'''
STORES = {"one": {"platform": "rivo"}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "loyalty.py"
    path.parent.mkdir()
    path.write_text(THREE_LINES, encoding="utf-8")
    return path


def test_three_lines_make_what_our_own_files_make(
    file: Path, load: Callable[..., Any], dags: Mapping[str, Any]
) -> None:
    ours = load(STORES).dags

    found = load(STORES, folder=file.parent).dags

    assert set(found) == set(ours)
    assert {Path(dag.fileloc) for dag in found.values()} == {file}
    for dag_id, dag in found.items():
        assert sorted(dag.task_ids) == sorted(ours[dag_id].task_ids)


@pytest.mark.parametrize("module", MAKES)
def test_a_task_has_only_its_own_dags_made(
    module: str, file: Path, load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for family in MAKES[module]:
        monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", f"{family}__one")
        found = load(STORES, folder=file.parent).dags
        assert {dag_id.partition("__")[0] for dag_id in found} == set(MAKES[module])


def test_each_module_has_a_dag_file_of_ours_that_airflow_looks_into() -> None:
    """Airflow skips a file without the word "airflow" in it."""
    files = {path.stem: path.read_text("utf-8") for path in (PROJECT_ROOT / "dags").glob("*.py")}

    assert set(files) == set(MAKES)
    for text in (*files.values(), THREE_LINES):
        assert "airflow" in text.lower()


def test_the_pages_show_a_file_that_airflow_looks_into() -> None:
    pages = [path.read_text("utf-8") for path in (PROJECT_ROOT / "docs").rglob("*.md")]

    assert any(THREE_LINES in page for page in pages)
