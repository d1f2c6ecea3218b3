"""The lists of mutants, `tests/mutants/<area>.toml`, each entry of which must fit the source."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LISTS: Final = Path("tests") / "mutants"
_KNOWN: Final = {
    "mutant": {"harm", "file", "take", "put", "tests", "hangs"},
    "equivalent": {"reason", "file", "take", "put"},
}


class BadListError(Exception):
    """A list says what cannot be tried; names the list, the entry and what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One piece of source and what to put there instead. One per entry of a list.

    `harm` is what it would do to a shop, or for an equivalent, why it does nothing. `tests` are
    files, folders or single tests, of which one must fail; an equivalent has none.
    """

    area: str
    harm: str
    file: str
    take: str
    put: str
    tests: tuple[str, ...] = ()
    hangs: bool = False

    def __str__(self) -> str:
        return f"{self.area}: {self.harm}"

    def spoil(self, source: str) -> str:
        """The source of `file` with the piece replaced."""
        return source.replace(self.take, self.put)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """What the lists hold: mutants to try, and equivalents, which no test could notice."""

    mutants: tuple[Mutant, ...]
    equivalents: tuple[Mutant, ...]


def read_lists(root: Path, areas: Sequence[str] = ()) -> Lists:
    """Read the lists of these areas, or all; raises BadListError for what cannot be tried."""
    files = {path.stem: path for path in sorted((root / LISTS).glob("*.toml"))}
    if unknown := sorted(set(areas) - set(files)):
        raise BadListError(f"no area {', '.join(unknown)}; there are: {', '.join(files)}")
    mutants: list[Mutant] = []
    equivalents: list[Mutant] = []
    for area in areas or files:
        said = tomllib.loads(files[area].read_text(encoding="utf-8"))
        if unknown := sorted(set(said) - {"tests", *_KNOWN}):
            raise BadListError(f"{LISTS / area}.toml: nobody knows {', '.join(unknown)}")
        tests = said.get("tests", [])
        mutants += [_read(area, "mutant", entry, tests) for entry in said.get("mutant", [])]
        equivalents += [_read(area, "equivalent", one, []) for one in said.get("equivalent", [])]
    found = [_find_fault(root, mutant) for mutant in (*mutants, *equivalents)]
    if faults := [fault for fault in found if fault]:
        raise BadListError("\n  ".join(faults))
    return Lists(mutants=tuple(mutants), equivalents=tuple(equivalents))


def _read(area: str, kind: str, entry: dict[str, Any], tests: Sequence[str]) -> Mutant:
    place = f"{LISTS / area}.toml, {kind} “{entry.get('harm') or entry.get('reason')}”"
    name = "harm" if kind == "mutant" else "reason"
    if missing := sorted({name, "file", "take", "put"} - set(entry)):
        raise BadListError(f"{place}: say {', '.join(missing)}")
    if unknown := sorted(set(entry) - _KNOWN[kind]):
        raise BadListError(f"{place}: nobody knows {', '.join(unknown)}")
    return Mutant(
        area=area,
        harm=entry[name],
        file=entry["file"],
        take=entry["take"],
        put=entry["put"],
        tests=tuple(entry.get("tests", tests)),
        hangs=entry.get("hangs", False),
    )


def _find_fault(root: Path, mutant: Mutant) -> str | None:
    """Why an entry cannot be tried; None when it can."""
    place = f"{LISTS / mutant.area}.toml, “{mutant.harm}”"
    if mutant.take == mutant.put:
        return f"{place}: it changes nothing"
    if not (root / mutant.file).is_file():
        return f"{place}: there is no file {mutant.file}"
    for test in mutant.tests:
        if not (root / test.partition("::")[0]).exists():
            return f"{place}: there is no test {test}"
    found = (root / mutant.file).read_text(encoding="utf-8").count(mutant.take)
    if found != 1:
        return (
            f"{place}: its piece is {found} times in {mutant.file}, must be once; write there what"
            f" the source says now: {mutant.take!r}"
        )
    return None
