"""What a platform's documentation leaves open, and how a merchant corrects it.

Each open question is one line of the platform's table, with what we assume. The extra of the
Airflow connection overrides it key by key, under `api`; null says that the account has no such
thing. What most merchants set has a field of its own in the connection's form as well. So a wrong
guess costs a setting and not a release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final
from urllib.parse import parse_qsl, quote

from loyalty_desk.card.addresses import is_web_address
from loyalty_desk.card.keys import is_address
from loyalty_desk.http.reading import BadFieldError

EXTRA_KEY: Final = "api"
OWN_FIELDS: Final = ("profile_url",)
"""Keys that have a field of their own in the connection's form, beside `api`."""
DOTTED = re.compile(r"[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]+)*")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
LONGEST: Final = 300

Value = str | int | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One open question. `value` is the assumed answer, and its type that of every other answer.

    `may_be_null`: an account may lack it. A `/path` may hold the placeholders of `fills`, and any
    other text of a guess that is `dotted` names a place in a JSON object, as in `tier.name`.
    """

    value: Value
    about: str
    may_be_null: bool = True
    fills: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    kind: type = str
    dotted: bool = True


def resolve(table: Mapping[str, Guess], options: Mapping[str, Any]) -> dict[str, Any]:
    """The answers in force: the table's, replaced by those in the extra.

    Raises:
        BadFieldError: an override that the table does not know, or that cannot be one; it names
            the key, what is wrong and what is allowed.
    """
    overrides = options.get(EXTRA_KEY) or {}
    if not isinstance(overrides, Mapping):
        raise BadFieldError(EXTRA_KEY, "must be a JSON object of keys and values")
    answers = {key: guess.value for key, guess in table.items()}
    for key in OWN_FIELDS:
        if key in table and options.get(key):  # an empty field of the form says nothing
            answers[key] = _checked(key, table[key], options[key])
    for key, value in overrides.items():
        if key not in table:
            near = get_close_matches(str(key), table, n=3)
            hint = f"did you mean {', '.join(near)}?" if near else f"known are {', '.join(table)}"
            raise BadFieldError(f"{EXTRA_KEY}.{key}", f"is no key of this platform; {hint}")
        answers[key] = _checked(f"{EXTRA_KEY}.{key}", table[key], value)
    return answers


def _checked(key: str, guess: Guess, value: Any) -> Any:
    if value is None:
        if guess.may_be_null:
            return None
        raise BadFieldError(key, f"cannot be null: {guess.about}")
    kind = type(guess.value) if guess.value is not None else guess.kind
    if kind is not type(value):
        names = {str: "text", int: "a whole number", bool: "true or false"}
        raise BadFieldError(key, f"must be {names[kind]}: {guess.about}")
    if guess.choices and value not in guess.choices:
        raise BadFieldError(key, f"must be one of {', '.join(guess.choices)}")
    if isinstance(value, str):
        _check_text(key, guess, value)
    return value


def _check_text(key: str, guess: Guess, value: str) -> None:
    if not value or len(value) > LONGEST or not value.isprintable() or value != value.strip():
        raise BadFieldError(key, f"must be 1 to {LONGEST} plain characters")
    wanted = set(guess.fills)
    held = set(PLACEHOLDER.findall(value))
    if held - wanted:
        allowed = ", ".join(f"{{{name}}}" for name in guess.fills) or "none"
        raise BadFieldError(key, f"holds an unknown placeholder; allowed are {allowed}")
    if wanted and not held:
        raise BadFieldError(key, f"must hold {' or '.join(f'{{{name}}}' for name in guess.fills)}")
    if guess.fills and is_address(key) and not is_web_address(PLACEHOLDER.sub("1", value)):
        raise BadFieldError(key, "must be an address that starts with https:// or http://")
    is_path = isinstance(guess.value, str) and guess.value.startswith("/")
    if is_path and not value.startswith("/"):
        raise BadFieldError(key, "must be a path that starts with /")
    if not is_path and not guess.fills and guess.dotted and not DOTTED.fullmatch(value):
        raise BadFieldError(key, "must be names with dots between them, such as tier.name")


def fill_path(template: str, **values: str) -> tuple[str, dict[str, str]]:
    """The path and the query of a template such as `/member?type=Email&value={email}`."""
    path, _, query = template.partition("?")
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    pairs = parse_qsl(query, keep_blank_values=True)
    return path, {key: text.format(**values) if "{" in text else text for key, text in pairs}


def pick(row: Any, place: str | None) -> Any:
    """What stands at a dotted place of a JSON object; None when nothing does, or no place."""
    for step in (place or "").split(".") if place else ():
        if isinstance(row, Mapping):
            row = row.get(step)
        elif isinstance(row, list) and step.isdecimal() and int(step) < len(row):
            row = row[int(step)]
        else:
            return None
    return row if place else None


def stands(row: Any, place: str) -> bool:
    """Whether there is such a place, be it empty, or it may be below something empty."""
    above, _, last = place.rpartition(".")
    holder = pick(row, above) if above else row
    if isinstance(holder, Mapping):
        return last in holder
    return bool(above) and holder is None and stands(row, above)
