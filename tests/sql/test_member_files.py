"""Files of members: what is wrong with one row or file never touches anybody else's card."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import BrakeError, MemberFileError
from loyalty_desk.platforms.base import Capabilities
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_lock import Run
from loyalty_desk.staging.run_record import start_run
from loyalty_desk.sync.members import extract_members
from loyalty_desk.sync.reads import ReadCounts
from tests.factories import STORE, store_settings

HEAD = "Id;Mail;Name;Points\n"
LISTLESS = SimpleNamespace(capabilities=Capabilities(card_keys=frozenset(), lists_members=False))


def row(number: int, points: str = "10", name: str = "") -> str:
    return f"{number};p{number}@shop.example;{name or f'P{number}'};{points}\n"


class Drop:
    """A folder of files with everybody, and a store that reads it."""

    def __init__(self, staging: Engine, folder: Path) -> None:
        self.engine, self.folder = staging, folder
        self.files = 0
        self.currency: str | None = None
        (folder / "columns.yaml").write_text(
            "columns: {member_id: Id, email: Mail, name: Name, points_balance: Points}\n"
        )

    def read(self, text: str, **params: Any) -> ReadCounts:
        """Drop a file and read it in a run of its own."""
        self.files += 1
        for old in self.folder.glob("*.csv"):
            old.unlink()
        (self.folder / f"{self.files}.csv").write_text(text, encoding="utf-8")
        settings = store_settings(
            currency=self.currency,
            member_files={
                "folder": str(self.folder),
                "columns": self.folder / "columns.yaml",
                "holds": "everybody",
                "settle_s": 0,
            },
        )
        run_id = f"r{self.files}"
        run = Run(store=settings, run_id=run_id, params=RunParams(**params), engine=self.engine)
        with self.engine.begin() as connection:
            connection.execute(schema.locks.delete())
            start_run(connection, STORE, run_id, {}, utc_now())
        return extract_members(run, LISTLESS, Path)  # type: ignore[arg-type] # as far as it is asked

    def members(self) -> dict[str, int | None]:
        """Points of who is there."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(schema.members)).all()
        return {row.member_id: row.points_balance for row in rows if row.gone_at_utc is None}


@pytest.fixture
def drop(staging: Engine, tmp_path: Path) -> Drop:
    return Drop(staging, tmp_path)


def test_an_open_quote_is_an_error_of_the_file_and_of_nobody_in_it(drop: Drop) -> None:
    people = [row(number) for number in range(1, 8)]
    drop.read(HEAD + "".join(people))
    broken = [row(1), row(2, "20", '"A'), *people[2:6], row(7, "10", 'Tom 5"')]

    with pytest.raises(MemberFileError, match=r"csv is no CSV: line 8: .* begins in line 3$"):
        drop.read(HEAD + "".join(broken))

    assert drop.members() == {str(number): 10 for number in range(1, 8)}


def test_a_row_with_a_line_break_is_set_aside_and_blank_rows_are_none(drop: Drop) -> None:
    drop.read(HEAD + row(1) + row(2))

    counts = drop.read(HEAD + ";;;\n" + row(1, "11") + " ;\t;;\n" + row(2, "11", '"P\n2"') + "\n")

    assert (counts.fetched, counts.rejected, counts.gone) == (2, 1, 0)
    assert drop.members() == {"1": 11, "2": 10}


def test_nobody_has_left_whose_id_a_spreadsheet_spoiled(drop: Drop) -> None:
    drop.read(HEAD + row(1) + row(2) + row(6_400_000_001_904))

    counts = drop.read(HEAD + row(1) + row(2, "11") + "6,4E+12;p@shop.example;P;11\n")

    assert (counts.rejected, counts.gone) == (1, 0)
    assert drop.members() == {"1": 10, "2": 11, "6400000001904": 10}
    assert drop.read(HEAD + row(1) + row(2)).gone == 1


def test_balances_that_change_a_thousandfold_stop_the_run_and_stay(drop: Drop) -> None:
    drop.read(HEAD + "".join(row(number, f"{number}000") for number in range(1, 10)))
    misread = HEAD + "".join(row(number, f"{number}") for number in range(1, 10))

    with pytest.raises(BrakeError, match=r"^nothing was pushed: 9 of 9 balances in 2\.csv change"):
        drop.read(misread)

    assert set(drop.members().values()) == {number * 1000 for number in range(1, 10)}
    drop.read(misread, release_brake=True)
    assert set(drop.members().values()) == set(range(1, 10))


def test_a_file_is_refused_before_a_row_of_it_is_used(drop: Drop) -> None:
    with pytest.raises(MemberFileError, match=r"'Points' in line 3: set `numbers` in .*columns"):
        drop.read(HEAD + row(1) + row(2, "1.000"))
    assert drop.members() == {}

    drop.read(HEAD + row(1) + row(2, "1.000") + row(3, "1.234.567"))
    assert drop.members() == {"1": 10, "2": 1000, "3": 1_234_567}


@pytest.mark.parametrize(("currency", "shown"), [(None, "1012.35"), ("JPY", "1012")])
def test_store_credit_has_the_digits_of_the_stores_currency(
    drop: Drop, currency: str | None, shown: str
) -> None:
    drop.currency = currency
    (drop.folder / "columns.yaml").write_text(
        "columns: {member_id: Id, email: Mail, credits_balance: Points}\n"
    )

    drop.read(HEAD + row(1, "1.012,3456"))

    with drop.engine.connect() as connection:
        [card] = connection.execute(select(schema.members.c.card)).scalars()
    assert json.loads(card)["credits_balance"] == shown
