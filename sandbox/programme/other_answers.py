"""Changes members at every place of a platform's answers: to another value, to null, to nothing."""

import random
from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.programme.answered import ABSENT, find_holder, places_of
from sandbox.programme.side import Side

WAYS = ("other", "null", "nothing")


def change_answers(side: Side, rows: Sequence[int], dice: random.Random) -> list[str]:
    """Change each of the rows at one place; return what became of each, such as `dob: null`.

    The pairs of a place and a way are dealt out like cards, so that enough rows have them all. A
    place that cannot change that way where a row stands is left for the next one.
    """
    shown = {row: side.answer(row) for row in rows}
    values = _values_by_place(shown.values())
    all_pairs = [
        (place, way)
        for place in sorted(values)
        for way in WAYS
        # The id says whom the answer is about.
        if place != "id" and (way == "other" or place not in side.never_empty)
    ]
    deck: list[tuple[str, str]] = []
    told = []
    for row in rows:
        pair = _first_fitting(deck, shown[row], values)
        if pair is None:
            deck += dice.sample(all_pairs, len(all_pairs))
            pair = _first_fitting(deck, shown[row], values)
        if pair is None:  # no place of it can change at all
            told.append("")
            continue
        deck.remove(pair)
        side.programme.answer_otherwise(side.name, row, _change(shown[row], *pair, values) or {})
        told.append(": ".join(pair))
    return told


def _values_by_place(answers: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return two different values of each place, as far as there are, so that one is another's."""
    values: dict[str, list[Any]] = {}
    for answer in answers:
        for place in places_of(answer):
            held = values.setdefault(place, [])
            holder, name = find_holder(answer, place)
            value = None if holder is None else holder[name]
            if len(held) < 2 and value not in (None, "", *held):
                held.append(value)
    return values


def _first_fitting(
    deck: list[tuple[str, str]], answer: dict[str, Any], values: dict[str, list[Any]]
) -> tuple[str, str] | None:
    return next((pair for pair in deck if _change(answer, *pair, values) is not None), None)


def _change(
    answer: dict[str, Any], place: str, way: str, values: dict[str, list[Any]]
) -> dict[str, Any] | None:
    """Return the change of an answer, None when it would be none."""
    holder, name = find_holder(answer, place)
    if holder is None or name not in holder:
        return None
    if way == "nothing":
        return {place: ABSENT}
    if way == "null":
        return None if holder[name] is None else {place: None}
    others = (value for value in values[place] if value != holder[name])
    return next(({place: value} for value in others), None)
