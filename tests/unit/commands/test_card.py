from __future__ import annotations

from loyalty_desk.card.cards import member_card
from loyalty_desk.commands.card import card_markdown, card_rows
from loyalty_desk.records import MemberStatus
from tests.project import PROJECT_ROOT


def test_the_page_of_the_card_is_what_the_code_says() -> None:
    page = (PROJECT_ROOT / "docs" / "card.md").read_text(encoding="utf-8")

    assert page.endswith(card_markdown()), "write it anew: python -m loyalty_desk card"


def test_a_card_in_a_terminal_has_its_summary_and_then_the_rows_of_the_widget() -> None:
    fields = {"tier": "Gold", "points_balance": 5, "segments": ["New", "VIP"], "profile_url": "x"}

    assert card_rows(member_card("7", MemberStatus.MEMBER, fields)) == [
        ("Summary", "5 points, Gold"),
        ("Status", "member"),
        ("Points", "5"),
        ("VIP tier", "Gold"),
        ("Segments", "New, VIP"),
        ("Open profile", "x"),
    ]
