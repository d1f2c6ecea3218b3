"""The macros that ship: readable whatever is missing; and what is wrong with a file."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from loyalty_desk.card.cards import absent_card, member_card
from loyalty_desk.card.shown import NO_MOVEMENTS, shown_card
from loyalty_desk.card.texts import BEING_CHECKED, LAST_AWARD, with_texts
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.errors import SettingsError
from loyalty_desk.macros.rendering import render
from loyalty_desk.macros.templates import (
    Macro,
    card_path,
    external_id_of,
    gorgias_body,
    load_macros,
    macros_of,
)
from loyalty_desk.records import MemberStatus, Outcome
from loyalty_desk.settings.sections import GorgiasSettings
from tests.factories import store_settings
from tests.project import PROJECT_ROOT

SHIPPED = load_macros(PROJECT_ROOT / "include" / "macros")
EVERYTHING = {
    "points_balance": 1840,
    "credits_balance": "12.5",
    "tier": "Gold",
    "next_tier": "Platinum",
    "points_to_next_tier": 160,
    "referral_url": "https://shop.example/r/1",
}
CARDS = {
    "a member with everything": member_card("7", MemberStatus.MEMBER, EVERYTHING),
    "a member of whom nothing is known": member_card("7", MemberStatus.MEMBER, {}),
    "a guest": member_card("7", MemberStatus.GUEST, {"points_balance": 1}),
    "an awarded member": member_card("7", MemberStatus.MEMBER, {LAST_AWARD: BEING_CHECKED}),
    **{outcome.value: absent_card(outcome) for outcome in CARD_CLASSES},
}
SAID = "The last movements of your points: +120 for order 7 on 3 Nov 2026; 80 pending."
FIRST_NAMES = ["Ada", "", None]
MAY_BE_EMPTY = {"points_award_apology": {"ticket.customer.data.loyalty.last_award_text"}}
"""The one sentence that says nothing where there is nothing to say."""


class Words(HTMLParser):
    """The text of a piece of HTML, a line for each paragraph or break."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.text += "\n"


def sentences(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def rendered(
    macro: Macro,
    card: dict[str, Any],
    first_name: str | None,
    *,
    html: bool,
    activity: str | None = None,
) -> str:
    arguments = gorgias_body(macro, store_settings())["actions"][0]["arguments"]
    shown = shown_card(with_texts(card), None, None, activity, reads_movements=True)
    context = {
        "ticket": {
            "customer": {"firstname": first_name, "data": {"loyalty": shown}},
        },
        "current_user": {"firstname": "Olga"},
    }
    found = render(arguments["body_html" if html else "body_text"], context, html=html)
    assert set(found.blanks) <= {"ticket.customer.firstname", *MAY_BE_EMPTY.get(macro.key, ())}
    return found.text


def test_those_that_were_promised_are_there() -> None:
    assert [macro.key for macro in SHIPPED] == [
        *("balance", "last_movements", "not_a_member", "points_award_apology"),
        *("points_for_order", "referral_link", "tier"),
    ]


def test_movements_are_printed_only_where_a_store_has_them_read() -> None:
    folder = PROJECT_ROOT / "include" / "macros"
    without, with_them = (
        {macro.key for macro in macros_of(folder, store_settings(lookup={"activity": is_read}))}
        for is_read in (False, True)
    )

    assert with_them - without == {"last_movements", "points_for_order"}
    assert without < with_them


@pytest.mark.parametrize(
    ("who", "activity", "said"),
    [
        ("a guest", "Last: +120 for order 7 on 3 Nov 2026; 80 pending", SAID),
        ("a guest", "", NO_MOVEMENTS),
        ("a guest", None, NO_MOVEMENTS),
        ("ambiguous", None, CARD_CLASSES[Outcome.AMBIGUOUS].sentence),
    ],
)
@pytest.mark.parametrize("key", ["last_movements", "points_for_order"])
def test_the_last_movements_are_printed_and_what_is_so_where_there_are_none(
    key: str, who: str, activity: str | None, said: str
) -> None:
    macro = next(one for one in SHIPPED if one.key == key)

    assert said in rendered(macro, CARDS[who], "Ada", html=False, activity=activity)


@pytest.mark.parametrize("macro", SHIPPED, ids=lambda macro: macro.key)
@pytest.mark.parametrize(("who", "first_name"), list(product(CARDS, FIRST_NAMES)), ids=str)
def test_a_macro_reads_right_whatever_is_missing(
    macro: Macro, who: str, first_name: str | None
) -> None:
    text = rendered(macro, CARDS[who], first_name, html=False)

    assert not re.search(
        r"[^\n] {2}| [,.:;!?]|\bNone\b|\{\{|\}\}", text.replace("Hello  ", "Hello")
    )
    html = Words()
    html.feed(rendered(macro, CARDS[who], first_name, html=True))
    assert sentences(html.text) == sentences(text)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("balance", "You have 1,840 points and 12.5 in store credit."),
        ("tier", "Your VIP tier is Gold. Next is Platinum, 160 points away."),
        ("referral_link", "https://shop.example/r/1"),
        ("points_award_apology", "You have 1,840 points"),
    ],
)
def test_a_macro_says_what_is_known(key: str, said: str) -> None:
    macro = next(one for one in SHIPPED if one.key == key)

    assert said in rendered(macro, CARDS["a member with everything"], "Ada", html=False)


def test_nobody_is_told_what_only_staff_should_know() -> None:
    for outcome in (Outcome.EXCLUDED, Outcome.ERASED, Outcome.AMBIGUOUS):
        for macro in SHIPPED:
            text = rendered(macro, absent_card(outcome), "Ada", html=False).lower()
            assert not re.search(r"exclud|eras|more than one|ambig", text)


def test_the_variable_path_comes_from_the_store() -> None:
    store = store_settings(
        gorgias=GorgiasSettings(macro_card_path="ticket.customer.integrations[9]")
    )

    body = gorgias_body(SHIPPED[0], store)

    text = body["actions"][0]["arguments"]["body_text"]
    assert "{{ticket.customer.integrations[9].balance_text}}" in text
    assert "card." not in text.replace("card_path", "")
    assert body["external_id"] == external_id_of("acme", "balance")


@pytest.mark.parametrize(
    ("gorgias", "path"),
    [
        ({}, "ticket.customer.data.loyalty"),
        ({"card_key": "points"}, "ticket.customer.data.points"),
        ({"app_id": "abc"}, "ticket.customer.external_data.abc.loyalty"),
        ({"app_id": "abc", "macro_card_path": "ticket.customer.x"}, "ticket.customer.x"),
    ],
)
def test_the_card_is_where_it_lands_unless_it_is_said(gorgias: dict[str, str], path: str) -> None:
    assert card_path(store_settings(gorgias=GorgiasSettings(**gorgias))) == path


def test_a_store_that_writes_no_customer_data_has_the_card_in_what_was_fetched() -> None:
    fields_only = store_settings(push_to=("custom_fields",))

    assert card_path(fields_only, 555) == "ticket.customer.integrations.555"
    assert card_path(store_settings(), 555) == "ticket.customer.data.loyalty"
    assert "{{ticket.customer.integrations.555.balance_text}}" in str(
        gorgias_body(SHIPPED[0], fields_only, 555)
    )


@pytest.mark.parametrize("path", ["{{x}}", "a..b", "1a", "a b", ".a"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="macro_card_path"):
        GorgiasSettings(macro_card_path=path)


def test_tags_are_one_text_with_commas() -> None:
    macro = Macro(key="a", name="A", text="x", html="x", tags=("loyalty", "vip"))

    assert gorgias_body(macro, store_settings())["actions"][1]["arguments"] == {
        "tags": "loyalty, vip"
    }


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("name: A\ntext: x\n", "html: must be given"),
        ("name: A\ntext: x\nhtml: x\nextra: 1\n", "extra: no such key; allowed are name, language"),
        ("name: ''\ntext: x\nhtml: x\n", "name is '': must be 1 or more"),
        ("- a list\n", "must hold name, text and html"),
        ("name: [\n", "cannot be read as YAML"),
        ("name: 2024-13-45\n", "cannot be read as YAML in line 1: no such date"),
        ("name: A\ntext: {{card.tier}}\n", "in line 2: a value with braces needs quotes"),
        ("name: A\ntext: 'You have {{card.points_balance}}'\nhtml: x\n", "card.points_balance"),
        ("name: A\ntext: x\nhtml: '{{ card.tier }}'\n", "may_be_blank"),
        ("name: A\nlanguage: english\ntext: x\nhtml: x\n", "language is 'english': must be as"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(content: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(content)

    with pytest.raises(SettingsError, match=re.escape(why)) as error:
        load_macros(tmp_path)

    assert "mine.yaml" in str(error.value)


def test_a_key_that_may_be_blank_can_be_used_when_it_is_said(tmp_path: Path) -> None:
    content = "name: A\ntext: '{{card.tier}}'\nhtml: x\nmay_be_blank: [tier]\n"
    (tmp_path / "mine.yaml").write_text(content)

    assert load_macros(tmp_path)[0].may_be_blank == ("tier",)


def test_a_store_has_the_macros_of_the_languages_that_it_offers(tmp_path: Path) -> None:
    for name, language in [("mine", "fr"), ("any", None), ("english", "en")]:
        line = f"language: {language}\n" if language else ""
        (tmp_path / f"{name}.yaml").write_text(f"name: A\n{line}text: x\nhtml: x\n")
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "mine.yaml").write_text("name: A\ntext: x\nhtml: x\n")

    def keys(*languages: str) -> list[str]:
        return [macro.key for macro in load_macros(tmp_path, languages)]

    assert keys("en") == ["any", "english", "mine"], "as before there were languages"
    assert keys("en", "de") == ["any", "english", "mine_de"]
    assert keys("de") == ["any", "mine_de"]
    assert load_macros(tmp_path, ["de"])[1].language == "de"


def test_a_macro_in_another_language_than_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "mine.yaml").write_text("name: A\nlanguage: fr\ntext: x\nhtml: x\n")

    with pytest.raises(SettingsError, match="language: must be de"):
        load_macros(tmp_path, ["de"])


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="LOYALTY_DESK_MACROS_DIR"):
        load_macros(tmp_path / "none")
