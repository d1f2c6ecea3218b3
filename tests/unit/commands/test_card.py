from __future__ import annotations

from loyalty_desk.commands.card import card_markdown
from loyalty_desk.settings.project import PROJECT_ROOT


def test_the_page_of_the_card_is_what_the_code_says() -> None:
    page = (PROJECT_ROOT / "docs" / "card.md").read_text(encoding="utf-8")

    assert page.endswith(card_markdown()), "write it anew: python -m loyalty_desk card"
