"""How a file writes numbers: found out where all of it agrees, refused where it may be wrong."""

from __future__ import annotations

import pytest

from loyalty_desk.sync.number_formats import COMMA, POINT, NumberFormat, NumbersError, find_format

WHOLE, MONEY = "Points", "Credit"


def found(declared: NumberFormat | None = None, **columns: list[str]) -> NumberFormat:
    """The format of a file with those columns; the first row stands in line 2."""
    rows = [
        (line, [(name, cell, name == WHOLE) for name, cell in zip(columns, cells, strict=True)])
        for line, cells in enumerate(zip(*columns.values(), strict=True), start=2)
    ]
    return find_format(rows, declared)


@pytest.mark.parametrize(
    ("cell", "point", "comma"),
    [
        ("1840", "1840", "1840"),
        (" -12.50 ", "-12.50", None),
        ("12,50", None, "12.50"),
        ("1.000", "1.000", "1000"),
        ("1,000", "1000", "1.000"),
        ("1,234,567.5", "1234567.5", None),
        ("1.234.567,5", None, "1234567.5"),
        ("1 234,5", None, "1234.5"),
        ("1\u202f234,5", None, "1234.5"),
        ("1\u00a0234\u00a0567", "1234567", "1234567"),
        ("1'234.5", "1234.5", None),
        ("1\u2019234", "1234", "1234"),
        ("\u22125", "-5", "-5"),
        ("0.30000000000000004", "0.30000000000000004", None),
        ("5.5e-17", "5.5E-17", None),
        ("0.500", "0.500", None),
        (".5", "0.5", None),
        ("-,500", None, "-0.500"),
        ("12.34.56", None, None),
        ("1,00,000", None, None),
        ("1.000,000.0", None, None),
        ("1'234 567", None, None),
        ("1_000", None, None),
        ("1E+5", None, None),
        ("\u0661\u0662", None, None),
        ("12,", None, None),
        ("", None, None),
        ("many", None, None),
    ],
)
def test_a_cell_is_a_number_in_one_way_or_in_none(
    cell: str, point: str | None, comma: str | None
) -> None:
    read = [one.read(cell) for one in (POINT, COMMA)]

    assert [None if number is None else str(number) for number in read] == [point, comma]


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        ({WHOLE: ["10", "1 000"]}, POINT),
        ({MONEY: ["10", "12.5"]}, POINT),
        ({MONEY: ["10", "12,5"]}, COMMA),
        ({WHOLE: ["1.000", "2.500"]}, COMMA),
        ({WHOLE: ["1,000", "2,500"]}, POINT),
        ({WHOLE: ["1.000", "1.000.000"]}, COMMA),
        ({WHOLE: ["1.000", "12"], MONEY: ["12,50", "3"]}, COMMA),
        ({WHOLE: ["1,000", "12"], MONEY: ["12.50", "3"]}, POINT),
        ({WHOLE: ["1.000", "1840.000"]}, POINT),
        ({WHOLE: ["1840.0", "12.0"]}, POINT),
        ({MONEY: ["1.125", "0.30000000000000004"]}, POINT),
        ({MONEY: ["12.50", "many"], WHOLE: ["12.5", "1,5"]}, POINT),
    ],
)
def test_the_format_is_found_out_where_all_cells_agree(
    columns: dict[str, list[str]], wanted: NumberFormat
) -> None:
    assert found(**columns) == wanted


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        ({WHOLE: ["1.000", "850", "12.000"]}, "'Points' in line 2, 4"),
        ({WHOLE: ["1,000", "850", "12.000"]}, "'Points' in line 2, 4"),
        ({WHOLE: ["1.000", "1840.0"]}, "'Points' in line 2"),
        ({WHOLE: ["5", "1.000"], MONEY: ["12.50", "3"]}, "'Points' in line 3"),
        ({MONEY: ["12.50", "1.250"]}, "'Credit' in line 3"),
        ({MONEY: ["1.250"] * 9}, "'Credit' in line 2, 3, 4"),
    ],
)
def test_what_may_mean_two_things_is_refused_with_its_first_rows(
    columns: dict[str, list[str]], lines: str
) -> None:
    with pytest.raises(
        NumbersError,
        match=f"^a sign may stand .* before decimals: column {lines}$",
    ):
        found(**columns)


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        (
            {MONEY: ["1,5", "12.50"]},
            "point in column 'Credit' in line 3, a decimal comma in column",
        ),
        (
            {WHOLE: ["1.500", "5"], MONEY: ["7", "12.50"]},
            "'Credit' in line 3, .*'Points' in line 2",
        ),
    ],
)
def test_a_file_in_two_formats_is_refused_with_the_first_rows_of_each(
    columns: dict[str, list[str]], lines: str
) -> None:
    with pytest.raises(NumbersError, match=rf"^numbers are written in two ways: .*{lines}"):
        found(**columns)


GERMAN = NumberFormat(",", ".")


def test_what_is_declared_holds_whatever_else_it_may_mean() -> None:
    assert found(GERMAN, **{WHOLE: ["1.000", "850"], MONEY: ["1.250", "0,125"]}) == GERMAN
    assert found(NumberFormat(".", ""), **{WHOLE: ["1.000", "many"]}).read("1.000") == 1


def test_cells_in_another_format_than_the_declared_one_refuse_the_file() -> None:
    says = r"^numbers are not written with ',' before decimals and '\.' between .* in line 3$"
    with pytest.raises(NumbersError, match=says):
        found(GERMAN, **{MONEY: ["1.250", "12.50"]})
    with pytest.raises(NumbersError, match=r"and nothing between thousands: column 'Points'"):
        found(NumberFormat(",", ""), **{WHOLE: ["1.250"]})
