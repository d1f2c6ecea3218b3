"""`python -m loyalty_desk awards take-back`: a batch, and what of it is left."""

from __future__ import annotations

import getpass
import json

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.not_taken_back import reversals_of
from loyalty_desk.awards.queue import get_events, list_awards
from loyalty_desk.awards.reversal import ERASED
from loyalty_desk.staging.engine import reading
from tests.factories import STORE
from tests.sql.award_rows import applied, award_row, put
from tests.sql.test_award_commands import Awards, awards  # noqa: F401 - a fixture

BATCH, BACK = "f11e", reversals_of("f11e")
WHY = ("--why", "the wrong file")


def test_a_batch_is_taken_back_and_the_rest_is_listed_whenever_one_looks(
    staging: Engine,
    awards: Awards,  # noqa: F811 - the fixture
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "sam")
    put(
        *(staging, applied("a1", batch_id=BATCH)),
        applied("a2", batch_id=BATCH, member_id=None, subject=ERASED, amount=-30),
        award_row("a3", batch_id=BATCH, state="unknown", unit="credits", amount=250),
        award_row("a4", batch_id=BATCH, state="queued"),
    )
    rest = (
        "a2  -30 points  it is anonymous by now; nobody knows whose it was\n"
        "a3  +2.50 credits  nobody can tell yet whether it is booked: settle it first\n"
    )

    assert awards("take-back", BATCH, *WHY, "--by", "ada") == 0
    assert capsys.readouterr().out == (
        "1 rejected, 1 to be taken back, 2 left\n"
        f"another person approves batch {BACK} before they are\n{rest}"
    )
    with reading(staging) as connection:
        [back] = [one for one in list_awards(connection, STORE) if one.amount == -50]
        event = get_events(connection, STORE, back.award_id)[0]
    assert (event.actor, json.loads(event.facts)["queued_by"]) == ("ada", "sam")

    assert awards("take-back", BATCH, *WHY) == 0
    assert capsys.readouterr().out == f"0 rejected, 0 to be taken back, 2 left\n{rest}"


def test_what_cannot_be_taken_back_as_a_batch_is_one_line(
    staging: Engine,
    awards: Awards,  # noqa: F811 - the fixture
    capsys: pytest.CaptureFixture[str],
) -> None:
    put(staging, applied("a1", batch_id=BATCH))
    awards("take-back", BATCH, *WHY)
    capsys.readouterr()

    assert awards("take-back", BACK, *WHY) == 1
    assert "takes awards back itself; award anew instead" in capsys.readouterr().err
    assert awards("take-back", "nothere", *WHY) == 1
    assert capsys.readouterr().err == "loyalty_desk: store acme has no batch nothere\n"
    assert awards("take-back", BATCH, "--why", "[ld:0000]") == 1
    assert "note: must not hold" in capsys.readouterr().err
