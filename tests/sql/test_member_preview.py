"""What a sync would do with a member file: told beforehand, by its own reader, and not kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.clock import utc_now
from loyalty_desk.commands import members as command
from loyalty_desk.errors import BrakeError, MemberFileError, RejectedShareError
from loyalty_desk.staging import schema
from loyalty_desk.staging.intake import mark_member_gone
from loyalty_desk.sync.member_preview import MemberPreview, preview_file
from tests.factories import STORE, store_settings
from tests.sql.test_member_files import HEAD, Drop, row

PEOPLE = HEAD + "".join(row(number) for number in range(1, 21))


@pytest.fixture
def drop(staging: Engine, tmp_path: Path) -> Drop:
    return Drop(staging, tmp_path)


def preview(drop: Drop, text: str, **settings: Any) -> MemberPreview:
    """Look at a file beside the folder, which no sync reads."""
    path = drop.folder / "next.txt"
    path.write_text(text, encoding="utf-8")
    store = store_settings(
        member_files={
            "folder": str(drop.folder),
            "columns": drop.folder / "columns.yaml",
            "holds": "everybody",
            **settings,
        }
    )
    return preview_file(drop.engine, store, path, utc_now())


def kept(engine: Engine) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in schema.METADATA.sorted_tables
        }


def test_it_tells_what_the_sync_then_does_and_keeps_nothing(drop: Drop) -> None:
    drop.read(PEOPLE)
    with drop.engine.begin() as connection:
        mark_member_gone(connection, STORE, "20", utc_now())
    rows = [row(1), row(2, "11"), row(3, name="Ada"), row(4).replace("p4@", "q4@")]
    rows += [row(number) for number in range(5, 19)]  # 19 is left out
    rows += [row(20), row(21), row(21, "99"), row(22, "many"), ";x@shop.example;X;5\n"]
    changes = HEAD + "".join(rows[:-1])
    before = kept(drop.engine)

    found = preview(drop, changes)

    assert kept(drop.engine) == before
    assert (found.new, found.changed, found.same, found.gone) == (2, 3, 15, 1)
    assert (found.rejected, found.repeated, found.rows) == (1, 1, 22)
    assert dict(found.changes) == {"2": ["points_balance"], "3": ["name"], "4": ["email"]}
    assert (found.new_ids, found.gone_ids) == (["20", "21"], ["19"])
    assert [(one.record_id, one.field) for one in found.bad] == [("22", "Points")]
    assert found.stops == []
    unnamed = preview(drop, changes + rows[-1])
    assert (unnamed.gone, unnamed.rejected) == (None, 2), "nobody can tell who has left"

    done = drop.read(changes)

    assert (done.changed, done.gone, done.rejected) == (
        found.new + found.changed,
        found.gone,
        found.rejected,
    )


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        (HEAD + "".join(row(number) for number in range(1, 9)), BrakeError, "max_shrink_share"),
        (
            HEAD + "".join(row(number, "10000") for number in range(1, 21)),
            BrakeError,
            "max_thousandfold_share",
        ),
        (
            HEAD + "".join(row(number, "many") for number in range(1, 21)),
            RejectedShareError,
            "max_rejected_share",
        ),
    ],
    ids=["most have left", "a sign misread", "most cannot be read"],
)
def test_it_tells_what_would_stop_the_sync(
    drop: Drop, text: str, error: type[Exception], says: str
) -> None:
    drop.read(PEOPLE)

    found = preview(drop, text)

    assert any(says in reason for reason in found.stops), found.stops
    with pytest.raises(error, match=says):
        drop.read(text)


def test_of_a_file_of_changes_nobody_is_gone(drop: Drop) -> None:
    drop.read(PEOPLE)

    found = preview(drop, HEAD + row(1, "7"), holds="changes")

    assert (found.changed, found.same, found.gone, found.stops) == (1, 0, None, [])


def test_what_is_no_member_file_is_one_clear_error(drop: Drop) -> None:
    with pytest.raises(MemberFileError, match=r"next\.txt has no column 'Points'"):
        preview(drop, "Id;Mail;Name\n1;a@shop.example;A\n")


def test_the_command_names_ids_and_fields_and_nobodys_data(drop: Drop) -> None:
    drop.read(PEOPLE)

    told = "\n".join(command._lines(preview(drop, HEAD + row(1, "12") + row(30, name="Grace"))))

    assert "changed: 1 (points_balance 1)\n  1: points_balance" in told
    assert "new: 1 (30)" in told
    assert "gone, as they are not in it: 19 (10, 11," in told
    assert "Grace" not in told
    assert "@" not in told
