"""How likely it is that somebody of the same name is another person. Pure."""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import Final

OTHERS_BESIDES: Final = 100
"""People of other names who count as met too: of a few people, two of one name are chance."""


class Namesakes:
    """How common names are among the people who pass by; a name is a name key."""

    def __init__(self) -> None:
        self._people = 0
        self._words: Counter[str] = Counter()

    def add(self, name: str) -> None:
        self._people += 1
        self._words.update(name.split())

    def expected(self, name: str) -> float:
        """How many others of a name there are by chance, beside the one who is asked about.

        First and last names count by themselves: a name that was met once may be of two common
        ones, so that its next bearer is somebody else.
        """
        others = (self._words[word] - 1 for word in name.split())
        met = self._people + OTHERS_BESIDES
        return self._people * prod(max(0, other) / met for other in others)
