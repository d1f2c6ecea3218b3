"""Which column of a member file is what: a YAML file under `include/`, checked when it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from loyalty_desk.card.cards import known
from loyalty_desk.card.dates import read_birthday, read_date
from loyalty_desk.card.keys import TOLD, CardKey, Kind
from loyalty_desk.errors import MemberFileError
from loyalty_desk.http.reading import BadFieldError, clean, read_money, read_points
from loyalty_desk.platforms.reading import full_name
from loyalty_desk.records import Member, MemberStatus
from loyalty_desk.settings.currencies import USUAL_DIGITS
from loyalty_desk.settings.mistakes import explain_mistakes
from loyalty_desk.settings.yaml_files import YamlFileError, load_yaml
from loyalty_desk.spreadsheets import MADE_A_NUMBER, is_spoiled
from loyalty_desk.sync.number_formats import PLAIN, NumberFormat

ABOUT_MEMBER: Final = (
    *("member_id", "email", "status", "first_name", "last_name", "phone", "external_id"),
    "tier_rank",
)
CARD_KEYS: Final = tuple(key for key in TOLD if key.kind is not Kind.COUPONS)
"""What one cell can hold of a card."""
NUMERIC: Final = frozenset({Kind.NUMBER, Kind.DECIMAL})
IDS: Final = frozenset({"external_id", "support_id", "referral_code"})


def _check_key(name: str) -> str:
    known_names = (*ABOUT_MEMBER, *(key.name for key in CARD_KEYS))
    if name not in known_names:
        raise ValueError(f"must be one of {', '.join(known_names)}")
    return name


Key = Annotated[str, AfterValidator(_check_key)]
Column = Annotated[str, Field(min_length=1, max_length=200)]


class Numbers(BaseModel):
    """How numbers are written: the sign before decimals, and the one between thousands, if any."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    decimal: Literal[".", ","]
    grouping: Literal["", ".", ",", " ", "'"] = ""

    @model_validator(mode="after")
    def _differ(self) -> Numbers:
        if self.decimal == self.grouping:
            raise ValueError("decimal and grouping must not be the same sign")
        return self


@dataclass(frozen=True, slots=True)
class Reading:
    """How the numbers of one file are read: in which format, and money to how many decimals."""

    numbers: NumberFormat = PLAIN
    money_digits: int = USUAL_DIGITS


class Columns(BaseModel):
    """What a file of columns says. `columns` are names of the header by what they hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(exclude=True)
    columns: dict[Key, Column]
    status: dict[Literal["guest", "excluded"], tuple[str, ...]] = {}
    """Words of the status column; all others mean a member."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """None: what the first line tells."""
    encoding: Literal["utf-8-sig", "utf-8", "utf-16", "cp1252", "latin-1"] = "utf-8-sig"
    segments_between: Annotated[str, Field(min_length=1, max_length=3)] = ";"
    numbers: Numbers | None = None
    """None: found out from the file, where all of it agrees."""

    @model_validator(mode="after")
    def _names_a_member(self) -> Columns:
        for needed in ("member_id", "email"):
            if needed not in self.columns:
                raise ValueError(f"columns must say which one is {needed}")
        return self

    def check_header(self, name: str, header: Sequence[str]) -> None:
        """Raise MemberFileError when a column that is named here is not in the file just once."""
        wanted = list(dict.fromkeys(self.columns.values()))
        missing = [column for column in wanted if column not in header]
        if missing:
            raise MemberFileError(
                f"{name} has no column {', '.join(map(repr, missing))}; it has"
                f" {', '.join(map(repr, header)) or 'none'}: correct {self.source}"
            )
        twice = [column for column in wanted if header.count(column) > 1]
        if twice:
            raise MemberFileError(f"{name} has column {', '.join(map(repr, twice))} more than once")

    def id_of(self, row: Mapping[str | None, Any]) -> str | None:
        """The id in a row, whatever the rest of it is like; None where it tells nobody's."""
        cell = row.get(self.columns["member_id"])
        return None if not isinstance(cell, str) or is_spoiled(cell.strip()) else cell

    def is_row(self, row: Mapping[str, str]) -> bool:
        """Whether a line inside of a cell may be a member of its own: one word is where ids are."""
        return len(row.get(self.columns["member_id"], "").split()) == 1

    @property
    def number_columns(self) -> dict[str, bool]:
        """The columns with numbers: whether they are whole ones."""
        kinds = {key.name: key.kind is Kind.NUMBER for key in CARD_KEYS if key.kind in NUMERIC}
        kinds["tier_rank"] = True
        return {
            self.columns[key]: is_whole for key, is_whole in kinds.items() if key in self.columns
        }

    @property
    def declared(self) -> NumberFormat | None:
        told = self.numbers
        return None if told is None else NumberFormat(told.decimal, told.grouping)

    def read_member(self, row: Mapping[str | None, Any], reading: Reading = Reading()) -> Member:
        """Read one row; raises BadFieldError, which names the column."""
        if None in row:
            raise BadFieldError("(row)", "has more cells than the first line")
        if None in row.values():
            raise BadFieldError("(row)", "has fewer cells than the first line")
        member_id = self._text(row, "member_id")
        if member_id is None or len(member_id) > 64 or not member_id.isprintable():
            raise BadFieldError(self.columns["member_id"], "is no id")
        if "@" in member_id:
            raise BadFieldError(self.columns["member_id"], "is an address and no id")
        for key in ("member_id", *IDS):
            if key in self.columns and is_spoiled(self._text(row, key) or ""):
                raise BadFieldError(self.columns[key], MADE_A_NUMBER)
        rank = self._points(row, "tier_rank", reading)
        first_last = full_name(self._text(row, "first_name"), self._text(row, "last_name"))
        card = {key.name: self._value(row, key, reading) for key in CARD_KEYS}
        card["name"] = card["name"] or first_last
        named = {key: self._text(row, key) for key in ("email", "phone", "external_id")}
        return Member(
            **named,
            member_id=member_id,
            status=self._status(row),
            card=known(card),
            cleared=self._cleared({**named, **card}),
            tier_rank=max(0, min(rank or 0, 2**31 - 1)),
        )

    def _cleared(self, values: Mapping[str, Any]) -> frozenset[str]:
        """Whose cell is empty, which says that there is none; a column not there says nothing."""
        told = {*self.columns, *(["name"] if "first_name" in self.columns else [])}
        return frozenset(key for key, value in values.items() if value is None and key in told)

    def _value(self, row: Mapping[str | None, Any], key: CardKey, reading: Reading) -> Any:
        if key.name not in self.columns:  # as most are not, and rows are many
            return None
        match key.kind:
            case Kind.NUMBER:
                return self._points(row, key.name, reading)
            case Kind.DECIMAL:
                column, cell = self._number(row, key.name, reading)
                return read_money(cell, column, reading.money_digits)
            case Kind.TEXTS:
                return self._texts(row, key.name)
            case Kind.DATE:
                return read_date(self._text(row, key.name))
        text = self._text(row, key.name)
        return read_birthday(text) if key.name == "birthday" else text

    def _cell(self, row: Mapping[str | None, Any], key: str) -> tuple[str, dict[str, Any]]:
        column = self.columns.get(key, "")
        return column, {column: row.get(column) if column else None}

    def _text(self, row: Mapping[str | None, Any], key: str) -> str | None:
        column, cell = self._cell(row, key)
        value = clean(cell[column] or "")
        if value and ("\n" in value or "\r" in value):
            raise BadFieldError(column, "holds a line break")
        return value

    def _points(self, row: Mapping[str | None, Any], key: str, reading: Reading) -> int | None:
        column, cell = self._number(row, key, reading)
        return read_points(cell, column)

    def _number(
        self, row: Mapping[str | None, Any], key: str, reading: Reading
    ) -> tuple[str, dict[str, str]]:
        """The column and its number as everybody writes it, empty where there is none."""
        column, text = self.columns.get(key, ""), self._text(row, key) or ""
        if not text or (text.isascii() and text.isdigit()):
            return column, {column: text}
        number = reading.numbers.read(text)
        if number is None:
            raise BadFieldError(column, MADE_A_NUMBER if is_spoiled(text) else "is not a number")
        return column, {column: str(number)}

    def _status(self, row: Mapping[str | None, Any]) -> MemberStatus:
        word = (self._text(row, "status") or "").lower()
        for status in (MemberStatus.GUEST, MemberStatus.EXCLUDED):
            words = self.status.get(status.value, ())  # type: ignore[call-overload]
            if word in {one.lower() for one in words}:
                return status
        return MemberStatus.MEMBER

    def _texts(self, row: Mapping[str | None, Any], key: str) -> list[str] | None:
        if key not in self.columns:
            return None
        parts = (self._text(row, key) or "").split(self.segments_between)
        return [name for part in parts if (name := clean(part))]


def read_columns(path: Path) -> Columns:
    """Read a file of columns; raises MemberFileError naming the file and what is wrong."""
    try:
        content = load_yaml(path)
        given = content if isinstance(content, dict) else {}
        return Columns.model_validate({**given, "source": str(path)})
    except YamlFileError as error:
        raise MemberFileError(str(error)) from None
    except ValidationError as error:
        raise MemberFileError(explain_mistakes(str(path), error, Columns)) from None
