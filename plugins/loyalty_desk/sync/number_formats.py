"""How a file writes numbers: `1.000` is a thousand here and one there. Pure.

Declared, or found out where all cells agree; what may mean two things and is told by nothing is
refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Final, Literal

MOST_NAMED: Final = 3
DIGITS_OF_A_GROUP: Final = 3
_ONE_SPELLING: Final = str.maketrans(
    {"\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2019": "'", "\u2212": "-"}
)


class NumbersError(ValueError):
    """The numbers of a file cannot be told apart. Names columns and lines, and no number."""


@dataclass(frozen=True)
class NumberFormat:
    """Which sign stands before decimals, and which may stand between thousands."""

    decimal: Literal[".", ","]
    grouping: str
    name: str = "the format that is set"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        grouped = ""
        if self.grouping:
            sign = f"[{re.escape(self.grouping)}]"
            grouped = rf"|[1-9][0-9]{{0,2}}(?P<sign>{sign})[0-9]{{3}}(?:(?P=sign)[0-9]{{3}})*"
        tiny = r"|[0-9](?:\.[0-9]+)?[eE]-[0-9]{1,3}" if self.decimal == "." else ""
        decimals = rf"{re.escape(self.decimal)}[0-9]+"  # alone too: Oracle writes `.5`
        number = rf"(?:[0-9]+{grouped})(?:{decimals})?|{decimals}{tiny}"
        return re.compile(rf"[+-]?(?:{number})")

    def read(self, cell: str) -> Decimal | None:
        """The number that a cell holds, None when it is none in this format."""
        text = cell.strip().translate(_ONE_SPELLING)
        if self._pattern.fullmatch(text) is None:
            return None
        for sign in self.grouping:
            text = text.replace(sign, "")
        return Decimal(text.replace(self.decimal, "."))


PLAIN: Final = NumberFormat(".", "")
POINT: Final = NumberFormat(".", ", '", "a decimal point")
COMMA: Final = NumberFormat(",", ". '", "a decimal comma")


@dataclass(slots=True)
class _Seen:
    """The lines of one column that can be read one way only, or in both."""

    only: dict[NumberFormat, list[int]] = field(default_factory=lambda: {POINT: [], COMMA: []})
    either: dict[str, list[int]] = field(default_factory=lambda: {".": [], ",": []})
    """By the sign that is a decimal one in one reading, and between thousands in the other."""
    has_three: bool = False
    """Whether some cell surely has three decimals or more, so that others may have three too."""


Cells = Iterable[tuple[int, Iterable[tuple[str, str, bool]]]]
"""Rows: the line, and of each column of numbers its name, the cell, and whether it holds whole
numbers only."""


def find_format(rows: Cells, declared: NumberFormat | None) -> NumberFormat:
    """The format that all cells are in; those that are no numbers in any say nothing.

    Raises:
        NumbersError: cells contradict each other or what is declared, or may mean two things.
    """
    columns: dict[str, _Seen] = {}
    for line, cells in rows:
        for column, cell, is_whole in cells:
            if "." in cell or "," in cell:
                _see(columns.setdefault(column, _Seen()), line, cell, declared, is_whole=is_whole)
    if declared is not None:
        between = repr(declared.grouping) if declared.grouping else "nothing"
        said = f"{declared.decimal!r} before decimals and {between} between thousands"
        _refuse(_against(columns), f"numbers are not written with {said}")
        return declared
    found = [one for one in (POINT, COMMA) if any(seen.only[one] for seen in columns.values())]
    if len(found) > 1:
        told = (
            f"{one.name} in {place}"
            for one in found
            for place in _places({name: seen.only[one] for name, seen in columns.items()})
        )
        raise NumbersError(f"numbers are written in two ways: {', '.join(told)}")
    _refuse(_unclear(columns, found), "a sign may stand between thousands or before decimals")
    return found[0] if found else POINT


def _see(
    seen: _Seen, line: int, cell: str, declared: NumberFormat | None, *, is_whole: bool
) -> None:
    if declared is not None and declared.read(cell) is not None:
        return
    fits = [one for one in (POINT, COMMA) if _fits(one.read(cell), is_whole=is_whole)]
    if len(fits) == 1 or (fits and declared is not None):
        _note(seen.only[fits[0]], line)
        _, sign, decimals = cell.strip().rpartition(fits[0].decimal)
        seen.has_three |= bool(sign) and len(decimals) >= DIGITS_OF_A_GROUP
    elif fits:
        _note(seen.either["." if "." in cell else ","], line)


def _note(lines: list[int], line: int) -> None:
    if len(lines) < MOST_NAMED:
        lines.append(line)


def _fits(number: Decimal | None, *, is_whole: bool) -> bool:
    return number is not None and not (is_whole and number != number.to_integral_value())


def _against(columns: dict[str, _Seen]) -> dict[str, list[int]]:
    """What is written in another way than is declared."""
    return {name: sorted(seen.only[POINT] + seen.only[COMMA]) for name, seen in columns.items()}


def _unclear(columns: dict[str, _Seen], found: list[NumberFormat]) -> dict[str, list[int]]:
    """What may mean two things: its sign would be the decimal one, and its column does not tell."""
    lines: dict[str, list[int]] = {}
    for name, seen in columns.items():
        for sign, either in seen.either.items():
            is_told = bool(found) and (found[0].decimal != sign or seen.has_three)
            if not is_told:
                lines.setdefault(name, []).extend(either)
    return lines


def _refuse(lines: dict[str, list[int]], why: str) -> None:
    if places := list(_places(lines)):
        raise NumbersError(f"{why}: {', '.join(places)}")


def _places(lines: dict[str, list[int]]) -> Iterator[str]:
    """Each column with its first lines."""
    for name, found in lines.items():
        if found:
            first = ", ".join(map(str, sorted(found)[:MOST_NAMED]))
            yield f"column {name!r} in line {first}"
