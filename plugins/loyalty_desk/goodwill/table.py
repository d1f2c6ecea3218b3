"""A table as pages and files show it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    RATE = "rate"
    DAY = "day"
    """As text, YYYY-MM-DD."""
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    kind: Kind = Kind.COUNT


@dataclass(frozen=True, slots=True)
class Linked:
    """A text that leads somewhere, where the address is known."""

    text: str
    address: str | None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table under a title. `note` says what a reader may stumble over."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    note: str = ""
