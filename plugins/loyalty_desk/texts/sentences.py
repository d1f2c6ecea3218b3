"""One sentence: its key, what it may name, and how it is filled in. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from loyalty_desk.classes import CARD_CLASSES

_AWARD: Final = ("added", "taken", "given_back", "taken_back")
SENTENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "balance.points": ("points",),
    "balance.credits": ("credits",),
    "balance.both": ("points", "credits"),
    "balance.unknown": (),
    "tier.only": ("tier",),
    "tier.next": ("tier", "next_tier"),
    "tier.away": ("tier", "next_tier", "points"),
    "tier.unknown": (),
    "referral.link": ("url",),
    "referral.unknown": (),
    **{f"award.points_{did}": ("points", "day") for did in _AWARD},
    **{f"award.credits_{did}": ("credits", "day") for did in _AWARD},
    "award.being_checked": (),
    **{f"nobody.{outcome}": () for outcome in CARD_CLASSES},
}
"""The key of each sentence, with the variables that it may name."""
LONGEST: Final = 1000
"""Letters of a sentence beside what its values bring, which may be as long as a platform tells."""
FAULTS: Final = (
    *(TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(RecursionError, MemoryError),
)
"""What a template may raise that somebody wrote: everything that Python raises for a mistake."""

_TRIED: Final[Mapping[str, str]] = {
    "points": "1,840 points",
    "credits": "12.50",
    "tier": "Gold",
    "next_tier": "Platinum",
    "url": "https://shop.example/r/7",
    "day": "28 November",
}
# What it makes is plain text: whoever shows it as HTML escapes it.
_ENVIRONMENT: Final = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


class NothingSaidError(ValueError):
    """A sentence came out empty, or so long that it is none."""


def fill(text: str, values: Mapping[str, str]) -> str:
    """The sentence with its values, in one line.

    Raises:
        NothingSaidError: there is no sentence in it. Or one of FAULTS: the template is broken.
    """
    said = " ".join(_template(text).render(values).split("\n")).strip()
    if not said or len(said) > LONGEST + sum(map(len, values.values())):
        raise NothingSaidError("says nothing, or too much")
    return said


def try_sentence(key: str, text: str) -> str | None:
    """Why the text of a key cannot be used; None when it can."""
    try:
        fill(text, {name: _TRIED[name] for name in SENTENCES[key]})
    except FAULTS as error:
        known = ", ".join(f"{{{{ {name} }}}}" for name in SENTENCES[key]) or "no variable"
        return f"{error} (it may name {known})"
    return None


@lru_cache(maxsize=1000)
def _template(text: str) -> Template:
    return _ENVIRONMENT.from_string(text)
