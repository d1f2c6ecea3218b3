"""The macros of `include/macros`: read, checked, and as Gorgias takes them, with its variables.

Source: Gorgias API reference, "Macros" (`setResponseText`; `addTags` takes one text with commas).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from loyalty_desk.card.keys import CARD, MOVEMENTS_TEXT
from loyalty_desk.errors import SettingsError
from loyalty_desk.records import Destination
from loyalty_desk.settings.mistakes import explain_mistakes
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.settings.strict import Strict
from loyalty_desk.settings.yaml_files import YamlFileError, load_yaml

CARD_KEY: Final = re.compile(r"\{\{\s*card\.([a-z_]+)\s*\}\}")
"""How a template names a key of the card, wherever Gorgias keeps it."""
ALWAYS_THERE: Final = tuple(key.name for key in CARD if key.is_words and key.is_everybodys)
"""Keys that every card has, of members and of everybody else."""
MAY_BE_BLANK: Final = tuple(key.name for key in CARD if key.is_words and not key.is_everybodys)
"""Keys that print a blank for who is no member, or of whom they are not known."""

ENGLISH: Final = "en"

Name = Annotated[str, Field(min_length=1, max_length=255, pattern=r"\S")]
Content = Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"\S")]


class Macro(Strict):
    """One macro. `text` and `html` say the same; `{{card.<key>}}` stands for a key of the card.

    `key` is the file's name, and its folder's where that is a language. `may_be_blank` names keys
    of the card that not every card has, and that the text survives without.
    """

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", exclude=True)]
    name: Name
    language: str | None = Field(
        default=None, pattern=r"^[a-z]{2}$", description="Two lower-case letters, such as de."
    )
    tags: tuple[Name, ...] = ()
    text: Content
    html: Content
    may_be_blank: tuple[str, ...] = ()

    def printed_keys(self) -> set[str]:
        """The keys of the card that it prints."""
        return set(CARD_KEY.findall(self.text)) | set(CARD_KEY.findall(self.html))

    def risky_keys(self) -> list[str]:
        """Keys of the card that may print a blank and are not said to."""
        return sorted(self.printed_keys() - {*ALWAYS_THERE, MOVEMENTS_TEXT, *self.may_be_blank})

    def is_for(self, store: StoreSettings) -> bool:
        """Whether the store's cards have what it prints: movements are read for who wants them."""
        return store.lookup.activity or MOVEMENTS_TEXT not in self.printed_keys()


def macros_of(folder: Path, store: StoreSettings) -> list[Macro]:
    """The macros of a folder that a store is to have; raises as `load_macros`."""
    return [one for one in load_macros(folder, store.texts.offered) if one.is_for(store)]


def load_macros(folder: Path, languages: Sequence[str] = (ENGLISH,)) -> list[Macro]:
    """The macros of a folder for a store that offers those languages, by name of file.

    A folder in it is a language, such as `de`. What stands beside these folders is for every store
    that offers English alone; one that offers others gets of it what is in a language of theirs,
    or in none, and all of it where no macro at all is in a language of theirs.

    Raises:
        SettingsError: a file that cannot be used; it names the file, the key and the remedy.
    """
    if not folder.is_dir():
        raise SettingsError(f"there is no folder {folder}: set LOYALTY_DESK_MACROS_DIR")
    usual = found = [_load(path) for path in sorted(folder.glob("*.yaml"))]
    if tuple(languages) != (ENGLISH,):
        found = [one for one in usual if one.language is None or one.language in languages]
    for language in languages:
        paths = sorted((folder / language).glob("*.yaml"))
        found = [*found, *(_load(path, language) for path in paths)]
    return found or usual


def card_path(store: StoreSettings, integration_id: int | None = None) -> str:
    """The variable that holds the card: as set, else where the card is likely to land.

    A store that writes no customer data has it in what the integration has fetched.
    """
    gorgias = store.gorgias
    if gorgias.macro_card_path:
        return gorgias.macro_card_path
    if integration_id is not None and Destination.CUSTOMER_DATA not in store.push_to:
        return f"ticket.customer.integrations.{integration_id}"
    place = f"external_data.{gorgias.app_id}" if gorgias.app_id else "data"
    return f"ticket.customer.{place}.{gorgias.card_key}"


def external_id_of(store: str, key: str) -> str:
    """By which a macro in Gorgias is known as ours."""
    return f"loyalty-desk-{store}-{key}"


def gorgias_body(
    macro: Macro, store: StoreSettings, integration_id: int | None = None
) -> dict[str, Any]:
    """The macro as Gorgias takes it, for a store and the integration that connect made for it."""
    path = card_path(store, integration_id)
    actions: list[dict[str, Any]] = [
        _action(
            "setResponseText",
            "Add response text",
            {
                "body_text": _with_paths(macro.text, path),
                "body_html": _with_paths(macro.html, path),
            },
        )
    ]
    if macro.tags:
        actions.append(_action("addTags", "Add tags", {"tags": ", ".join(macro.tags)}))
    return {
        "external_id": external_id_of(store.name, macro.key),
        "name": macro.name,
        "language": macro.language,
        "intent": None,
        "actions": actions,
    }


def _with_paths(text: str, path: str) -> str:
    """A text with Gorgias' variables for the keys of the card."""
    return CARD_KEY.sub(lambda found: f"{{{{{path}.{found[1]}}}}}", text)


def _action(name: str, title: str, arguments: Mapping[str, str]) -> dict[str, Any]:
    return {"name": name, "title": title, "type": "user", "arguments": dict(arguments)}


def _load(path: Path, language: str | None = None) -> Macro:
    try:
        content = load_yaml(path)
    except YamlFileError as error:
        raise SettingsError(f"{path} cannot be read as YAML{error.detail}") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path} must hold name, text and html")
    try:
        key = f"{path.stem}_{language}" if language else path.stem
        told = {"language": language} if language else {}
        macro = Macro.model_validate({**told, **content, "key": key})
    except ValidationError as error:
        raise SettingsError(explain_mistakes(str(path), error, Macro)) from None
    if language and macro.language != language:
        raise SettingsError(f"{path}: language: must be {language}, as its folder is named")
    if risky := macro.risky_keys():
        raise SettingsError(
            f"{path}: card.{risky[0]} prints a blank for who has none; use one of"
            f" {', '.join(f'card.{key}' for key in sorted(ALWAYS_THERE))}, or list it under"
            " may_be_blank when the text reads well without"
        )
    return macro
