"""What shoppers read, word for word, in each language that ships."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from loyalty_desk.card.cards import absent_card, fingerprint, member_card, shown_fingerprint
from loyalty_desk.card.texts import (
    BEING_CHECKED,
    LAST_AWARD,
    TEXT_KEYS,
    Booked,
    booked_text,
    read_booked,
    with_texts,
)
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.records import MemberStatus, Unit
from loyalty_desk.staging.migrations.versions.v0024_texts import FIRST_TEXTS as WRITTEN_BY_UPGRADE
from loyalty_desk.staging.plan_schema import FIRST_TEXTS
from loyalty_desk.texts.files import SHIPPED_TEXTS
from loyalty_desk.texts.of_store import shipped_english, texts_of
from loyalty_desk.texts.samples import NUMBERS, SAMPLES
from loyalty_desk.texts.wording import Wording
from tests.factories import store_settings

LANGUAGES = ["cs", "de", "en", "es", "fr", "sk"]


def wording(language: str, **settings: Any) -> Wording:
    texts = {"languages": LANGUAGES, "credits_as_money": "currency" in settings}
    return texts_of(store_settings(texts=texts, **settings)).of(language)


def card(**told: Any) -> dict[str, Any]:
    return member_card("7", MemberStatus.MEMBER, told)


def plain(text: str) -> str:
    """The text with plain spaces: languages group numbers by spaces that do not break."""
    return text.replace("\xa0", " ").replace("\u202f", " ")


def balance(language: str, told: dict[str, Any], **settings: Any) -> str:
    return plain(wording(language, **settings).sentences(card(**told))["balance_text"])


def test_six_languages_ship_and_nothing_is_wrong_with_them() -> None:
    assert sorted(path.stem for path in SHIPPED_TEXTS.glob("*.yaml")) == LANGUAGES
    texts = texts_of(store_settings(texts={"languages": LANGUAGES}))
    assert (sorted(texts.by_language), texts.problems) == (LANGUAGES, ())


BALANCES = {
    "en": ["0 points", "1 point", "2 points", "5 points", "21 points", "1,000,000 points"],
    "de": ["0 Punkte", "1 Punkt", "2 Punkte", "5 Punkte", "21 Punkte", "1.000.000 Punkte"],
    "fr": ["0 point", "1 point", "2 points", "5 points", "21 points", "1 000 000 de points"],
    "es": ["0 puntos", "1 punto", "2 puntos", "5 puntos", "21 puntos", "1.000.000 de puntos"],
    "cs": ["0 bodů", "1 bod", "2 body", "5 bodů", "21 bodů", "1 000 000 bodů"],
    "sk": ["0 bodov", "1 bod", "2 body", "5 bodov", "21 bodov", "1 000 000 bodov"],
}
YOU_HAVE = {
    "en": "You have {}.",
    "de": "Sie haben {}.",
    "fr": "Vous avez {}.",
    "es": "Tiene {}.",
    "cs": "Máte {}.",
    "sk": "Máte {}.",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", range(len(NUMBERS)))
def test_a_balance_in_each_language(language: str, place: int) -> None:
    said = YOU_HAVE[language].format(BALANCES[language][place])
    assert balance(language, {"points_balance": NUMBERS[place]}) == said


@pytest.mark.parametrize(
    ("language", "money"),
    [
        ("en", "€1,250.50"),
        ("de", "1.250,50 €"),
        ("fr", "1 250,50 €"),
        ("es", "1.250,50 €"),
        ("cs", "1 250,50 €"),
        ("sk", "1 250,50 €"),
    ],
)
def test_credits_are_money_where_the_store_says_so(language: str, money: str) -> None:
    assert money in balance(language, {"credits_balance": "1250.50"}, currency="EUR")


@pytest.mark.parametrize(("language", "number"), [("en", "1250.50"), ("de", "1250,50")])
def test_credits_are_a_number_otherwise(language: str, number: str) -> None:
    assert f" {number}" in balance(language, {"credits_balance": "1250.50"})
    assert "soon" in balance(language, {"credits_balance": "soon"}), "whatever a platform sends"


def test_nobody_is_told_of_no_credits_as_most_shops_have_none() -> None:
    assert balance("en", {"points_balance": 7, "credits_balance": "0"}) == "You have 7 points."
    assert balance("en", {"credits_balance": "0"}) == balance("en", {})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", range(len(SAMPLES)))
def test_every_sentence_is_said_whoever_it_is_of(language: str, number: int) -> None:
    sample, said = SAMPLES[number], wording(language)
    sentences = said.sentences(sample)
    told_of_award = sentences.pop(LAST_AWARD)

    assert set(sentences) == set(TEXT_KEYS)
    assert bool(told_of_award) == bool(sample.get(LAST_AWARD))
    for text in filter(None, (*sentences.values(), told_of_award)):
        assert text.endswith((".", "https://shop.example/r/7"))
        assert "{" not in text
        assert "  " not in text
    if language != "en":
        assert not set(sentences.values()) & set(wording("en").sentences(sample).values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_said_of_two_things(language: str) -> None:
    said = [value for sample in SAMPLES for value in wording(language).sentences(sample).items()]
    by_text: dict[str, set[str]] = {}
    for key, text in said:
        by_text.setdefault(text, set()).add(key)
    nobody = {wording(language).sentences(absent_card(one))["tier_text"] for one in CARD_CLASSES}
    assert all(len(keys) == 1 for text, keys in by_text.items() if text not in nobody)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "We took 1,250 points back on 1 March."),
        ("de", "Am 1. März haben wir Ihnen 1.250 Punkte wieder abgezogen."),
        ("fr", "Le 1er mars, nous avons repris 1 250 points sur votre compte."),
        ("es", "El 1 de marzo le retiramos 1.250 puntos."),
        ("cs", "Dne 1. března jsme Vám zpětně odečetli 1 250 bodů."),
        ("sk", "Dňa 1. marca sme Vám spätne odpočítali 1 250 bodov."),
    ],
)
def test_an_award_is_told_with_its_day(language: str, text: str) -> None:
    staged = booked_text(Unit.POINTS, -1250, date(2026, 3, 1), takes_back=True)
    told = wording(language).sentences(card(**{LAST_AWARD: staged}))[LAST_AWARD]
    assert plain(told) == text


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("amount", [1, -1, 5, -99, 100, 123_456_789, -1_000_000])
@pytest.mark.parametrize("takes_back", [False, True])
@pytest.mark.parametrize("day", [date(2024, 2, 29), date(2026, 5, 1), date(2026, 12, 31)])
def test_what_staging_keeps_of_an_award_is_read_back(
    unit: Unit, amount: int, *, takes_back: bool, day: date
) -> None:
    text = booked_text(unit, amount, day, takes_back=takes_back)
    assert read_booked(text) == Booked(unit, amount, day.month, day.day, takes_back)


@pytest.mark.parametrize("text", ["", BEING_CHECKED, "We added 7 points.", "We added on 1 May."])
def test_another_text_is_no_award(text: str) -> None:
    assert read_booked(text) is None


@pytest.mark.parametrize("number", range(len(SAMPLES)))
def test_english_is_word_for_word_what_stands_on_cards_today(number: int) -> None:
    sample = SAMPLES[number]
    before, now = with_texts(sample), shipped_english().shown(sample)
    if sample.get("points_to_next_tier") == 1:  # "1 points away"
        before["tier_text"] = before["tier_text"].replace("1 points", "1 point")
    assert now == before


def test_an_upgrade_takes_cards_of_before_for_what_ships_in_english() -> None:
    """With another version each card would be written anew: say so to the merchants then."""
    assert shipped_english().version == FIRST_TEXTS == WRITTEN_BY_UPGRADE


def test_a_version_is_of_a_language_and_its_words() -> None:
    versions = {wording(language).version for language in LANGUAGES}
    assert len(versions | {wording("de", currency="EUR").version}) == len(LANGUAGES) + 1


def test_a_card_in_other_words_is_known_by_a_fingerprint_of_its_own() -> None:
    mine = card(points_balance=7)
    german = wording("de").shown(mine)

    assert shown_fingerprint(shipped_english().shown(mine)) == fingerprint(mine)
    assert shown_fingerprint(german) not in {fingerprint(mine), shown_fingerprint(mine)}
    assert shown_fingerprint({**german, "synced_at": "x"}) == shown_fingerprint(german)
    assert shown_fingerprint({**german, "tier_text": "x"}) != shown_fingerprint(german)


def test_who_has_another_language_is_told_in_the_stores() -> None:
    texts = texts_of(store_settings(texts={"language": "cs", "languages": ["de"]}))
    said = [texts.of(one).texts.language for one in ("de", "cs", "sk", "xx", None)]
    assert said == ["de", "cs", "cs", "cs", "cs"]
