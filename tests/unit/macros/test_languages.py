"""The macros that ship, in each language: readable over every card, and in that language alone."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

from loyalty_desk.card.keys import MOVEMENTS_TEXT
from loyalty_desk.macros.rendering import render
from loyalty_desk.macros.templates import Macro, gorgias_body, load_macros
from loyalty_desk.texts.of_store import texts_of
from loyalty_desk.texts.samples import SAMPLES
from tests.factories import store_settings
from tests.project import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "include" / "macros"
LANGUAGES = ("de", "fr", "es", "cs", "sk")
STORE = store_settings(texts={"languages": LANGUAGES})
MACROS = [one for one in load_macros(FOLDER, LANGUAGES) if one.language != "en"]
ENGLISH = load_macros(FOLDER)
TRANSLATED = [one for one in ENGLISH if MOVEMENTS_TEXT not in one.printed_keys()]
"""Movements are told in English, so no macro in another language prints them."""
PATH = "ticket.customer.data.loyalty"


def rendered(macro: Macro, card: Any, kind: str) -> str:
    arguments = gorgias_body(macro, STORE)["actions"][0]["arguments"]
    shown = texts_of(STORE).of(macro.language).shown(card)
    customer = {"firstname": "Ada", "data": {"loyalty": shown}}
    context = {"ticket": {"customer": customer}, "current_user": {"firstname": "Olga"}}
    found = render(arguments[kind], context)
    assert set(found.blanks) <= {f"{PATH}.last_award_text"}
    return found.text


def test_each_language_has_each_macro_under_a_name_of_its_own() -> None:
    wanted = {f"{one.key}_{language}" for one, language in product(TRANSLATED, LANGUAGES)}
    assert {macro.key for macro in MACROS} == wanted
    assert len({macro.name for macro in (*MACROS, *ENGLISH)}) == len(MACROS) + len(ENGLISH)
    assert all(macro.key.endswith(f"_{macro.language}") for macro in MACROS)


@pytest.mark.parametrize("macro", MACROS, ids=lambda macro: macro.key)
def test_a_macro_reads_right_over_every_card(macro: Macro) -> None:
    for card in SAMPLES:
        text = rendered(macro, card, "body_text")
        assert not re.search(r"[^\n] {2}| [,.:;!?]|\bNone\b|\{\{|\}\}", text)
        html = re.sub(r"<br>", "\n", rendered(macro, card, "body_html"))
        plain = re.sub(r"</?p>", "", html)
        assert [one for one in plain.split("\n") if one.strip()] == [
            one for one in text.split("\n") if one.strip()
        ]


def test_a_store_whose_language_has_no_macros_keeps_the_english_ones() -> None:
    assert load_macros(FOLDER, ("it",)) == ENGLISH
    assert load_macros(FOLDER, ("it", "de")) == load_macros(FOLDER, ("de",))


@pytest.mark.parametrize("macro", MACROS, ids=lambda macro: macro.key)
def test_it_uses_what_the_english_one_uses_of_the_card(macro: Macro) -> None:
    english = next(one for one in ENGLISH if macro.key == f"{one.key}_{macro.language}")
    assert re.findall(r"\{\{card\.\w+\}\}", macro.text) == re.findall(
        r"\{\{card\.\w+\}\}", english.text
    )
    assert macro.tags == english.tags
