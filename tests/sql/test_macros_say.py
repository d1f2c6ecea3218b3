"""Every macro that ships, over every card that can be: no blank, no contradiction, nothing untrue.

Printed by the sandbox, which reads variables strictly; what may be said stands here word for word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from html import unescape
from itertools import product
from typing import Any

import orjson
import pytest
import yaml
from sqlalchemy import Engine, select

from loyalty_desk.card.cards import absent_card, member_card
from loyalty_desk.card.keys import TOLD, Kind
from loyalty_desk.card.shown import NO_MOVEMENTS, shown_card
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.clock import utc_text
from loyalty_desk.macros.templates import Macro, gorgias_body, load_macros
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.records import AwardState, Member, MemberStatus, Outcome
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import schema
from loyalty_desk.staging.intake import stage_members
from loyalty_desk.texts.of_store import texts_of
from sandbox.gorgias.variables import render_parts
from tests.factories import NOW, STORE, store_settings
from tests.project import PROJECT_ROOT
from tests.sql.test_last_awards import put_award, say

LANGUAGES = ("en", "de", "fr", "es", "cs", "sk")
PLATFORMS = ("rivo", "trifft", "smile", "loyaltylion")
MACROS = load_macros(PROJECT_ROOT / "include" / "macros", LANGUAGES)
INTEGRATION = 555
SETTINGS: dict[str, dict[str, Any]] = {
    "the customer's data": {},
    "data of an app": {"gorgias": {"app_id": "abc", "card_key": "points"}},
    "what was fetched": {"push_to": ["custom_fields"]},
}
"""Where the card is that a macro reads."""
SAMPLES: dict[Kind, Any] = {
    Kind.NUMBER: 1840,
    Kind.DECIMAL: "12.5",
    Kind.DATE: "2026-12-31",
    Kind.TEXTS: ["New"],
    Kind.COUPONS: [{"name": "Tea", "value": "5"}],
}
TAKEN_BACK = "taken back"
NEVER = {None, AwardState.REFUSED, AwardState.REJECTED}
ADDED = {
    "en": "We added 50 points on 2 March.",
    "de": "Am 2. März haben wir Ihnen 50 Punkte gutgeschrieben.",
    "fr": "Le 2 mars, nous avons ajouté 50 points à votre compte.",
    "es": "El 2 de marzo le añadimos 50 puntos.",
    "cs": "Dne 2. března jsme Vám připsali 50 bodů.",
    "sk": "Dňa 2. marca sme Vám pripísali 50 bodov.",
}
TOOK_BACK = {
    "en": "We took 50 points back on 2 March.",
    "de": "Am 2. März haben wir Ihnen 50 Punkte wieder abgezogen.",
    "fr": "Le 2 mars, nous avons repris 50 points sur votre compte.",
    "es": "El 2 de marzo le retiramos 50 puntos.",
    "cs": "Dne 2. března jsme Vám zpětně odečetli 50 bodů.",
    "sk": "Dňa 2. marca sme Vám spätne odpočítali 50 bodov.",
}
CHECKED = {
    "en": "Your request is being checked.",
    "de": "Ihr Anliegen wird gerade geprüft.",
    "fr": "Votre demande est en cours de vérification.",
    "es": "Estamos revisando su solicitud.",
    "cs": "Váš požadavek právě prověřujeme.",
    "sk": "Vašu požiadavku práve preverujeme.",
}
OF_AN_AWARD = {
    "en": "added|took|gave|checked",
    "de": "gutgeschrieben|abgezogen|Guthaben um|geprüft",
    "fr": "ajouté|retiré|rendu|repris|augmenté|réduit|vérification",
    "es": "añadimos|descontamos|devolvimos|retiramos|revisando",
    "cs": "připsali|odečetli|vrátili|prověřujeme",
    "sk": "pripísali|odpočítali|vrátili|preverujeme",
}
"""What states that something was booked, or is under way."""
INVITES = {
    "en": "[Yy]ou can .*join",
    "de": "können Sie .*Mitglied",
    "fr": "[Vv]ous pouvez .*adhérer",
    "es": "puede unirse",
    "cs": "můžete .*zapojit",
    "sk": "môžete .*zapojiť",
}
"""What is not so of a member, nor of who was taken out of the programme."""
UNREADABLE = re.compile(r"[^\n] {2}| [,.:;!?]|\bNone\b|\{|\}|<|>")


def iter_printed(
    store: StoreSettings, language: str, card: dict[str, Any]
) -> Iterator[tuple[Macro, str]]:
    """Each macro of a language over a card, as the shopper reads it, in plain text and in HTML."""
    said = texts_of(store).of(language).shown(card)
    shown = shown_card(said, utc_text(NOW), "EUR", reads_movements=True)
    place = {
        "data": {"loyalty": shown},
        "external_data": {"abc": {"points": shown}},
        "integrations": {str(INTEGRATION): shown},
    }
    context = {
        "ticket": {"customer": {"firstname": "Ada", **place}},
        "current_user": {"firstname": "Olga"},
    }
    for macro in (one for one in MACROS if one.language == language):
        arguments = gorgias_body(macro, store, INTEGRATION)["actions"][0]["arguments"]
        for kind in ("body_text", "body_html"):
            parts = render_parts(arguments[kind], context)
            blanks = {part.variable for part in parts if part.is_blank}
            assert all(str(one).endswith(".last_award_text") for one in blanks), macro.key
            text = "".join(part.text for part in parts)
            if kind == "body_html":
                text = unescape(re.sub(r"<[^>]+>", "", re.sub("<br>|</p>", "\n", text)))
            lines = [line for line in text.split("\n") if line.strip()]
            assert not UNREADABLE.search("\n".join(lines)), (macro.key, text)
            yield macro, "\n".join(lines).replace("\xa0", " ").replace("\u202f", " ")


@cache
def sentences(language: str, part: str) -> dict[str, str]:
    """The sentences of a part of the texts that ship, as they stand in the file."""
    path = PROJECT_ROOT / "include" / "texts" / f"{language}.yaml"
    found: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))[part]
    return found


def told_by(platform: str) -> dict[str, Any]:
    """All that a platform can tell of a member."""
    keys = platform_class(platform).capabilities_of({}).card_keys
    urls = {"referral_url": "https://shop.example/r/7", "tier": "Gold", "next_tier": "Onyx"}
    samples = {key.name: SAMPLES.get(key.kind, urls.get(key.name, "x")) for key in TOLD}
    return {name: value for name, value in samples.items() if name in keys}


def settings(place: str) -> StoreSettings:
    return store_settings(texts={"languages": LANGUAGES}, **SETTINGS[place])


def test_each_language_and_each_macro_is_among_them() -> None:
    assert {macro.language for macro in MACROS} == set(LANGUAGES)
    assert len(MACROS) == 5 * len(LANGUAGES) + 2, "movements are told in English alone"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", CARD_CLASSES)
@pytest.mark.parametrize("place", SETTINGS)
def test_over_the_card_of_who_is_no_member(language: str, outcome: Outcome, place: str) -> None:
    said = sentences(language, "nobody")
    for macro, text in iter_printed(settings(place), language, absent_card(outcome)):
        assert said[outcome.value] in text, macro.key
        others = set(said.values()) - {said[outcome.value]}
        assert not [one for one in others if one in text], macro.key
        assert not re.search(OF_AN_AWARD[language], text), (macro.key, text)
        assert not re.search(rf"\d|{INVITES[language]}", text), (macro.key, text)


@pytest.mark.parametrize("state", [None, *AwardState, TAKEN_BACK])
def test_over_the_card_of_a_member(staging: Engine, state: str | None) -> None:
    for card in awarded(staging, state):
        for place, language in product(SETTINGS, LANGUAGES):
            nobody = sentences(language, "nobody").values()
            for macro, text in iter_printed(settings(place), language, card):
                assert "1840" in re.sub(r"\D", "", text) or "balance_text" not in macro.text
                check_award(language, macro, text, state)
                assert not [one for one in nobody if one in text], macro.key
                assert not re.search(INVITES[language], text), (macro.key, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_over_the_card_of_a_member_of_whom_nothing_is_known(language: str) -> None:
    card = member_card("m1", MemberStatus.MEMBER, {})
    for place in SETTINGS:
        for macro, text in iter_printed(settings(place), language, card):
            unknown = [
                sentences(language, one)["unknown"] for one in ("balance", "tier", "referral")
            ]
            unknown.append(NO_MOVEMENTS)
            assert len([one for one in unknown if one in text]) == 1, (macro.key, text)
            assert not re.search(rf"\d|{OF_AN_AWARD[language]}", text), (macro.key, text)


def awarded(staging: Engine, state: str | None) -> list[dict[str, Any]]:
    """The cards of a member and a guest of each platform, with a last award of that state."""
    people = [
        Member(member_id=name, email=f"{name}@shop.example", status=status, card=told_by(platform))
        for platform, status in product(PLATFORMS, (MemberStatus.MEMBER, MemberStatus.GUEST))
        if (name := f"{platform}-{status}")
    ]
    with staging.begin() as connection:
        stage_members(connection, STORE, people, NOW, first_load=False)
    for one in people:
        who = {"member_id": one.member_id, "email": one.email}
        if state == TAKEN_BACK:
            first, second = f"{one.member_id} 1", f"{one.member_id} 2"
            put_award(staging, "applied", NOW - timedelta(hours=1), award_id=first, **who)
            back = {"amount": -50, "reverses": first}
            put_award(staging, "applied", NOW, award_id=second, **back, **who)
        elif state is not None:
            put_award(staging, state, award_id=one.member_id, **who)
    say(staging)
    with staging.connect() as connection:
        cards = connection.execute(select(schema.members.c.card)).scalars().all()
    assert len(cards) == len(people)
    return [orjson.loads(card) for card in cards]


def check_award(language: str, macro: Macro, text: str, state: str | None) -> None:
    """The macro that tells of awards says what is so of the last one; the others say nothing."""
    wanted = ""
    if "last_award_text" in macro.text and state not in NEVER:
        said = {AwardState.APPLIED: ADDED, TAKEN_BACK: TOOK_BACK}.get(str(state), CHECKED)
        wanted = said[language]
    assert wanted in text, (macro.key, text)
    rest = text.replace(wanted, "") if wanted else text
    assert not re.search(OF_AN_AWARD[language], rest), (macro.key, text)
