from __future__ import annotations

from loyalty_desk.project import PROJECT_ROOT
from loyalty_desk.settings_reference import settings_markdown


def test_the_page_of_settings_is_what_the_code_says() -> None:
    page = (PROJECT_ROOT / "docs" / "settings.md").read_text(encoding="utf-8")

    assert page.endswith(settings_markdown()), "write it anew: python -m loyalty_desk settings"
