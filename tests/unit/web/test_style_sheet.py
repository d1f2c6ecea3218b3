"""The desk's one style sheet: nothing in it is dead, and its colours are those of the report."""

from __future__ import annotations

import re
from pathlib import Path

import loyalty_desk

PACKAGE = Path(loyalty_desk.__file__).parent
HERE, OF_REPORT = PACKAGE / "web", PACKAGE / "report" / "templates"
SHEET = (HERE / "static" / "desk.css").read_text(encoding="utf-8")
RULES = re.sub(r"/\*.*?\*/", "", SHEET, flags=re.DOTALL)
SHOWN = "\n".join(
    (HERE / "templates" / f"{name}.html.j2").read_text(encoding="utf-8")
    for name in ("components", "needs", "tiles", "trend", "parts", "calls")
) + (OF_REPORT / "table.html.j2").read_text(encoding="utf-8")
WRITTEN = SHOWN + (HERE / "desk" / "tiles.py").read_text(encoding="utf-8")
OF_THE_SCRIPT = {"scripted"}
"""Is set by desk.js on the whole page."""


def test_every_part_of_the_sheet_is_shown_on_the_page_of_components() -> None:
    classes = set(re.findall(r"\.([a-z][\w-]*)", re.sub(r"\{[^}]*\}", "", RULES)))
    shown = set(re.findall(r"[\w-]+", WRITTEN))

    assert len(classes) > 50
    assert classes - shown - OF_THE_SCRIPT == set()


def test_every_custom_property_is_used_and_every_one_used_is_there() -> None:
    defined = set(re.findall(r"(--[\w-]+):", RULES))

    assert set(re.findall(r"var\((--[\w-]+)\)", RULES)) == defined


def test_colours_are_written_once_and_are_those_of_the_report() -> None:
    def colours(sheet: str) -> list[tuple[str, str]]:
        return re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", sheet)

    assert colours(RULES) == colours((OF_REPORT / "report.css").read_text(encoding="utf-8"))
    elsewhere = re.sub(r":root \{[^}]*\}", "", RULES)
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", elsewhere)) - {"#fff"} == set()
