"""A store's own texts, tried with each value that the samples have, as its language writes it."""

from __future__ import annotations

from pathlib import Path

from loyalty_desk.texts.files import TextProblem
from loyalty_desk.texts.samples import TRIED
from loyalty_desk.texts.sentences import FAULTS, fill
from loyalty_desk.texts.wording import Asked, Wording


def failing_texts(wording: Wording, file: Path) -> list[TextProblem]:
    """One for each of a store's own texts that fails for some value: then another one is said."""
    tried: set[tuple[str, frozenset[tuple[str, str]]]] = set()
    failing: dict[str, TextProblem] = {}
    said, shipped = wording.texts.said, wording.texts.shipped
    for key, values in (one for card in TRIED for one in wording.asked(card).values()):
        trial = key, frozenset(values.items())
        if key in failing or trial in tried or said[key] == shipped.get(key):
            continue
        tried.add(trial)
        if why := _failure((key, values), wording):
            failing[key] = TextProblem(file=file, key=key, reason=why)
    return list(failing.values())


def _failure(asked: Asked, wording: Wording) -> str | None:
    key, values = asked
    try:
        fill(wording.texts.said[key], values)
    except FAULTS as error:
        example = ", ".join(f"{name} {value!r}" for name, value in values.items())
        return f"fails for some values, such as {example}, where another text is said: {error}"
    return None
