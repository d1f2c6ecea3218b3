"""Awards from a file: all rows or none, and a row once, however often its file comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.awards import csv_import
from loyalty_desk.awards.csv_import import AwardFileError, import_awards, read_file
from loyalty_desk.awards.requests import FIELDS
from loyalty_desk.settings.stores_file import StoreSettings
from tests.factories import LATER, NOW, store_settings

STORE = store_settings()
HEAD = "member_id,amount,reason\n"
GOOD, OTHER, BAD = "7,50,gesture\n", "8,20,other\n", "7,many,gesture\n"
AMOUNT = "amount: must be a number such as 50 or -12.50"


class Done(NamedTuple):
    """What an import did, as the tests say it."""

    queued: int
    queued_before: int
    bad_lines: dict[int, str]


ImportText = Callable[..., Done]


@pytest.fixture
def import_text(staging: Engine, tmp_path: Path) -> ImportText:
    """Imports a text or bytes as a file; `store`, `now` and `skip_bad` may be given."""

    def run(content: str | bytes, store: StoreSettings = STORE, **values: Any) -> Done:
        path = tmp_path / "awards.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        given = {"now": NOW, "agent": "ada", **values}
        found = import_awards(staging, store, read_file(path), **given)
        return Done(found.queued, found.queued_before, found.bad_lines)

    return run


def queued(staging: Engine) -> list[tuple[Any, ...]]:
    """Member, amount and agent of every award; the audit has one event for each of them."""
    with staging.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT member_id, amount, agent FROM awards WHERE state = 'queued' "
                "AND door = 'file' ORDER BY member_id, amount"
            )
        ).all()
        events = connection.execute(text("SELECT COUNT(*) FROM award_events")).scalar()
    assert events == len(rows)
    return [tuple(row) for row in rows]


def done(new: int = 0, before: int = 0, bad: dict[int, str] | None = None) -> Done:
    """New, queued before, and the bad lines with why."""
    return Done(new, before, bad or {})


def test_every_row_of_a_good_file_is_queued(staging: Engine, import_text: ImportText) -> None:
    assert import_text(HEAD + GOOD + OTHER) == done(2)
    assert queued(staging) == [("7", 50, "ada"), ("8", 20, "ada")]


def test_a_file_may_name_every_field_of_a_request(staging: Engine, import_text: ImportText) -> None:
    row = 'a@shop.example,,-12.5,credits,other,"=1+1, <b>","Sorry ""Ada""",eve,12,k1'
    assert import_text(f"{','.join(FIELDS)}\n{row}\n") == done(1)
    with staging.begin() as connection:
        award = connection.execute(text("SELECT * FROM awards")).mappings().one()
    assert {name: award[name] for name in FIELDS} == {
        "email": "a@shop.example",
        "member_id": None,
        "amount": -1250,
        "unit": "credits",
        "reason": "other",
        "note": "=1+1, <b>",
        "message": 'Sorry "Ada"',
        "agent": "eve",
        "ticket_id": 12,
        "idempotency_key": "k1",
    }


def test_one_bad_row_keeps_all_rows_out(staging: Engine, import_text: ImportText) -> None:
    assert import_text(HEAD + GOOD + BAD + OTHER) == done(bad={3: AMOUNT})
    assert queued(staging) == []


def test_bad_rows_are_skipped_when_told_so(staging: Engine, import_text: ImportText) -> None:
    content = HEAD + GOOD + BAD + OTHER + ",1,whim\n"
    found = import_text(content, skip_bad=True)
    assert (found.queued, sorted(found.bad_lines)) == (2, [3, 5])
    assert set(found.bad_lines[5].split("; ")) >= {"email: give either email or member_id"}
    assert [row[0] for row in queued(staging)] == ["7", "8"]


def test_a_file_that_comes_twice_is_queued_once(staging: Engine, import_text: ImportText) -> None:
    content = HEAD + GOOD + OTHER
    import_text(content)
    assert import_text(content, now=LATER + timedelta(days=40)) == done(before=2)
    assert len(queued(staging)) == 2


def test_a_file_that_somebody_else_imports_again_is_refused(
    staging: Engine, import_text: ImportText
) -> None:
    import_text(HEAD + GOOD)
    again = import_text(HEAD + GOOD, agent="eve")
    assert "other content" in again.bad_lines[2]
    assert queued(staging) == [("7", 50, "ada")]


def test_a_file_that_comes_again_breaks_no_limit(staging: Engine, import_text: ImportText) -> None:
    strict = store_settings(awards={"max_points_per_member_per_day": 50})
    assert import_text(HEAD + GOOD, strict) == done(1)
    assert import_text(HEAD + GOOD, strict) == done(before=1)


def test_rows_that_are_the_same_are_each_meant(staging: Engine, import_text: ImportText) -> None:
    assert import_text(HEAD + GOOD * 3) == done(3)
    assert import_text(HEAD + GOOD * 3) == done(before=3)
    assert import_text(HEAD + GOOD * 4) == done(1, before=3)
    assert len(queued(staging)) == 4


def test_rows_may_change_places(staging: Engine, import_text: ImportText) -> None:
    import_text(HEAD + GOOD + OTHER + GOOD)
    assert import_text(HEAD + OTHER + GOOD + GOOD) == done(before=3)


def test_a_row_is_the_same_however_it_is_spelled(staging: Engine, import_text: ImportText) -> None:
    import_text("member_id,amount,unit,reason\n7,5,credits,gesture\n")
    again = "reason,unit,note,amount,member_id\ngesture, credits ,,+5.00,7\n"
    assert import_text(again) == done(before=1)


@pytest.mark.parametrize(
    "mended", ["9,5,gesture\n", GOOD], ids=["to a row of its own", "to a row that is there"]
)
def test_of_a_mended_file_only_the_mended_rows_are_queued(
    staging: Engine, import_text: ImportText, mended: str
) -> None:
    assert import_text(HEAD + BAD + GOOD + OTHER, skip_bad=True).queued == 2
    assert import_text(HEAD + mended + GOOD + OTHER) == done(1, before=2)
    assert len(queued(staging)) == 3


KEYED = "member_id,amount,reason,idempotency_key\n"


def test_a_key_says_which_rows_are_one_award(staging: Engine, import_text: ImportText) -> None:
    assert import_text(KEYED + "7,50,gesture,a\n7,50,gesture,b\n7,50,gesture,a\n") == done(2, 1)
    assert import_text(KEYED + "7,50,gesture,b\n7,50,gesture,c\n") == done(1, 1)
    assert len(queued(staging)) == 3


def test_a_key_of_another_award_is_a_bad_row(staging: Engine, import_text: ImportText) -> None:
    import_text(KEYED + "7,50,gesture,a\n")
    found = import_text(KEYED + "8,1,other,b\n7,51,gesture,a\n")
    assert (found.queued, list(found.bad_lines)) == (0, [3])
    assert "use another key" in found.bad_lines[3]
    assert len(queued(staging)) == 1

    within = import_text(KEYED + "8,1,other,n\n8,2,other,n\n9,3,other,o\n", skip_bad=True)
    assert (within.queued, list(within.bad_lines)) == (2, [3])


def test_stores_do_not_share_keys(staging: Engine, import_text: ImportText) -> None:
    other = store_settings(name="other")
    assert import_text(KEYED + "7,50,gesture,a\n") == done(1)
    assert import_text(KEYED + "7,51,gesture,a\n", other) == done(1)
    assert import_text(HEAD + GOOD, other) == done(1)


@pytest.mark.parametrize("skip_bad", [False, True], ids=["all or none", "the good ones"])
def test_a_limit_that_breaks_in_the_middle_is_a_bad_row(
    staging: Engine, import_text: ImportText, *, skip_bad: bool
) -> None:
    strict = store_settings(awards={"max_points_per_member_per_day": 60})
    rows = "7,50,gesture\n7,11,gesture\n8,60,gesture\n7,-10,gesture\n7,1,gesture\n"
    found = import_text(HEAD + rows, strict, skip_bad=skip_bad)
    says = "max_points_per_member_per_day: one member a day may have 60 points at most"
    assert found == done(
        3 if skip_bad else 0, bad={3: f"{says}, 10 are left", 6: f"{says}, 0 are left"}
    )
    assert [row[:2] for row in queued(staging)] == (
        [("7", -10), ("7", 50), ("8", 60)] if skip_bad else []
    )


def test_an_agent_of_the_file_has_a_limit_of_their_own(
    staging: Engine, import_text: ImportText
) -> None:
    strict = store_settings(awards={"max_points_per_agent_per_day": 50})
    rows = "7,50,gesture,eve\n8,50,gesture,\n9,1,gesture,eve\n"
    found = import_text("member_id,amount,reason,agent\n" + rows, strict, skip_bad=True)
    assert (found.queued, list(found.bad_lines)) == (2, [4])
    assert queued(staging) == [("7", 50, "eve"), ("8", 50, "ada")]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param((HEAD + GOOD + OTHER).encode("utf-8-sig"), id="byte order mark"),
        pytest.param((HEAD + GOOD + OTHER).replace("\n", "\r\n"), id="Windows lines"),
        pytest.param((HEAD + GOOD + OTHER).replace("\n", "\r"), id="old Mac lines"),
        pytest.param((HEAD + GOOD + OTHER).removesuffix("\n"), id="no line end at the end"),
        pytest.param(HEAD + "\n" + GOOD + "\n\n" + OTHER + "\n", id="empty lines"),
        pytest.param("\n ,\n" + HEAD + GOOD + OTHER, id="empty first lines"),
        pytest.param(HEAD + GOOD + " ,\t,\n,,,,\n" + OTHER + ",,\n", id="blank rows"),
        pytest.param(
            "member_id,,amount,reason,\n7,,50,gesture,\n8, ,20,other,\n", id="blank columns"
        ),
        pytest.param((HEAD + GOOD + OTHER).replace(",", ";"), id="semicolons"),
        pytest.param((HEAD + GOOD + OTHER).replace(",", "\t"), id="tabs"),
        pytest.param(
            ("sep=;\r\n" + HEAD + GOOD + OTHER).replace(",", ";").encode("utf-8-sig"), id="sep="
        ),
        pytest.param('"sep=,"\n' + HEAD + GOOD + OTHER, id="sep= in quotes"),
        pytest.param(" Member ID ,AMOUNT,Reason\n" + GOOD + OTHER, id="names as people write"),
        pytest.param(
            '"member_id","amount","reason"\n"7","50","gesture"\n8, 20 ,other', id="quotes"
        ),
    ],
)
def test_a_file_may_be_saved_in_any_usual_way(
    staging: Engine, import_text: ImportText, content: str | bytes
) -> None:
    assert import_text(content) == done(2)
    assert queued(staging) == [("7", 50, "ada"), ("8", 20, "ada")]
    assert import_text(HEAD + GOOD + OTHER) == done(before=2)


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["Unix", "Windows"])
def test_a_line_number_is_the_line_that_an_editor_shows(
    staging: Engine, import_text: ImportText, end: str
) -> None:
    lines = [
        "member_id,amount,reason,note",
        *('7,50,gesture,"one', 'two"', "7,many,gesture,"),
        *("", "", "7,many,gesture,"),
        *('7,many,gesture,"ends', 'here"'),
    ]
    assert import_text(end.join([*lines, ""])).bad_lines == {4: AMOUNT, 7: AMOUNT, 8: AMOUNT}


def test_a_cell_may_have_windows_lines(staging: Engine, import_text: ImportText) -> None:
    assert import_text(f'{HEAD[:-1]},note\r\n7,50,gesture,"one\r\ntwo"\r\n') == done(1)
    with staging.begin() as connection:
        assert connection.execute(text("SELECT note FROM awards")).scalar() == "one\ntwo"


@pytest.mark.parametrize("cell", ["x", ""], ids=["with text", "empty"])
def test_a_row_with_a_cell_too_many_is_bad(
    staging: Engine, import_text: ImportText, cell: str
) -> None:
    content = HEAD + GOOD + f"8,20,other,{cell}\n" + OTHER
    assert import_text(content) == done(bad={3: "has more cells than the first line"})
    assert import_text(content, skip_bad=True).queued == 2


def test_a_cell_under_no_name_makes_its_row_bad(import_text: ImportText) -> None:
    found = import_text("member_id,amount,reason,,\n7,50,gesture,,x\n8,20,other,,\n")
    assert found == done(bad={2: "has a cell in a column without a name"})


def test_a_line_number_counts_what_stands_before_the_names(import_text: ImportText) -> None:
    assert import_text("sep=;\n;;\n" + (HEAD + BAD).replace(",", ";")).bad_lines == {4: AMOUNT}


@pytest.mark.parametrize("cell", ["6400000001904.0", '"6,40E+12"', "6.4e+12", "7.00", '"7,0"'])
@pytest.mark.parametrize("column", ["member_id", "ticket_id"])
def test_an_id_that_a_spreadsheet_made_a_number_is_refused_with_the_remedy(
    import_text: ImportText, column: str, cell: str
) -> None:
    who = "member_id" if column == "ticket_id" else "ticket_id"
    [reason] = import_text(f"amount,reason,{who},{column}\n5,other,7,{cell}\n").bad_lines.values()
    assert reason == (
        f"{column}: a spreadsheet made a number of it, and digits may be lost; format the column "
        "as text and fill it in again"
    )


def test_rows_that_are_the_same_are_noticed_before_they_are_queued(
    staging: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "awards.csv"
    rows = "7,50,gesture,\n8,50,gesture,\n7,50,other,\n7,50,gesture,own\n7,51,gesture,\n"
    path.write_text("member_id,amount,reason,idempotency_key\n" + rows + "7,50,gesture,\n")
    for is_preview in (True, False):
        found = import_awards(staging, STORE, read_file(path), NOW, agent="ada", preview=is_preview)
        same = "awards the same to the same person as line 2; take it out unless both are meant"
        assert found.notices == {4: same, 7: same}
    again = import_awards(staging, STORE, read_file(path), NOW, agent="ada")
    assert (again.queued_before, again.notices) == (6, {})


def test_a_row_with_a_cell_too_few_lacks_its_field(
    staging: Engine, import_text: ImportText
) -> None:
    assert list(import_text(HEAD + "7,50\n").bad_lines) == [2]
    assert import_text("member_id,amount,reason,note\n" + GOOD) == done(1)


def test_no_reason_holds_a_cell(staging: Engine, import_text: ImportText) -> None:
    secret = "sEcret"
    row = ",".join([secret, "", *[secret] * 8])
    rows = f"{row}\n{row},{secret}\n"
    found = import_text(f"{','.join(FIELDS)}\n{rows}")
    assert list(found.bad_lines) == [2, 3]
    assert secret not in str(found)


def test_a_file_without_rows_queues_nothing(staging: Engine, import_text: ImportText) -> None:
    assert import_text(HEAD) == done()
    assert queued(staging) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "must begin with column names", id="empty"),
        pytest.param(b"\n\n", "must begin with column names", id="empty lines only"),
        pytest.param(GOOD, "must begin with column names", id="no first line"),
        pytest.param("member_id,amount,points\n", "must begin with column names", id="unknown"),
        pytest.param(",,\n;\n", "must begin with column names", id="blank rows only"),
        pytest.param("sep=;\n" + HEAD, "must begin with column names", id="another separator"),
        pytest.param("sep=|\n" + HEAD, "must begin with column names", id="no separator of ours"),
        pytest.param("amount,member_id,amount\n", "each once", id="a column twice"),
        pytest.param("Ticket ID,amount,ticket_id\n", "each once", id="twice in other letters"),
        pytest.param('"member_id"x,amount\n', "line 1: ", id="first line with a broken quote"),
        pytest.param('"member_id,amount\n' + GOOD, "line 2: ", id="first line never ends"),
        pytest.param(HEAD + GOOD + '8,20,"other\n', "line 3: ", id="quote that never ends"),
        pytest.param(HEAD + GOOD + '8,20,"other"x\n', "line 3: ", id="broken quote"),
        pytest.param(
            f'{HEAD[:-1]},note\n7,50,gesture,"a\n8,20,other,b"\n',
            "line 3: .*takes in another row, in a row that begins in line 2",
            id="quote that takes in another award",
        ),
        pytest.param(f"{HEAD}{GOOD}8,20,{'x' * 140_000}\n", "line 3: ", id="endless cell"),
        pytest.param((HEAD + GOOD).encode("utf-16"), "is not UTF-8", id="UTF-16"),
        pytest.param((HEAD + "7,50,g\u00e9ste\n").encode("latin-1"), "is not UTF-8", id="Latin-1"),
    ],
)
@pytest.mark.parametrize("skip_bad", [False, True], ids=["all or none", "the good ones"])
def test_a_file_that_cannot_be_read_queues_nothing(
    staging: Engine, import_text: ImportText, content: str | bytes, says: str, *, skip_bad: bool
) -> None:
    with pytest.raises(AwardFileError, match=f"^awards.csv.*{says}"):
        import_text(content, skip_bad=skip_bad)
    assert queued(staging) == []


def test_a_file_that_is_missing_is_named(staging: Engine, tmp_path: Path) -> None:
    for path, says in [(tmp_path / "no.csv", "No such file"), (tmp_path, "Is a directory")]:
        with pytest.raises(AwardFileError, match=f"cannot read {path.name}: {says}"):
            import_awards(staging, STORE, read_file(path), NOW, agent="ada")


def test_a_file_that_is_too_large_is_refused(
    staging: Engine, import_text: ImportText, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_import, "MOST_BYTES", len(HEAD + GOOD))
    assert import_text(HEAD + GOOD) == done(1)
    with pytest.raises(AwardFileError, match="larger than"):
        import_text(HEAD + GOOD + OTHER)
