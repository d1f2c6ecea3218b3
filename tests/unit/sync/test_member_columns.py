"""Member files: what a row says, and what is said about a file that does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loyalty_desk.errors import MemberFileError
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.records import MemberStatus
from loyalty_desk.sync.member_columns import Columns, Reading, read_columns
from loyalty_desk.sync.number_formats import COMMA, NumberFormat
from tests.project import PROJECT_ROOT

ALL = {
    "member_id": "Id",
    "email": "Mail",
    "status": "State",
    "first_name": "First",
    "last_name": "Last",
    "points_balance": "Points",
    "credits_balance": "Credit",
    "tier": "Tier",
    "tier_rank": "Rank",
    "segments": "Groups",
    "external_id": "Shop",
}
ROW = {
    "Id": " m-1 ",
    "Mail": "ada@shop.example",
    "State": "Paused",
    "First": "Ada",
    "Last": "",
    "Points": "1840",
    "Credit": "12.50",
    "Tier": "Gold",
    "Rank": "3",
    "Groups": "VIP; New ;",
    "Shop": "77",
}


def columns(**more: Any) -> Columns:
    return Columns(source="columns.yaml", columns=ALL, **more)


def test_a_row_becomes_a_member() -> None:
    member = columns(status={"guest": ("paused",)}).read_member(ROW)

    assert (member.member_id, member.email) == ("m-1", "ada@shop.example")
    assert (member.status, member.tier_rank, member.external_id) == (MemberStatus.GUEST, 3, "77")
    assert member.card == {
        "name": "Ada",
        "points_balance": 1840,
        "credits_balance": "12.5",
        "tier": "Gold",
        "segments": ["VIP", "New"],
    }


def test_numbers_are_read_in_the_format_and_the_currency_of_the_file() -> None:
    row = {**ROW, "Points": "1.840", "Credit": "1.012,345", "Rank": " 3,0 "}
    member = columns().read_member(row, Reading(COMMA, money_digits=1))

    assert (member.card["points_balance"], member.card["credits_balance"]) == (1840, "1012.3")
    assert member.tier_rank == 3


def test_empty_cells_are_unknown_and_a_status_without_words_is_a_member() -> None:
    row = dict.fromkeys(ROW, "") | {"Id": "5"}
    member = columns().read_member(row)

    assert (member.email, member.status) == (None, MemberStatus.MEMBER)
    assert member.card == {"segments": []}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"Id": ""}, "Id"),
        ({"Id": "a@shop.example"}, "Id"),
        ({"Id": "x" * 65}, "Id"),
        ({"Id": "6.4E+12"}, "Id"),
        ({"Id": "########"}, "Id"),
        ({"Shop": "6,40E+12"}, "Shop"),
        ({"First": "A\nda"}, "First"),
        ({"Points": "many"}, "Points"),
        ({"Points": "1.5"}, "Points"),
        ({"Credit": "1,5"}, "Credit"),
        ({"Points": "1.2E+05"}, "Points"),
        ({"Points": "1_000"}, "Points"),
        ({None: ["more"]}, "(row)"),
    ],
)
def test_a_bad_cell_is_named_by_its_column(change: dict[Any, Any], field: str) -> None:
    with pytest.raises(BadFieldError) as caught:
        columns().read_member({**ROW, **change})

    assert caught.value.field == field


def test_a_file_without_a_column_says_which_it_has() -> None:
    with pytest.raises(MemberFileError) as caught:
        columns().check_header("drop.csv", ["Id", "E-Mail"])

    assert "drop.csv has no column 'Mail'" in str(caught.value)
    assert "it has 'Id', 'E-Mail': correct columns.yaml" in str(caught.value)


def test_a_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(MemberFileError, match=r"^drop.csv has column 'Mail' more than once$"):
        Columns(source="c.yaml", columns={"member_id": "Id", "email": "Mail"}).check_header(
            "drop.csv", ["Mail", "Id", "Mail", "", ""]
        )


@pytest.mark.parametrize("cell", ["6.4E+12", None, ""])
def test_a_row_without_a_sound_id_tells_nobodys(cell: str | None) -> None:
    assert not columns().id_of({**ROW, "Id": cell})
    assert columns().id_of({**ROW, "Points": None}) == " m-1 "


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("columns: {member_id: Id}", "columns must say which one is email"),
        ("columns: {member_id: Id, email: Mail, shoe: X}", "columns.shoe"),
        ("colums: {}", "colums: no such key; allowed are columns, status"),
        ("columns: {member_id: Id, email: Mail}\ndelimiter: ';;'", "delimiter"),
        ("columns: {member_id: Id, email: Mail}\nencoding: x", "encoding"),
        ("columns: {member_id: I, email: M}\nnumbers: {decimal: ;}", "numbers.decimal"),
        (
            "columns: {member_id: I, email: M}\nnumbers: {decimal: '.', grouping: '.'}",
            "must not be the same sign",
        ),
        ("columns: [", "is not valid YAML"),
        ("columns: {member_id: 2024-13-45}", "is not valid YAML in line 1: no such date"),
        ("1: x", "1 is 1: must be text; a number needs quotes"),
    ],
)
def test_a_wrong_file_of_columns_says_what_is_wrong(
    tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "columns.yaml"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(MemberFileError) as caught:
        read_columns(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_declared_format_is_the_one_of_the_file() -> None:
    assert columns(numbers={"decimal": ","}).declared == NumberFormat(",", "")
    assert columns().declared is None
    assert columns().number_columns == {"Points": True, "Credit": False, "Rank": True}


def test_the_file_that_comes_with_us_can_be_used() -> None:
    found = read_columns(PROJECT_ROOT / "include" / "members" / "columns.yaml")

    assert found.columns["member_id"] == "Member ID"
