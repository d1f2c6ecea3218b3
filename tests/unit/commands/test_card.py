from __future__ import annotations

from loyalty_desk.card.cards import member_card
from loyalty_desk.card.shown import shown_card
from loyalty_desk.commands.card import card_markdown, card_rows
from loyalty_desk.records import MemberStatus
from tests.project import PROJECT_ROOT


def test_the_page_of_the_card_is_what_the_code_says() -> None:
    page = (PROJECT_ROOT / "docs" / "card.md").read_text(encoding="utf-8")

    assert page.endswith(card_markdown()), "write it anew: python -m loyalty_desk card"


def test_a_card_in_a_terminal_has_its_summary_and_then_the_rows_of_the_widget() -> None:
    fields = {
        "tier": "Gold",
        "points_balance": 1866,
        "segments": ["New", "VIP"],
        "profile_url": "https://x.example",
    }
    card = shown_card(member_card("7", MemberStatus.MEMBER, fields), None, None)

    assert card_rows(card) == [
        ("Summary", "1,866 points, Gold"),
        ("Status", "member"),
        ("Points", "1,866"),
        ("VIP tier", "Gold"),
        ("Segments", "New, VIP"),
        ("Open profile", "https://x.example"),
    ]
