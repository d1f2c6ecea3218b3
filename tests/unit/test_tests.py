"""Tests stay readable and quick: short files, and nobody waits by the clock without a reason."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.project import PROJECT_ROOT

MOST_LINES = 400


def test_no_file_is_long() -> None:
    long = {path: len(text.splitlines()) for path, text in files().items()}
    assert {path: lines for path, lines in long.items() if lines > MOST_LINES} == {}


def test_whoever_sleeps_says_on_the_line_why_no_event_would_do() -> None:
    mute = [
        f"{path}:{line}"
        for path, text in files().items()
        for line in sleeps(text)
        if "#" not in text.splitlines()[line - 1]
    ]
    assert mute == [], "wait for it by tests/waiting.py"


def files() -> dict[Path, str]:
    found = sorted((PROJECT_ROOT / "tests").rglob("*.py"))
    return {path.relative_to(PROJECT_ROOT): path.read_text(encoding="utf-8") for path in found}


def sleeps(text: str) -> list[int]:
    """The lines with a call of `sleep` or `time.sleep`."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if ast.unparse(call.func) in {"sleep", "time.sleep"}]
