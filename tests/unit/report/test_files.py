"""The files of mismatches: read back by other libraries, and safe to open."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from loyalty_desk.report import files, sheets
from loyalty_desk.report.files import CSV, JSON, XLSX, write_files
from loyalty_desk.report.mismatch_rows import COLUMNS, MismatchRow
from tests.factories import NOW, STORE

FORMULAS = ["=1+1", "+49", "-5", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x.test")']
NOT_A_MEMBER = "Wrote to us, not a member"
ID = 12345678901234567
"""Not a whole number any more once it is a float."""


def row(identifier: str = "12345678901234567", **values: object) -> MismatchRow:
    """A customer who wrote and may be member m1."""
    made = MismatchRow(
        side="customer",
        id=identifier,
        outcome="customer_not_found",
        since="2026-03-02T09:30:00.000000Z",
        newest_ticket_id=4711,
        tickets=2,
        what_to_do="Ask",
        may_be_member="m1",
        score=0.92,
        because="a slip in the domain",
        needs_person=True,
    )
    return made._replace(**values)


def write(folder: Path, *rows: MismatchRow) -> int:
    return write_files(rows, folder, store=STORE, run_id="r1", now=NOW)


def rows_of(folder: Path, sheet: str = NOT_A_MEMBER) -> list[tuple[Any, ...]]:
    """The rows of a sheet of the workbook, below what stands above them."""
    return list(load_workbook(folder / XLSX)[sheet].iter_rows(min_row=5, values_only=True))


def test_the_three_files_say_the_same(tmp_path: Path) -> None:
    assert write(tmp_path, row()) == 1

    [in_csv] = csv.DictReader((tmp_path / CSV).read_text("utf-8-sig").splitlines())
    document = json.loads((tmp_path / JSON).read_bytes())
    [in_json] = document["mismatches"]
    [cells] = rows_of(tmp_path)
    assert tuple(in_csv) == COLUMNS
    assert (document["store"], document["run_id"]) == (STORE, "r1")
    assert in_json["id"] == cells[0] == "12345678901234567", "not rounded"
    assert in_csv["id"] == "'12345678901234567", "nor by who opens it"
    assert in_json["tickets"] == cells[4] == 2
    assert in_json["score"] == cells[7] == 0.92
    assert sorted(path.name for path in tmp_path.iterdir()) == [CSV, JSON, XLSX]


def test_the_spreadsheet_holds_what_needs_somebody_and_the_others_everything(
    tmp_path: Path,
) -> None:
    write(tmp_path, row("1"), row("2", needs_person=False))

    assert [cells[0] for cells in rows_of(tmp_path)] == ["1"]
    document = json.loads((tmp_path / JSON).read_bytes())
    assert [(one["id"], one["needs_person"]) for one in document["mismatches"]] == [
        *(("1", True), ("2", False)),
    ]


def test_nothing_at_all_is_three_files_too(tmp_path: Path) -> None:
    assert write(tmp_path) == 0
    assert json.loads((tmp_path / JSON).read_bytes())["mismatches"] == []
    assert load_workbook(tmp_path / XLSX).sheetnames == ["Overview"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(tmp_path: Path, formula: str) -> None:
    names = {"name": formula, "may_be_name": formula}
    write(tmp_path, row(formula, may_be_member=formula, because=formula, **names))

    [cells] = load_workbook(tmp_path / XLSX)[NOT_A_MEMBER].iter_rows(min_row=5)
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert {cells[place].value for place in (0, 1, 5, 6, 8)} == {formula}
    assert {cell.hyperlink for cell in cells} == {None}
    [in_csv] = list(csv.DictReader((tmp_path / CSV).open(encoding="utf-8-sig", newline="")))
    assert in_csv["id"] == f"'{formula}"


def test_no_cell_is_a_formula_of_a_range(tmp_path: Path) -> None:
    write(tmp_path, row("{=1+1}"))

    [cells] = load_workbook(tmp_path / XLSX)[NOT_A_MEMBER].iter_rows(min_row=5)
    assert (cells[0].data_type, cells[0].value) == ("s", "{=1+1}")


def test_a_row_without_a_ticket_rounds_no_other_ones_ticket(tmp_path: Path) -> None:
    write(tmp_path, row(newest_ticket_id=ID), row(newest_ticket_id=None, tickets=0, score=None))

    in_csv = list(csv.DictReader((tmp_path / CSV).open(encoding="utf-8-sig", newline="")))
    in_json = json.loads((tmp_path / JSON).read_bytes())["mismatches"]
    in_xlsx = rows_of(tmp_path)
    assert [one["newest_ticket_id"] for one in in_csv] == [f"'{ID}", ""]
    assert [one["newest_ticket_id"] for one in in_json] == [ID, None]
    assert [cells[3] for cells in in_xlsx] == [str(ID), None]
    assert [one["score"] for one in in_csv] == ["0.92", ""]
    assert [(cells[4], cells[7]) for cells in in_xlsx] == [(2, 0.92), (0, None)]


def test_rows_go_on_from_one_frame_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_FRAME_ROWS", 2)
    ids = ["1", "a\u2028b\n", "3", "4", "5"]

    assert write(tmp_path, *(row(identifier) for identifier in ids)) == 5

    in_csv = list(csv.DictReader((tmp_path / CSV).open(encoding="utf-8-sig", newline="")))
    in_json = json.loads((tmp_path / JSON).read_bytes())["mismatches"]
    in_xlsx = rows_of(tmp_path)
    assert [one["id"] for one in in_csv] == [one["id"] for one in in_json] == ids
    assert [cells[0] for cells in in_xlsx] == ids


def test_the_spreadsheet_stops_where_excel_does_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sheets.MOST_ROWS + 5 <= 1_048_576, "with what stands above, and what says so below"
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    write(tmp_path, *(row(str(number)) for number in range(5)))

    assert [cells[0] for cells in rows_of(tmp_path)] == [
        *("0", "1"),
        "and 3 more: Excel opens no more rows, all are in the CSV",
    ]
    assert rows_of(tmp_path, "Overview")[0][:2] == (NOT_A_MEMBER, 5)
    assert len((tmp_path / CSV).read_text("utf-8-sig").splitlines()) == 6


def test_a_file_that_could_not_be_finished_leaves_the_one_before(tmp_path: Path) -> None:
    write(tmp_path, row("1"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def rows() -> object:
        yield row("2")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_files(rows(), tmp_path, store=STORE, run_id="r2", now=NOW)  # type: ignore[arg-type]
    for name, content in before.items():
        assert (tmp_path / name).read_bytes() == content
