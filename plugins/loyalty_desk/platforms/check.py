"""Tries what we guess about a platform against a live account, with reads alone.

Says of each line of the platform's table whether it works there, and what stands there instead, so
that a merchant can correct it in the connection. Names of fields are told, values never.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from loyalty_desk.http.reading import kind
from loyalty_desk.platforms.base import Platform, Sample
from loyalty_desk.platforms.guesses import EXTRA_KEY, Guess, pick, resolve, stands

MOST_NAMES: Final = 20


class Verdict(StrEnum):
    """From best to worst: of several answers about one guess, the best one counts."""

    WORKS = "works"
    LOOK = "look at it"
    FAILS = "does not work"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of one guess. `value` is the answer in force."""

    key: str
    value: Any
    verdict: Verdict
    detail: str


def check_guesses(
    platform: Platform, options: Mapping[str, Any], identifier: str | None = None
) -> list[Finding]:
    """Try every guess of the platform, in the order of its table.

    `identifier` is a member's id or address to look at; by default whoever is listed first.
    """
    answers = resolve(platform.guesses, options)
    found: dict[str, Finding] = {}
    for sample in platform.iter_samples(identifier):
        for key in sample.tried:
            finding = _judge(key, answers[key], sample)
            before = found.get(key)
            if before is None or _rank(finding) < _rank(before):
                found[key] = finding
    return [
        found.get(key) or _not_tried(key, guess, answers[key])
        for key, guess in platform.guesses.items()
    ]


def _judge(key: str, value: Any, sample: Sample) -> Finding:
    if sample.failure is not None:
        verdict = Verdict.NOT_TRIED if sample.an_object else Verdict.FAILS
        return Finding(key=key, value=value, verdict=verdict, detail=sample.failure)
    if not sample.an_object:
        return Finding(
            key=key, value=value, verdict=Verdict.WORKS, detail=f"{sample.what}: answered"
        )
    if value is None:
        return Finding(key=key, value=value, verdict=Verdict.WORKS, detail="not looked for")
    if not stands(sample.answer, value):
        is_object = isinstance(sample.answer, Mapping)
        names = ", ".join(_names(sample.answer)) if is_object else kind(sample.answer)
        detail = f"not in {sample.what}, which has: {names}"
        return Finding(key=key, value=value, verdict=Verdict.LOOK, detail=detail)
    here = kind(pick(sample.answer, value))
    return Finding(key=key, value=value, verdict=Verdict.WORKS, detail=f"{here} in {sample.what}")


def _not_tried(key: str, guess: Guess, value: Any) -> Finding:
    if value is None:
        detail = f"set to null: {guess.about}"
    else:
        detail = f"only a person or a write can tell: {guess.about}"
    return Finding(key=key, value=value, verdict=Verdict.NOT_TRIED, detail=detail)


def _rank(finding: Finding) -> int:
    return list(Verdict).index(finding.verdict)


def _names(row: Mapping[str, Any]) -> Iterator[str]:
    """Names of fields, those of objects inside too, up to a number."""
    names = []
    for name, value in row.items():
        names.append(str(name))
        if isinstance(value, Mapping):
            names += [f"{name}.{inner}" for inner in value]
    yield from names[:MOST_NAMES]
    if len(names) > MOST_NAMES:
        yield f"and {len(names) - MOST_NAMES} more"


def guesses_markdown(title: str, table: Mapping[str, Guess]) -> Iterable[str]:
    """The table of one platform for `docs/platforms.md`."""
    yield f"### {title}"
    yield ""
    yield f"| Key under `{EXTRA_KEY}` | Assumed | What it is |"
    yield "| --- | --- | --- |"
    for key, guess in table.items():
        value = "null" if guess.value is None else str(guess.value).lower()
        value = value if not isinstance(guess.value, str) else guess.value
        null = "" if guess.may_be_null or not isinstance(guess.value, str) else " Not null."
        yield f"| `{key}` | `{value}` | {guess.about[0].upper()}{guess.about[1:]}.{null} |"
