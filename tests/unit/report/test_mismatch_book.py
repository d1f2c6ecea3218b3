"""The workbook of mismatches: a sheet a class, in words, and everything leads to where it is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from loyalty_desk.classes import CUSTOMER_CLASSES, MEMBER_CLASSES
from loyalty_desk.elsewhere import Elsewhere
from loyalty_desk.report import sheets
from loyalty_desk.report.files import XLSX, write_files
from loyalty_desk.report.mismatch_book import sheet_name
from loyalty_desk.report.mismatch_rows import MismatchRow, shown_name
from loyalty_desk.report.shown import Shown
from tests.factories import NOW, STORE
from tests.unit.report.test_files import row

SHOWN = Shown(
    elsewhere=Elsewhere(
        gorgias="https://my-shop.gorgias.com",
        member_page="https://admin.shop.example/{member_id}",
        desk="https://airflow.shop.example/loyalty/desk/acme",
    ),
    zone="America/New_York",
)
GORGIAS, DESK = "https://my-shop.gorgias.com/app", SHOWN.elsewhere.desk
NOT_A_MEMBER = "Wrote to us, not a member"
ROWS = (
    row("7", name="Ada Byron", may_be_name="Ada B."),
    row("8", outcome="ambiguous", newest_ticket_id=None, may_be_member=None, score=None),
    row("m3", side="member", outcome="ambiguous", name="Bo"),
    row("70", side="ticket", newest_ticket_id=70),
    row("a1", side="award", newest_ticket_id=None),
    row("9", name="Cy"),
)


def opened(folder: Path, *rows: MismatchRow) -> Any:
    write_files(rows, folder, store=STORE, run_id="r1", now=NOW, shown=SHOWN)
    return load_workbook(folder / XLSX)


def links(sheet: Any, number: int = 5) -> list[str | None]:
    """Where the cells of a row lead, those that lead anywhere."""
    return [cell.hyperlink.target for cell in sheet[number] if cell.hyperlink]


def test_each_class_has_a_sheet_and_the_first_one_leads_to_it(tmp_path: Path) -> None:
    book = opened(tmp_path, *ROWS)

    others = ["Unclear (members)", "Tickets", "Awards"]
    assert book.sheetnames == ["Overview", NOT_A_MEMBER, "Unclear", *others]
    overview = list(book["Overview"].iter_rows(min_row=5))
    assert [(cells[0].value, cells[1].value) for cells in overview] == [
        *((NOT_A_MEMBER, 2), ("Unclear", 1)),
        *((name, 1) for name in others),
    ]
    assert [cells[0].hyperlink.location for cells in overview] == [
        f"'{cells[0].value}'!A1" for cells in overview
    ]


def test_people_have_names_and_lead_to_gorgias_the_platform_and_the_desk(tmp_path: Path) -> None:
    book = opened(tmp_path, *ROWS)

    found = book[NOT_A_MEMBER]
    assert [cell.value for cell in found[4]] == [
        *("Customer", "Name", "Since (America/New_York)", "Newest ticket", "Recent tickets"),
        *("May be member", "The member's name", "How sure", "Because", "On the desk"),
    ]
    assert [cell.value for cell in found[5]] == [
        *("7", "Ada Byron", datetime(2026, 3, 2, 4, 30), "4711", 2),  # noqa: DTZ001 - as a cell
        *("m1", "Ada B.", 0.92, "a slip in the domain", "Settle"),
    ]
    assert links(found) == [
        *(f"{GORGIAS}/customer/7", f"{GORGIAS}/ticket/4711", "https://admin.shop.example/m1"),
        f"{DESK}/mismatches/customer/7",
    ]
    assert links(book["Unclear (members)"]) == [
        *("https://admin.shop.example/m3", f"{DESK}/mismatches/member/m3"),
    ]
    assert links(book["Tickets"]) == [f"{GORGIAS}/ticket/70"]
    assert links(book["Awards"]) == [f"{DESK}/awards/a1"]
    assert [found.cell(5, place).is_date for place in (3, 5)] == [True, False]
    assert found.cell(5, 8).number_format == "0.0%"


def test_where_nobody_knows_the_addresses_there_are_ids_alone(tmp_path: Path) -> None:
    write_files(ROWS, tmp_path, store=STORE, run_id="r1", now=NOW)
    book = load_workbook(tmp_path / XLSX)

    assert [link for name in book.sheetnames[1:] for link in links(book[name])] == []
    assert book[NOT_A_MEMBER]["A5"].value == "7"
    assert book[NOT_A_MEMBER]["J5"].value is None


def test_a_sheet_has_no_more_links_than_excel_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sheets.MOST_LINKS <= 65_530
    monkeypatch.setattr(sheets, "MOST_LINKS", 5)

    book = opened(tmp_path, row("1"), row("2"), row("3"))

    found = book[NOT_A_MEMBER]
    assert [len(links(found, number)) for number in (5, 6, 7)] == [4, 1, 0]
    assert [found.cell(number, 1).value for number in (5, 6, 7)] == ["1", "2", "3"]


def test_every_class_that_needs_a_person_has_a_name_that_excel_takes() -> None:
    names = [
        sheet_name(side, outcome)
        for side, classes in (("customer", CUSTOMER_CLASSES), ("member", MEMBER_CLASSES))
        for outcome, text in classes.items()
        if text.needs_person
    ]

    assert len(set(names)) == len(names) == 7
    assert [name for name in names if len(name) > 31 or set(name) & set("[]:*?/\\'")] == []


@pytest.mark.parametrize("name", ["ada@shop.example", "Ada <ada@shop.example>", "", None])
def test_an_address_is_no_name(name: str | None) -> None:
    assert shown_name(name) is None
