"""The tables of docs/platforms.md are what the code says."""

from __future__ import annotations

from loyalty_desk.platforms.check import guesses_markdown
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.settings.stores_file import OWN_PLATFORMS
from tests.project import PROJECT_ROOT


def test_the_tables_of_guesses_are_those_of_the_code() -> None:
    kinds = [platform_class(name) for name in OWN_PLATFORMS]
    tables = ["\n".join(guesses_markdown(one.title, one.guesses)) for one in kinds if one.guesses]
    page = (PROJECT_ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")

    assert page.endswith("\n\n".join(tables) + "\n"), (
        "write them anew: python -m loyalty_desk platform guesses"
    )


def test_every_platform_is_on_the_page() -> None:
    page = (PROJECT_ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")

    for name in OWN_PLATFORMS:
        assert f"`{name}`" in page
