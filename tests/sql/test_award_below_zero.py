"""Files of awards that leave somebody less than no points."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from loyalty_desk.awards.balances import find_balance_after
from loyalty_desk.awards.csv_import import Import, import_awards, read_file
from loyalty_desk.awards.requests import read_request
from tests.factories import NOW, STORE, store_settings
from tests.sql.award_rows import award_row, put
from tests.sql.staged import Staged


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
    assert [line.balance_after for line in found.lines] == [40, -20, None, None]
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
    assert [line.balance_after for line in found.lines] == [40, None, None]


def test_what_may_yet_be_rejected_is_not_counted_on(staging: Engine) -> None:
    with staging.begin() as connection:
        Staged(connection).member("m1", "m1@shop.example")
    waiting = {"member_id": "m1", "subject": "m1", "state": "needs_approval"}
    put(staging, award_row("gift", amount=50, **waiting), award_row("debt", amount=-30, **waiting))
    fields = {"member_id": "m1", "amount": -60, "reason": "gesture", "agent": "ada"}
    request = read_request(fields, store_settings().awards)

    with staging.connect() as connection:
        assert find_balance_after(connection, STORE, request) == 100 - 30 - 60
