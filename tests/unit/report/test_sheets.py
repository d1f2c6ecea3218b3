"""Cells of a workbook that Excel would not take as they are."""

from __future__ import annotations

from io import BytesIO

import pytest
from openpyxl import load_workbook

from loyalty_desk.goodwill.table import Column, Kind, Linked, Table
from loyalty_desk.report.sheets import MOST_OF_LINK, workbook_of

BEGINS = "https://desk.example/awards?q="


@pytest.mark.parametrize(("length", "is_link"), [(MOST_OF_LINK, True), (MOST_OF_LINK + 1, False)])
def test_what_has_too_long_an_address_is_there_as_text(length: int, *, is_link: bool) -> None:
    linked = Linked("Ada", BEGINS.ljust(length, "a"))
    table = Table(key="who", title="Who", columns=(Column("Who", Kind.TEXT),), rows=[(linked,)])

    cell = load_workbook(BytesIO(workbook_of([table])))["Who"]["A5"]

    assert (cell.value, cell.hyperlink is not None) == ("Ada", is_link)
