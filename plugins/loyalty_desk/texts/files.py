"""Files of texts: read, merged, and tried before a shopper sees them.

A file is a language, such as `de.yaml`. What is wrong with one of a store's own names the file and
the key, and the text that ships is used in its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from babel import Locale, UnknownLocaleError

from loyalty_desk.settings.mistakes import no_such_key, shown
from loyalty_desk.settings.project import SHIPPED
from loyalty_desk.settings.yaml_files import YamlFileError, load_yaml
from loyalty_desk.texts.days import try_pattern
from loyalty_desk.texts.sentences import SENTENCES, try_sentence

SHIPPED_TEXTS: Final = SHIPPED / "texts"
ENDING: Final = ".yaml"
POINT, TIERS, DAY, DAY_FIRST = "point", "tiers", "day", "day_first"
FORMS: Final = ("zero", "one", "two", "few", "many", "other")
"""The plural forms of Unicode's CLDR; which of them a language has differs."""
OTHER: Final = f"{POINT}.other"
NEEDED: Final = (*SENTENCES, OTHER, DAY)
_OPTIONAL: Final = (DAY_FIRST, *(f"{POINT}.{form}" for form in FORMS))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextProblem:
    """What is wrong with a file of texts. `key` is empty when it is about the whole file."""

    file: Path
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {f'{self.key}: ' if self.key else ''}{self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageTexts:
    """The texts of one language: under each key what is said, and what ships for it.

    A key is `balance.points`, `point.one`, `tiers.Gold` or `day`.
    """

    language: str
    said: Mapping[str, str]
    shipped: Mapping[str, str]


def files_of(folder: Path | None, language: str) -> list[Path]:
    """Where texts of a language may be: what ships, then a store's own."""
    return [one / f"{language}{ENDING}" for one in (SHIPPED_TEXTS, folder) if one is not None]


def read_texts(
    language: str, folder: Path | None
) -> tuple[LanguageTexts | None, list[TextProblem]]:
    """The texts of a language, with what is wrong; None when the language cannot be offered."""
    ships, *own = files_of(folder, language)
    shipped = _flat(load_yaml(ships)) if ships.is_file() else {}
    problems: list[TextProblem] = []
    said = dict(shipped)
    for path in own:
        if path.is_file():
            found = _read_own(path, language, problems)
            if any(key.startswith(f"{POINT}.") for key in found):
                # A name of one's own has its own forms: never one of it and one of what ships.
                said = {key: one for key, one in said.items() if not key.startswith(f"{POINT}.")}
            said |= found
    if not said:
        if not any(path.is_file() for path in own):
            problems.append(_problem((own or [ships])[-1], "", "there is no such file"))
        return None, problems
    if missing := [key for key in NEEDED if key not in said]:
        reason = f"is missing, so nobody is told anything in {language!r}"
        problems += [_problem((own or [ships])[-1], key, reason) for key in missing]
        return None, problems
    return LanguageTexts(language=language, said=said, shipped=shipped), problems


def unread_files(folder: Path, offered: Collection[str]) -> list[TextProblem]:
    """Files among a store's own that look like texts and are of no language that it offers."""
    read = {f"{language}{ENDING}" for language in offered}
    return [
        _problem(path, "", _why_unread(path, offered))
        for path in sorted(folder.glob("*"))
        if path.suffix.lower() in {ENDING, ".yml"} and path.name not in read
    ]


def _why_unread(path: Path, offered: Collection[str]) -> str:
    if path.suffix != ENDING:
        return f"is not read: its name must end with {ENDING}"
    return f"is not read: the store offers {', '.join(offered)}, not {path.stem!r}"


def _read_own(path: Path, language: str, problems: list[TextProblem]) -> dict[str, str]:
    """What can be used of a store's own file; what cannot goes to `problems`."""
    try:
        content = load_yaml(path)
    except YamlFileError as error:
        problems.append(_problem(path, "", f"cannot be read as YAML{error.detail}"))
        return {}
    if not isinstance(content, Mapping):
        problems.append(_problem(path, "", "must hold keys with texts, as the files that ship do"))
        return {}
    try:
        locale = Locale(language)
    except UnknownLocaleError:
        problems.append(_problem(path, "", "is named after no language that has plural rules"))
        return {}
    told = _flat(content)
    faults = {key: _fault(key, text, locale) for key, text in told.items()}
    bad = {key: why for key, why in faults.items() if why is not None}
    if any(key.startswith(f"{POINT}.") for key in told):
        bad |= dict.fromkeys(_missing_forms(told, locale), "is missing beside the other forms")
    problems += [_problem(path, key, why) for key, why in bad.items()]
    if any(key.startswith(f"{POINT}.") for key in bad):  # then no form of that name is used
        return {k: v for k, v in told.items() if k not in bad and not k.startswith(f"{POINT}.")}
    return {key: text for key, text in told.items() if key not in bad}


def _flat(content: Mapping[Any, Any]) -> dict[str, Any]:
    """Each text by its whole key."""
    return dict(_iter_flat(content))


def _iter_flat(content: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{key}", text) for key, text in value.items())
        else:
            yield str(name), value


def _fault(key: str, text: Any, locale: Locale) -> str | None:
    """Why a text cannot be used; None when it can."""
    if key not in NEEDED and key not in _OPTIONAL and not key.startswith(f"{TIERS}."):
        return f"there is {no_such_key(key, (*NEEDED, *_OPTIONAL))}"
    if not isinstance(text, str) or not text.strip():
        return f"is {shown(text)}: must be a text that says something"
    if key in SENTENCES:
        return try_sentence(key, text)
    if key in (DAY, DAY_FIRST):
        return try_pattern(text, locale)
    return None


def _missing_forms(told: Mapping[str, Any], locale: Locale) -> list[str]:
    """The forms that whole numbers need in a language; that of a million may be left out."""
    needed = {"other", *(locale.plural_form(number) for number in range(201))}
    return [key for form in FORMS if form in needed and (key := f"{POINT}.{form}") not in told]


def _problem(file: Path, key: str, reason: str) -> TextProblem:
    return TextProblem(file=file, key=key, reason=reason)
