"""What a button in Gorgias sends, as the fields of a request. No I/O.

A button stands beside tickets and on customers' pages, and what an agent types need not be spelled
as the store's settings are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from loyalty_desk.awards.requests import MOST_CHARACTERS
from loyalty_desk.plain_text import clean_prose

SHOWN_MEMBER_ID: Final = "shown_member_id"
"""Whose card the button stands on. It counts where the page does not tell the address."""
CATCH_ALL: Final = "other"
NEAR: Final = 0.7
"""How alike a misspelt reason is to the one that is meant; 1 is the same."""
LONGEST_READ: Final = 320
_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")


def read_button(fields: Mapping[str, Any], reasons: Sequence[str]) -> dict[str, Any]:
    """The request's fields: one way to say who it is for, and a reason of the store's.

    A text that is near none of them is kept in the note, where the store has the reason `other`.
    What is no text is left as it is: reading the request names it.
    """
    read = dict(fields)
    shown = read.pop(SHOWN_MEMBER_ID, None)
    if shown and not read.get("email") and not read.get("member_id"):
        read["member_id"] = shown
    told = read.get("reason")
    words = clean_prose(told) if isinstance(told, str) else None
    if not words or words in reasons or len(words) > LONGEST_READ:
        return read
    found = find_reason(words, reasons)
    if found is not None:
        return read | {"reason": found}
    note = read.get("note") or ""
    if CATCH_ALL not in reasons or not isinstance(note, str):
        return read
    kept = "; ".join(part for part in (note, f"reason: {words}") if part)
    has_room = len(kept) <= MOST_CHARACTERS["note"]
    return read | {"reason": CATCH_ALL, "note": kept if has_room else note}


def find_reason(words: str, reasons: Sequence[str]) -> str | None:
    """The reason that is spelled most alike, whatever its case and what parts its words."""
    by_key = {_key(reason): reason for reason in reversed(reasons)}
    near = get_close_matches(_key(words), by_key, n=1, cutoff=NEAR)
    return by_key[near[0]] if near else None


def _key(text: str) -> str:
    return _BETWEEN_WORDS.sub("_", text.casefold()).strip("_")
