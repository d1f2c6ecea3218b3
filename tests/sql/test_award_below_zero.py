"""Files of awards that leave somebody less than no points."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from loyalty_desk.awards.balances import load_balances
from loyalty_desk.awards.csv_import import Import, Line, import_awards, read_file
from loyalty_desk.awards.requests import read_request
from tests.factories import NOW, STORE, store_settings
from tests.sql.award_rows import award_row, put
from tests.sql.staged import Staged


def points_of(line: Line) -> tuple[int, int] | None:
    """The points before and after it that a row tells."""
    return line.balance and (line.balance.before, line.balance.after)


def below_zero(staging: Engine, tmp_path: Path, rule: str) -> Import:
    """Takes 60 of 100 points from m1, twice, and 60 from somebody who is not known here."""
    with staging.begin() as connection:
        Staged(connection).member("m1", "m1@shop.example")
    path = tmp_path / "awards.csv"
    rows = "m1,,-60,gesture\n,m1@shop.example,-60,other\nm9,,-60,other\nm1,,5,other\n"
    path.write_text("member_id,email,amount,reason\n" + rows)
    store = store_settings(awards={"points_below_zero": rule})
    return import_awards(staging, store, read_file(path), NOW, agent="ada", preview=True)


def test_a_deduction_says_the_balance_that_it_leads_to(staging: Engine, tmp_path: Path) -> None:
    found = below_zero(staging, tmp_path, "allow")
    assert [points_of(line) for line in found.lines] == [(100, 40), (40, -20), None, (-20, -15)]
    assert (found.notices, found.bad_lines) == ({}, {})


def test_points_below_zero_are_noticed(staging: Engine, tmp_path: Path) -> None:
    found = below_zero(staging, tmp_path, "warn")
    assert found.notices == {3: "leaves the member -20 points"}
    assert (found.queued, found.bad_lines) == (4, {})


def test_points_below_zero_are_refused(staging: Engine, tmp_path: Path) -> None:
    found = below_zero(staging, tmp_path, "refuse")
    assert found.bad_lines == {
        3: "points_below_zero: the member would have -20 points, and this store refuses that"
    }
    assert [points_of(line) for line in found.lines] == [(100, 40), None, (40, 45)]


def test_what_may_yet_be_rejected_is_not_counted_on(staging: Engine) -> None:
    with staging.begin() as connection:
        Staged(connection).member("m1", "m1@shop.example")
    waiting = {"member_id": "m1", "subject": "m1", "state": "needs_approval"}
    put(staging, award_row("gift", amount=50, **waiting), award_row("debt", amount=-30, **waiting))
    fields = {"member_id": "m1", "amount": -60, "reason": "gesture", "agent": "ada"}
    request = read_request(fields, store_settings().awards)

    with staging.connect() as connection:
        balance = load_balances(connection, STORE, ["m1"]).find("m1", request)
    assert balance is not None
    assert balance.least == balance.after == 100 - 30 - 60


def test_points_that_may_be_rejected_are_not_counted_on_by_the_rows_below(
    staging: Engine, tmp_path: Path
) -> None:
    with staging.begin() as connection:
        Staged(connection).member("m1", "m1@shop.example")
    path = tmp_path / "awards.csv"
    path.write_text("member_id,amount,reason\nm1,60,other\nm1,-120,gesture\n")
    limits = {"approval_above_points": 50, "points_below_zero": "warn"}

    found = import_awards(
        staging, store_settings(awards=limits), read_file(path), NOW, agent="ada", preview=True
    )

    assert [points_of(line) for line in found.lines] == [(100, 160), (160, 40)]
    says = "leaves the member -20 points, if what waits for approval is rejected"
    assert found.notices == {3: says}
