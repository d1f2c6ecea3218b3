"""Names as directories have them: a few that many people have, many that few have, by language.

From Faker's lists. Some tell how common a name is; for the others a fixed order and Zipf's law do.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

LANGUAGES: Final = {
    "en_US": 30,
    "de_DE": 20,
    "fr_FR": 15,
    "es_ES": 10,
    "it_IT": 10,
    "nl_NL": 5,
    "sk_SK": 5,
    "cs_CZ": 5,
}
"""How many of a hundred people have names of a language. Languages share first and last names."""
ZIPF_OFFSET: Final = 20
"""The most common name of a list is so much less common than Zipf's law alone would have it."""
_ALSO_ASCII: Final = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae"})


@dataclass(frozen=True, slots=True)
class Name:
    first: str
    last: str

    @property
    def whole(self) -> str:
        return f"{self.first} {self.last}"


class _List:
    """The first or last names of a language, to draw from."""

    def __init__(self, names: Mapping[str, float] | Sequence[str]) -> None:
        if isinstance(names, Mapping):
            self._names, weights = list(names), list(names.values())
        else:
            self._names = sorted(set(names))
            random.Random(1).shuffle(self._names)
            weights = [1 / (rank + ZIPF_OFFSET) for rank in range(len(self._names))]
        self._cumulated = list(accumulate(weights))

    def draw(self, dice: random.Random) -> str:
        return dice.choices(self._names, cum_weights=self._cumulated)[0]


@cache
def _lists(language: str) -> tuple[_List, _List]:
    provider: Any = import_module(f"faker.providers.person.{language}").Provider
    return _List(provider.first_names), _List(provider.last_names)


def draw_language(dice: random.Random) -> str:
    return dice.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]


def draw_first(dice: random.Random, language: str) -> str:
    return _lists(language)[0].draw(dice)


def draw_name(dice: random.Random, language: str | None = None) -> Name:
    """A name by how common it is."""
    first, last = _lists(language or draw_language(dice))
    return Name(first.draw(dice), last.draw(dice))


def letters(word: str) -> str:
    """A word as it stands in an e-mail address."""
    plain = unicodedata.normalize("NFKD", word.casefold().translate(_ALSO_ASCII))
    return "".join(one for one in plain if one.isascii() and one.isalpha())


def draw_apart(count: int) -> list[Name]:
    """So many names, drawn by a process of its own: Faker takes 66 MiB, and memory is measured."""
    command = [sys.executable, "-m", "benchmarks.names", str(count)]
    # Of this folder, as the product's own may be an installed package's.
    here = Path(__file__).parents[1]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=here)
    return [Name(*pair) for pair in json.loads(done.stdout)]


def main() -> None:
    dice = random.Random(1)
    drawn = (draw_name(dice) for _ in range(int(sys.argv[1])))
    print(json.dumps([(one.first, one.last) for one in drawn]))


if __name__ == "__main__":
    main()
