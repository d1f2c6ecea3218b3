"""The texts of a store: in each language that it offers, read anew when a file has changed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Final

from loyalty_desk.settings.project import PROJECT_ROOT
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.texts.files import TextProblem, files_of, read_texts, unread_files
from loyalty_desk.texts.trials import failing_texts
from loyalty_desk.texts.wording import Wording

log = logging.getLogger(__name__)

ENGLISH: Final = "en"


@dataclass(frozen=True, slots=True)
class StoreTexts:
    """What a store says, by language; `problems` has a line for each text that is not used."""

    default: Wording
    by_language: Mapping[str, Wording]
    problems: tuple[TextProblem, ...] = ()

    def of(self, language: str | None) -> Wording:
        """What is said to who has that language in Gorgias."""
        return self.by_language.get(language or "", self.default)


def texts_of(store: StoreSettings) -> StoreTexts:
    """The texts of a store. A language that cannot be used is left out, and its people are told
    what everybody else is; what ships in English is there always.
    """
    folder = own_folder(store)
    key = (store.texts, store.currency, _signature(store, folder))
    with _READING:
        found = _READ.get(store.name)
        if found is None or found[0] != key:
            found = _READ[store.name] = key, _read(store, folder)
        return found[1]


def own_folder(store: StoreSettings) -> Path | None:
    """Where a store's own texts are."""
    return PROJECT_ROOT / store.texts.folder if store.texts.folder else None


def unread_of(store: StoreSettings) -> list[TextProblem]:
    """Files in a store's folder that nothing reads. Other stores may: only who asks is told."""
    folder = own_folder(store)
    return unread_files(folder, store.texts.offered) if folder else []


def _read(store: StoreSettings, folder: Path | None) -> StoreTexts:
    english = shipped_english()
    currency = store.currency if store.texts.credits_as_money else None
    problems: list[TextProblem] = []
    if folder is not None and not folder.is_dir():
        problems.append(TextProblem(file=folder, key="", reason="there is no such folder"))
    found: dict[str, Wording] = {}
    for language in store.texts.offered:
        texts, faults = read_texts(language, folder)
        problems += faults
        if texts is not None:
            found[language] = Wording(texts, currency, fallback=english)
            if folder is not None:
                problems += failing_texts(found[language], files_of(folder, language)[-1])
    for problem in problems:
        log.warning("store %s: a text is not used: %s", store.name, problem)
    default = found.get(store.texts.language, english)
    return StoreTexts(default, found, tuple(problems))


@cache
def shipped_english() -> Wording:
    """What ships in English, for who is of no store or has no other words."""
    texts, _ = read_texts(ENGLISH, None)
    if texts is None:
        raise FileNotFoundError("include/texts/en.yaml is not whole")
    return Wording(texts)


def _signature(store: StoreSettings, folder: Path | None) -> tuple[tuple[int, int], ...]:
    """Differs when a file is another one; a file that is not there counts as well."""
    return tuple(_state(path) for one in store.texts.offered for path in files_of(folder, one))


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size


_READ: dict[str, tuple[object, StoreTexts]] = {}
_READING = Lock()
