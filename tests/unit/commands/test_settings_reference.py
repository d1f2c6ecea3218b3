from __future__ import annotations

from loyalty_desk.commands.settings_reference import settings_markdown
from tests.project import PROJECT_ROOT


def test_the_page_of_settings_is_what_the_code_says() -> None:
    page = (PROJECT_ROOT / "docs" / "settings.md").read_text(encoding="utf-8")

    assert page.endswith(settings_markdown()), "write it anew: python -m loyalty_desk settings"
