"""What we import of Airflow beyond its public interface is named, with its reason."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator

import pytest

from loyalty_desk.hooks.internals import INTERNALS, PUBLIC
from tests.project import PACKAGE, PROJECT_ROOT

SOURCES = (*PACKAGE.rglob("*.py"), *(PROJECT_ROOT / "dags").glob("*.py"))


def imported(source: str) -> Iterator[str]:
    """The names of Airflow's that a module imports, in full."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in found if f"{name}.".startswith("airflow."))


def is_public(name: str) -> bool:
    return any(f"{name}.".startswith(f"{public}.") for public in PUBLIC)


def beyond_public() -> set[str]:
    found = {name for path in SOURCES for name in imported(path.read_text(encoding="utf-8"))}
    assert "airflow.sdk.task" in found, "nothing was looked at"
    return {name for name in found if not is_public(name)}


def test_whatever_is_not_public_is_on_the_list_and_nothing_else_is() -> None:
    assert beyond_public() == set(INTERNALS)


@pytest.mark.parametrize(
    "line",
    ["import airflow.models", "from airflow import settings", "from airflow.sdk_x import a"],
)
def test_another_import_would_be_found(line: str) -> None:
    (name,) = imported(line)
    assert not is_public(name)
    assert name not in INTERNALS


@pytest.mark.parametrize("name", INTERNALS)
def test_this_airflow_has_it(name: str) -> None:
    module, _, member = name.rpartition(".")
    assert hasattr(importlib.import_module(module), member)
    assert INTERNALS[name]
