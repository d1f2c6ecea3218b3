"""A store's own texts: what is right is said, what is wrong is named and never said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loyalty_desk.__main__ import main
from loyalty_desk.card.cards import member_card
from loyalty_desk.records import MemberStatus
from loyalty_desk.settings.stores_file import installation
from loyalty_desk.texts.files import SHIPPED_TEXTS
from loyalty_desk.texts.of_store import StoreTexts, texts_of
from tests.factories import store_settings

CARD = member_card("7", MemberStatus.MEMBER, {"points_balance": 1840, "tier": "Gold"})
CS_NAME = "point: {one: hvězda, few: hvězdy, other: hvězd}\n"


def texts(folder: Path, *languages: str, **files: str) -> StoreTexts:
    for language, content in files.items():
        (folder / f"{language}.yaml").write_text(content, encoding="utf-8")
    own = {"folder": str(folder), "languages": languages or tuple(files)}
    return texts_of(store_settings(texts=own))


def said(found: StoreTexts, language: str = "en", **told: Any) -> dict[str, str]:
    return found.of(language).sentences({**CARD, **told})


def test_single_sentences_are_the_stores_own(tmp_path: Path) -> None:
    found = texts(tmp_path, en="balance: {points: 'A whole {{ points }} for you!'}\n")

    assert found.problems == ()
    assert said(found)["balance_text"] == "A whole 1,840 points for you!"
    assert said(found)["tier_text"] == "Your VIP tier is Gold."


def test_points_and_tiers_have_the_names_that_the_store_gives_them(tmp_path: Path) -> None:
    found = texts(tmp_path, cs=f"{CS_NAME}tiers: {{Gold: Zlatá}}\n")

    assert found.problems == ()
    for number, text in [(1, "1 hvězda"), (3, "3 hvězdy"), (5, "5 hvězd")]:
        assert said(found, "cs", points_balance=number)["balance_text"] == f"Máte {text}."
    assert said(found, "cs")["tier_text"] == "Vaše VIP úroveň je Zlatá."
    assert said(found, "cs", tier="Onyx")["tier_text"] == "Vaše VIP úroveň je Onyx."


def test_a_name_of_ones_own_is_never_mixed_with_the_one_that_ships(tmp_path: Path) -> None:
    """French has a form for a million, which may be left out."""
    found = texts(tmp_path, fr="point: {one: pièce, other: pièces}\n")

    assert found.problems == ()
    assert said(found, "fr", points_balance=1_000_000)["balance_text"].endswith(" pièces.")


@pytest.mark.parametrize(
    ("content", "key", "why"),
    [
        ("balance: {points: 'You have {{ point }}.'}", "balance.points", "{{ points }}"),
        ("balance: {points: 'You have {{ points .'}", "balance.points", "may name"),
        ("balance: {points: ''}", "balance.points", "says something"),
        ("balance: {points: '{% if no %}x{% endif %}'}", "balance.points", "may name"),
        ("balance: {points: '{{ \"\" }}'}", "balance.points", "says nothing"),
        ("balance: {points: 7}", "balance.points", "must be a text"),
        ("balance: {points: '{{ points.__class__ }}'}", "balance.points", "unsafe"),
        ("balance: {points: '{{ points * 999 }}'}", "balance.points", "too much"),
        ("balance: {points: '{{ 1 // 0 }}'}", "balance.points", "may name"),
        ("tier: {unknown: 'None for {{ tier }}'}", "tier.unknown", "no variable"),
        ("balance: {pionts: x}", "balance.pionts", "(did you mean balance.points?)"),
        ("greeting: Hello", "greeting", "no such key"),
        ("day: 'QQQQQQQQ LLLLLLLL !!!! jj'", "day", "pattern of a date"),
        ("day: d. MMMM y", "day", "not for y"),
        ("day: EEEE d", "day", "not for E"),
        ("day_first: d. MMMM 'in' yyyy", "day_first", "not for y"),
        ("day: 2024-13-45", "", "in line 1: no such date"),
        ("tier: {unknown: None}\nday: 2024-02-30 25:00:00", "", "in line 2: no such date"),
        ("balance:\n  points: {{ points }}", "", "in line 2: a value with braces needs quotes"),
        ("balance:\n  points: {% if x %}", "", "in line 2: a value with braces needs quotes"),
        ("- a list", "", "must hold keys"),
        ("balance: [", "", "cannot be read as YAML"),
    ],
)
def test_what_is_wrong_is_named_and_what_ships_is_said(
    tmp_path: Path, content: str, key: str, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = texts(tmp_path, en=content + "\n")

    [problem] = found.problems
    assert (problem.file, problem.key) == (tmp_path / "en.yaml", key)
    assert why in problem.reason
    assert str(tmp_path / "en.yaml") in str(problem)
    assert str(problem) in caplog.text
    assert said(found) == said(texts_of(store_settings()))


def test_a_name_that_lacks_a_form_is_not_used(tmp_path: Path) -> None:
    found = texts(tmp_path, cs="point: {one: hvězda, other: hvězd}\n")

    assert [problem.key for problem in found.problems] == ["point.few"]
    assert said(found, "cs", points_balance=3)["balance_text"] == "Máte 3 body."


def test_a_sentence_that_fails_for_some_alone_is_not_said_to_them(tmp_path: Path) -> None:
    own = "{% if points.startswith('2') %}{{ points / 2 }}{% else %}Yours: {{ points }}{% endif %}"
    found = texts(tmp_path, en=f'balance: {{points: "{own}"}}\n')

    [problem] = found.problems
    assert (problem.file, problem.key) == (tmp_path / "en.yaml", "balance.points")
    assert "fails for some values, such as points '2 points'" in problem.reason
    assert said(found, points_balance=1)["balance_text"] == "Yours: 1 point"
    assert said(found, points_balance=2)["balance_text"] == "You have 2 points."


@pytest.mark.parametrize(
    ("language", "key", "own", "fails_with"),
    [
        ("de", "balance.points", "{{ points.split(',')[1] }}", "points '0 Punkte'"),
        ("de", "balance.points", "{{ 5 // (points != '1.000.000 Punkte') }}", "1.000.000"),
        ("en", "balance.credits", "{{ credits.split('.')[1] }}", "credits '1'"),
        ("de", "balance.credits", "{{ credits.split('.')[1] }}", "credits '1250,50'"),
        ("en", "award.points_taken", "{{ 5 // (points != '21 points') }}{{ day }}", "21"),
        ("cs", "award.credits_added", "{{ credits }}{{ day.split('8 ')[1] }}", "1. března"),
        ("en", "tier.away", "{{ 5 // (points != '5 points') }}", "next_tier 'Onyx'"),
    ],
)
def test_a_text_that_fails_for_a_sample_is_named(
    tmp_path: Path, language: str, key: str, own: str, fails_with: str
) -> None:
    part, name = key.split(".")
    found = texts(tmp_path, **{language: f'{part}: {{{name}: "{own}"}}\n'})

    [problem] = found.problems
    assert (problem.file, problem.key) == (tmp_path / f"{language}.yaml", key)
    assert fails_with in problem.reason


def test_a_pattern_may_ask_for_day_and_month_in_each_way(tmp_path: Path) -> None:
    found = texts(tmp_path, en="day: \"LLLL dd, 'yes'\"\n")

    assert found.problems == ()
    award = said(found, last_award_text="We added 5 points on 28 November.")
    assert award["last_award_text"] == "We added 5 points on November 28, yes."


def test_a_language_of_ones_own_needs_every_sentence(tmp_path: Path) -> None:
    whole = (SHIPPED_TEXTS / "en.yaml").read_text(encoding="utf-8")
    found = texts(tmp_path, nl=whole.replace("You have", "U heeft"))
    assert found.problems == ()
    assert said(found, "nl")["balance_text"] == "U heeft 1.840 points."

    part = texts(tmp_path, nl="point: {one: punt, other: punten}\n")
    assert {problem.key for problem in part.problems} >= {"balance.points", "day"}
    assert said(part, "nl") == said(part, "en")


@pytest.mark.parametrize(("language", "why"), [("it", "no such file"), ("xx", "plural rules")])
def test_a_language_without_texts_is_not_offered(tmp_path: Path, language: str, why: str) -> None:
    (tmp_path / "xx.yaml").write_text("day: d\n")
    found = texts(tmp_path, language)

    assert why in " ".join(map(str, found.problems))
    assert said(found, language) == said(found, "en")


def test_a_changed_file_is_read_anew_and_is_another_version(tmp_path: Path) -> None:
    before = texts(tmp_path, en="balance: {points: 'One {{ points }}'}\n").default
    after = texts(tmp_path, en="balance: {points: 'Another {{ points }}'}\n").default

    assert after.sentences(CARD)["balance_text"] == "Another 1,840 points"
    assert before.version != after.version


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A stores file whose store has texts of its own in a folder."""
    file = tmp_path / "stores.yaml"
    file.write_text(
        "stores:\n  acme:\n    platform: rivo\n"
        f"    texts: {{languages: [de], folder: {tmp_path}}}\n"
    )
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(file))
    installation.cache_clear()
    yield tmp_path
    installation.cache_clear()


def test_the_command_shows_what_is_said(stores: Path, capsys: Any) -> None:
    assert main(["texts", "check", "--store", "acme"]) == 0

    out = capsys.readouterr().out
    assert "You have 21 points." in out
    assert "Sie haben 21 Punkte." in out
    assert "2 languages, 0 texts that are not used" in out


def test_the_command_names_file_and_key_and_fails(stores: Path, capsys: Any) -> None:
    (stores / "de.yaml").write_text("tier: {only: 'Stufe {{ stufe }}'}\n")

    assert main(["texts", "check", "--store", "acme"]) == 1
    out = capsys.readouterr().out
    assert f"NOT USED {stores / 'de.yaml'}: tier.only: 'stufe' is undefined" in out
    assert "Ihre VIP-Stufe ist Gold." in out


def test_the_command_names_what_fails_for_a_sample(stores: Path, capsys: Any) -> None:
    (stores / "de.yaml").write_text("balance: {points: \"{{ points.split(',')[1] }}\"}\n")

    assert main(["texts", "check", "--store", "acme"]) == 1
    assert f"NOT USED {stores / 'de.yaml'}: balance.points: fails" in capsys.readouterr().out


def test_the_command_names_a_file_with_an_impossible_date(stores: Path, capsys: Any) -> None:
    (stores / "de.yaml").write_text("day: 2024-13-45\n")

    assert main(["texts", "check", "--store", "acme"]) == 1
    out = capsys.readouterr().out
    assert f"NOT USED {stores / 'de.yaml'}: cannot be read as YAML in line 1: no such date" in out


@pytest.mark.parametrize(
    ("name", "code", "why"),
    [
        ("fr.yaml", 0, "the store offers en, de, not 'fr'"),
        ("de.yml", 1, "its name must end with .yaml"),
        ("de.YAML", 1, "its name must end with .yaml"),
    ],
)
def test_the_command_names_a_file_that_is_not_read(
    stores: Path, capsys: Any, name: str, code: int, why: str
) -> None:
    (stores / name).write_text("day: d\n")

    assert main(["texts", "check", "--store", "acme"]) == code
    assert f"NOT READ {stores / name}: is not read: {why}" in capsys.readouterr().out


def test_a_value_may_be_as_long_as_a_platform_tells_it(tmp_path: Path) -> None:
    url = f"https://shop.example/r/{'x' * 3000}"
    own = texts(tmp_path, en="referral: {link: 'Yours: {{ url }}'}\n")

    assert said(texts_of_nobody(), referral_url=url)["referral_text"].endswith(url)
    assert said(own, referral_url=url)["referral_text"] == f"Yours: {url}"


def texts_of_nobody() -> StoreTexts:
    """Those of a store without words of its own."""
    return texts_of(store_settings())


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    found = texts_of(store_settings(texts={"folder": str(tmp_path / "gone")}))

    assert [str(one) for one in found.problems] == [f"{tmp_path / 'gone'}: there is no such folder"]
    assert said(found)["balance_text"] == "You have 1,840 points."
