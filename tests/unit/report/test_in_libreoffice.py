"""What we write for spreadsheets holds the same cells once LibreOffice opened and saved it."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from loyalty_desk.awards.csv_rows import iter_rows
from loyalty_desk.elsewhere import Elsewhere
from loyalty_desk.report.files import write_files
from loyalty_desk.report.mismatch_rows import MismatchRow
from loyalty_desk.report.shown import Shown
from loyalty_desk.spreadsheets import csv_cell
from tests.factories import NOW

AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
"""LibreOffice's own CSV in UTF-8 of each sheet, with each cell as it is shown."""
DETECTING: Final = "Text - txt - csv (StarCalc):44,34,76,1,,1033,false,true"
"""As somebody opens it in English who lets it look for days and the like."""
TEXTS = (
    *("007", "0012345678", "6400000000000000123", "6400000000001", "1E5", "12.50", "1,5", ".5"),
    *("1.", " 12", "12-24", "3/4", "2026-03-01", "12:30", "TRUE", "5%", "'x", 'Zoë; "Z", ₂'),
    *("$5", "$1,234.50", "1,234,567", "3 4/5", "May-26", "5 May 2026", "March 5, 2026", "(5)"),
    *("2026-03-01 12:30", "12:30 PM", "5 %", "1e400", "10.10.10.10", "2:3:4", "1/2/3", "May"),
    *("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "{=1}", '=HYPERLINK("https://shop.example")'),
)
LONG_ID = 1_234_567_890_123_456_789
SHOWN = Shown(
    elsewhere=Elsewhere(
        gorgias="https://my-shop.gorgias.com", member_page="https://shop.example/{member_id}"
    ),
    zone="Europe/Berlin",
)


def row(text: str) -> MismatchRow:
    return MismatchRow(
        side="member",
        id=text,
        outcome="no_email",
        since="2026-03-01T00:00:00.000000Z",
        newest_ticket_id=LONG_ID,
        tickets=3,
        what_to_do="Ask;\nthen wait",
        may_be_member=text,
        score=0.875,
        because=text,
        needs_person=True,
        name=text,
    )


def customer(text: str) -> MismatchRow:
    return row(text)._replace(side="customer", may_be_name=text)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files, and below `saved` what LibreOffice made of each."""
    program = shutil.which("soffice")
    if program is None:
        remedy = "no LibreOffice here: apt-get install --no-install-recommends libreoffice-calc"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(remedy)
    folder = tmp_path_factory.mktemp("opened")
    rows = [*map(row, TEXTS), *map(customer, TEXTS)]
    write_files(rows, folder, store="acme", run_id="r1", now=NOW, shown=SHOWN)
    book = (folder / "mismatches.xlsx").rename(folder / "book.xlsx")
    profile = (folder / "profile").as_uri()
    save = [program, f"-env:UserInstallation={profile}", "--headless", "--convert-to", AS_SHOWN]
    save += ["--outdir", str(folder / "saved")]
    for what in ((f"--infilter={DETECTING}", folder / "mismatches.csv"), (book,)):
        subprocess.run([*save, *what], check=True, capture_output=True, timeout=300)
    return folder


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_the_csv_has_the_same_cells(opened: Path) -> None:
    [saved] = (opened / "saved").glob("mismatches*.csv")
    assert cells(saved) == cells(opened / "mismatches.csv")


def test_the_workbook_has_each_text_as_it_is_and_times_and_numbers(opened: Path) -> None:
    *_, header = cells(opened / "saved" / "book-No e-mail.csv")[:4]
    rows = cells(opened / "saved" / "book-No e-mail.csv")[4:]

    for text, found in zip(TEXTS, rows, strict=True):
        told = dict(zip(header, found, strict=True))
        assert {told[name] for name in ("Customer", "Name", "May be member", "Because")} == {text}
        assert told["The member's name"] == text
        assert told["Newest ticket"] == str(LONG_ID)
        assert told["Since (Europe/Berlin)"].startswith("2026-03-01 01:00"), "it adds seconds"
        assert (told["Recent tickets"], told["How sure"]) == ("3", "87.5%")
    members = cells(opened / "saved" / "book-No e-mail (members).csv")[4:]
    assert [found[:2] for found in members] == [[text, text] for text in TEXTS]


def test_a_file_of_awards_may_have_ids_as_our_csv_has_them() -> None:
    for text in TEXTS:
        cell = csv_cell(text).replace('"', '""')
        [(_, found)] = iter_rows(f'member_id,amount\n"{cell}",5', {"member_id", "amount"})
        assert found == {"member_id": text, "amount": "5"}
