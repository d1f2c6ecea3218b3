"""How sure a suggestion is: reasons add up, a name that disagrees takes away. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from enum import StrEnum
from typing import Final

from rapidfuzz import fuzz


class Reason(StrEnum):
    """Why a customer may be a member."""

    EXTERNAL_ID = "external_id"
    """Both carry the same id of the shop."""
    SAME_MAILBOX = "same_mailbox"
    """The addresses differ by a plus-tag or Gmail's dots only."""
    OTHER_TAG = "other_tag"
    """The same mailbox, under a tag each: one person, or a family who share it."""
    REPAIRED = "repaired_address"
    """One address is not valid; with its slip mended it is the other's."""
    MISTYPED_DOMAIN = "mistyped_domain"
    """One address is the other with a slip in the domain."""
    NAME_AND_ADDRESS = "name_and_similar_address"
    """The same name, and addresses that are nearly the same."""


REASON_WORDS: Final = {
    Reason.EXTERNAL_ID: "the same id in the shop",
    Reason.SAME_MAILBOX: "the same mailbox, but for a tag or dots",
    Reason.OTHER_TAG: "the same mailbox, each with a tag",
    Reason.REPAIRED: "the address, with its slip mended",
    Reason.MISTYPED_DOMAIN: "a slip in the domain",
    Reason.NAME_AND_ADDRESS: "the same name and a similar address",
}
"""The reasons as people read them."""
WEIGHTS: Final = {
    Reason.EXTERNAL_ID: 0.95,
    Reason.SAME_MAILBOX: 0.92,
    Reason.OTHER_TAG: 0.7,
    Reason.REPAIRED: 0.9,
    Reason.MISTYPED_DOMAIN: 0.85,
    Reason.NAME_AND_ADDRESS: 0.8,
}
SAME_WORD: Final = 85.0
"""From this likeness on, of 100, two words are one, with a slip."""
AGREES, DISAGREES = 0.5, 0.4
"""What part of the doubt a name that agrees removes, and of the score one that disagrees."""
_WORD: Final = re.compile(r"[^\W\d_]+")


def name_key(name: str | None) -> str:
    """A name as people compare it: no case, no accents, its words in order of the alphabet."""
    plain = unicodedata.normalize("NFKD", name or "").casefold()
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(sorted(_WORD.findall(letters)))


def score(reasons: Collection[Reason], customer_name: str, member_name: str) -> float:
    """A score from 0 to 1; the names are name keys, empty when unknown."""
    doubt = 1.0
    for reason in reasons:
        doubt *= 1 - WEIGHTS[reason]
    if customer_name and member_name and Reason.NAME_AND_ADDRESS not in reasons:
        if not is_same_name(customer_name, member_name):
            return round((1 - doubt) * (1 - DISAGREES), 3)
        doubt *= 1 - AGREES
    return round(1 - doubt, 3)


def is_same_name(one: str, other: str) -> bool:
    """Whether each word of the shorter name is in the longer one: as it is, with a slip, or begun.

    Brothers and sisters share a last name, so one word that fits is not enough.
    """
    shorter, longer = sorted((one.split(), other.split()), key=len)
    left = list(longer)
    for word in shorter:
        found = next((known for known in left if _is_same_word(word, known)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _is_same_word(word: str, known: str) -> bool:
    if len(word) == 1 or len(known) == 1:
        return word[0] == known[0]
    return fuzz.ratio(word, known) >= SAME_WORD
