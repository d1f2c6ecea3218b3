"""Rows of files as people save them: a quote that is left open never takes in another row."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from loyalty_desk.goodwill.table import Linked
from loyalty_desk.spreadsheets import LongIds, csv_cell, is_spoiled, iter_rows, unguarded

HEAD = "Id;Mail;Name;Points;Old;Tier\n"
PEOPLE = "".join(f"30{n};p{n}@shop.example;P{n};{n}0;0;Gold\n" for n in range(2, 7))


def has_id(row: Mapping[str, str]) -> bool:
    return bool(row["Id"].strip())


def rows(text: str, separator: str | None = None) -> list[tuple[int, list[str]]]:
    return list(iter_rows(io.StringIO(text, newline=""), has_id, separator))


@pytest.mark.parametrize(
    "closed_by",
    [
        pytest.param('307;q@shop.example;Tom 5";10;0;Gold\n', id="a sign of inches"),
        pytest.param("", id="nothing"),
        pytest.param('307;q@shop.example;"Q";10;0;Gold\n', id="a cell in quotes"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["Unix", "Windows", "old Mac"])
def test_an_open_quote_takes_nobody_in(closed_by: str, end: str) -> None:
    text = HEAD + '301;a@shop.example;"A;10;0;Gold\n' + PEOPLE + closed_by

    with pytest.raises(csv.Error, match=r"^line [78]: .*, in a row that begins in line 2$"):
        rows(text.replace("\n", end))


def test_a_cell_may_have_lines_and_separators_of_its_own() -> None:
    text = 'Id;Note;Tier\n1;"Dear A,\nplease; call\n\nyours";Gold\n2;b;"x;y"\n'

    assert rows(text) == [
        (1, ["Id", "Note", "Tier"]),
        (2, ["1", "Dear A,\nplease; call\n\nyours", "Gold"]),
        (6, ["2", "b", "x;y"]),
    ]


@pytest.mark.parametrize(
    ("before", "separator", "line"),
    [
        ("", None, 1),
        ("\ufeff", None, 1),
        ("\n ;;\n", None, 3),
        ("sep=;\r\n", None, 2),
        ("\ufeffsep=;\n", ",", 2),
        ('"sep=;"\n;;\n', None, 3),
        ("", ";", 1),
    ],
)
def test_the_first_row_that_says_something_has_the_names(
    before: str, separator: str | None, line: int
) -> None:
    text = f"{before} Id ;Mail;So, so\n;\n1;a@shop.example;x\n \t;\n"

    assert rows(text, separator) == [
        (line, ["Id", "Mail", "So, so"]),
        (line + 2, ["1", "a@shop.example", "x"]),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", ";;\n", "sep=;\n"])
def test_what_is_blank_has_no_rows(text: str) -> None:
    assert rows(text) == []


@pytest.mark.parametrize(
    "cell", ["6.4E+12", "6,40e+12", "640000.0", "7,00", "########", "#NAME?", "#N/A", "#WERT!"]
)
def test_what_a_spreadsheet_made_of_an_id_is_known(cell: str) -> None:
    assert is_spoiled(cell)


@pytest.mark.parametrize("cell", ["", "6400000001904", "7.5", "12E5", "#7", "a-1", "1.2.3", "0"])
def test_what_may_be_an_id_is_left_alone(cell: str) -> None:
    assert not is_spoiled(cell)


@pytest.mark.parametrize(
    ("ids", "are_rounded"),
    [
        ([f"12345678901234{n}00" for n in range(5)], True),
        ([f" 12345678901234{n}0 " for n in range(9)] + ["7", "a-1"], True),
        ([f"12345678901234{n}00" for n in range(4)], False),
        ([f"12345678901234{n}00" for n in range(9)] + ["12345678901234501"], False),
        (["100000000000000"] * 9, False),
    ],
)
def test_long_ids_that_all_end_in_zeros_were_rounded(ids: list[str], *, are_rounded: bool) -> None:
    seen = LongIds()
    for one in ids:
        seen.see(one)

    assert seen.are_rounded is are_rounded


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_text_that_a_spreadsheet_would_run_is_guarded(start: str) -> None:
    assert csv_cell(f"{start}cmd") == f"'{start}cmd"
    assert csv_cell(Linked(f"{start}cmd", None)) == f"'{start}cmd"
    assert csv_cell(f"a{start}") == f"a{start}"
    assert unguarded(csv_cell(f"{start}cmd")) == f"{start}cmd"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (-60, "-60"),
        (0.875, "0.875"),
        (Decimal("-2.50"), "-2.50"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 9, 30, tzinfo=UTC), "2026-03-01T09:30:00+00:00"),
        (123_456_789_012_345, "123456789012345"),
        (6_400_000_000_000_123, "'6400000000000123"),
        ("-60", "'-60"),
        ("2026-03-01", "'2026-03-01"),
    ],
)
def test_a_number_or_a_day_is_one_and_a_text_that_looks_so_stays_a_text(
    value: object, cell: str
) -> None:
    assert csv_cell(value) == cell
