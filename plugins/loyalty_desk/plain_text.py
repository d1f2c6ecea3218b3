"""Which letters of a text are kept: what people write is, what hides or turns text around is not.

The one rule for every way in: requests, forms, files, commands, and records of platforms. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Tags spell out the flags of England, Scotland and Wales; anywhere else they hide text.
_FLAG: Final = "(?P<flag>\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"
# Overrides, embeddings and isolates of direction (people have marks for that), the byte order mark,
# deprecated and annotating marks.
_TURNING: Final = "\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
# Controls but tab and line breaks; half an emoji of a text that was cut off.
_CONTROLS: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff"
_HIDDEN: Final = re.compile(f"{_FLAG}|[{_TURNING}]")
_UNSAFE: Final = re.compile(f"{_FLAG}|[{_TURNING}{_CONTROLS}]")

# What shows nothing whatever its category: Unicode's Default_Ignorable_Code_Point.
_IGNORABLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)

# Emoji that are younger than this Python, which calls them unassigned.
_NEW_EMOJI: Final = range(0x1F000, 0x1FB00)


def drop_unsafe(text: str) -> str:
    """A text that somebody else's system sent, without controls and what turns text around."""
    if text.isprintable():
        return text
    return _UNSAFE.sub(_flag, text)


def clean_prose(text: str, *, lines: bool = False) -> str | None:
    """What a person wrote, trimmed, without what turns text around; one line unless `lines`.

    The spaces, joiners and break marks of any language stay. None when it holds a control letter
    or half a letter: no person writes that, so it is refused and not guessed at.
    """
    text = _HIDDEN.sub(_flag, text).strip()
    return text if text.isprintable() or all(_is_written(one, lines) for one in text) else None


def clean_name(text: str) -> str | None:
    """The same of a name, an address or an id: nothing invisible, and every space is a plain one.

    So no two names look alike and differ.
    """
    prose = clean_prose(text)
    return None if prose is None else visible(prose).strip()


def visible(text: str) -> str:
    """The text without invisible letters, every space a plain one."""
    if text.isascii():
        return text
    kinds = ((one, unicodedata.category(one)) for one in without_invisible(text))
    return "".join(" " if kind == "Zs" else one for one, kind in kinds)


def without_invisible(text: str) -> str:
    """The text without letters that show nothing, and without marks that only change others."""
    shown = _IGNORABLE.sub("", text)
    return "".join(one for one in shown if unicodedata.category(one) != "Cf")


def _is_written(letter: str, lines: bool) -> bool:  # noqa: FBT001 - a loop's inner test
    return (
        letter.isprintable()
        or unicodedata.category(letter) in {"Zs", "Cf"}
        or (lines and letter in "\n\t")
        or ord(letter) in _NEW_EMOJI
    )


def _flag(found: re.Match[str]) -> str:
    return found["flag"] or ""
