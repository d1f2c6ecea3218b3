"""The first page and the changelog: short, with what they point at, and of this version."""

from __future__ import annotations

import re
import tomllib

from tests.project import PROJECT_ROOT

README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
TARGET = re.compile(r"\]\((?!https?:)([^)#]+)")


def test_the_first_page_is_short_and_starts_by_commands() -> None:
    first_screen = "\n".join(README.splitlines()[:30])

    assert len(README.splitlines()) <= 150
    assert re.findall(r"^make (\w+)", first_screen, re.M) == ["demo", "up", "test"]
    assert set(re.findall(r"docs/images/\w+\.png", first_screen)) == {
        f"docs/images/{name}.png" for name in ("ticket", "mismatches", "report")
    }


def test_all_that_it_points_at_is_there() -> None:
    targets = TARGET.findall(README)

    assert len(targets) > 20
    assert [target for target in targets if not (PROJECT_ROOT / target).exists()] == []


def test_the_changelog_begins_with_this_version() -> None:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    changelog = (PROJECT_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+?),? ", changelog, re.M)

    assert newest is not None
    assert newest[1] == project["project"]["version"]
