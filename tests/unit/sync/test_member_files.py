"""Files with members are read strictly: what broke off never passes for a whole row or file."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import MemberFileError
from loyalty_desk.platforms.base import MemberPage
from loyalty_desk.sync.member_columns import Columns
from loyalty_desk.sync.member_files import MemberFile
from loyalty_desk.sync.member_folder import Dropped

HEAD = "Id,Mail,Name\n"
ADA = "1,ada@shop.example,Ada\n"
BO = "2,bo@shop.example,Bo\n"


@pytest.fixture
def file(tmp_path: Path) -> MemberFile:
    columns = Columns(
        source="columns.yaml", columns={"member_id": "Id", "email": "Mail", "name": "Name"}
    )
    dropped = Dropped(
        path=tmp_path / "members.csv", size=1, moment=utc_now(), sign=None, is_sure=False
    )
    return MemberFile("acme", dropped, columns, holds_everybody=True)


def pages(file: MemberFile) -> list[MemberPage]:
    _ = file.dropped.digest
    with file.opened() as content:
        return list(content.iter_pages())


def test_a_row_that_broke_off_is_set_aside(file: MemberFile) -> None:
    file.dropped.path.write_text(HEAD + ADA + "2,bo@shop.example\n", encoding="utf-8")

    [page] = pages(file)

    assert [one.member_id for one in page.members] == ["1"]
    assert [(one.record_id, one.reason) for one in page.rejected] == [
        ("2", "has fewer cells than the first line"),
    ]


@pytest.mark.parametrize("broken", ['1,ada@shop.example,"Ada\n', '1,ada@shop.example,"A"da\n'])
def test_a_file_with_a_broken_quote_is_no_csv(file: MemberFile, broken: str) -> None:
    file.dropped.path.write_text(HEAD + broken + BO, encoding="utf-8")

    with pytest.raises(MemberFileError, match=r"^members\.csv is no CSV: "):
        pages(file)


def test_a_line_break_belongs_only_where_nobody_looks(file: MemberFile) -> None:
    rows = '1,ada@shop.example,Ada,"a\nb"\n2,bo@shop.example,"B\no",\n'
    file.dropped.path.write_text(HEAD.strip() + ",Note\n" + rows, encoding="utf-8")

    [page] = pages(file)

    assert [one.member_id for one in page.members] == ["1"]
    assert [(one.record_id, one.field, one.reason) for one in page.rejected] == [
        ("2", "Name", "holds a line break"),
    ]


def test_a_file_is_read_as_a_spreadsheet_saves_it(file: MemberFile) -> None:
    rows = ["sep=;", ";;;", " Id ;Mail;Name;", "1;ada@shop.example;Ada;", ";;;", "2;;;"]
    file.dropped.path.write_text("\ufeff" + "\r\n".join(rows), encoding="utf-8", newline="")

    [page] = pages(file)

    assert [(one.member_id, one.email) for one in page.members] == [
        ("1", "ada@shop.example"),
        ("2", None),
    ]
    assert page.rejected == []


def test_a_file_whose_ids_a_spreadsheet_rounded_is_refused(file: MemberFile) -> None:
    rows = (f"12345678901234{number}00,,P\n" for number in range(5))
    file.dropped.path.write_text(HEAD + "".join(rows), encoding="utf-8")

    with pytest.raises(MemberFileError, match=r"^members\.csv: column 'Id': a spreadsheet made"):
        pages(file)


def test_a_cell_may_have_quotes_and_line_ends(file: MemberFile) -> None:
    file.dropped.path.write_text(HEAD + '1,ada@shop.example,"Ada ""A"""\r\n' + BO, encoding="utf-8")

    [page] = pages(file)

    assert [one.card["name"] for one in page.members] == ['Ada "A"', "Bo"]
