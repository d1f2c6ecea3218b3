"""What is not taken back with its batch is listed with why and what to do, whenever one looks."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.batch_results import Results, load_results, sum_up
from loyalty_desk.awards.not_taken_back import reversals_of
from loyalty_desk.awards.queue import Door, get_award, list_awards
from loyalty_desk.awards.reversal import ERASED, ReversalError, reverse_award
from loyalty_desk.report.batch_files import as_csv, as_xlsx
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.platform_of import change_platform, claim_platform
from tests.factories import LATER, NOW, STORE, store_settings
from tests.sql.test_award_batches import send
from tests.sql.test_award_decisions import set_state
from tests.sql.test_taking_back_all import by_member, left, take

AGAIN = "take back once more"
ANONYMOUS = "it is anonymous by now; nobody knows whose it was"
NOBODYS = (
    "it was settled by a person, and whose it was is not known; award the opposite to the member"
)
LEFT = (
    "it was booked on rivo, which the store has left: take it back there, or award the opposite on"
    " smile"
)
STILL_WAITS = (
    "it waits for approval still, as it was being decided just then or taking back was cut short"
)
LOOKED_FOR = "it may be booked, and is looked for on the platform before it is sent"
SMILE = store_settings(platform="smile")


def booked(staging: Engine, *numbers: int) -> str:
    """A batch of one booked award for each member."""
    batch_id = send(staging, *((number, 10) for number in numbers)).batch_id
    for award in by_member(staging).values():
        set_state(staging, award.award_id, "applied", member_id=award.member_id)
    return str(batch_id)


def ids(staging: Engine) -> dict[str | None, str]:
    return {member_id: award.award_id for member_id, award in by_member(staging).items()}


def results(staging: Engine, batch_id: str) -> Results:
    with reading(staging) as connection:
        return load_results(connection, STORE, batch_id)


def can_be(staging: Engine, batch_id: str) -> set[str | None]:
    """By the member's id, those about which taking back can still do something."""
    found = results(staging, batch_id).everybody
    return {one.member_id for one in found if one.can_be_taken_back}


def leave_rivo(staging: Engine) -> None:
    with staging.begin() as connection:
        claim_platform(connection, store_settings(), NOW)
        change_platform(connection, SMILE, LATER)


@pytest.mark.parametrize(
    ("state", "values", "why", "can"),
    [
        ("applied", {}, f"it is booked, and nothing takes it back yet: {AGAIN}", True),
        ("queued", {}, f"it waits to be booked: {AGAIN}", True),
        ("approved", {}, f"it waits to be booked: {AGAIN}", True),
        (
            *("needs_approval", {}),
            f"{STILL_WAITS}: {AGAIN}",
            True,
        ),
        ("applying", {}, f"it is being booked right now: {AGAIN} in a moment", True),
        (
            *("approved", {"sends": 1}),
            f"{LOOKED_FOR}: {AGAIN} in a moment",
            True,
        ),
        (
            *("needs_approval", {"sent_at_utc": "2026-03-02T09:00:00.0Z"}),
            "it waits for approval and may be booked all the same: approve or reject it first",
            False,
        ),
        ("unknown", {}, "nobody can tell yet whether it is booked: settle it first", False),
        ("applied", {"subject": ERASED, "member_id": None}, ANONYMOUS, False),
        ("applied", {"member_id": None}, NOBODYS, False),
        ("refused", {}, None, False),
        ("rejected", {}, None, False),
    ],
)
def test_each_award_that_is_left_says_why_and_what_to_do(
    staging: Engine, state: str, values: dict[str, Any], why: str | None, *, can: bool
) -> None:
    batch_id = booked(staging, 1, 2)
    award_id = ids(staging)["2"]
    set_state(staging, award_id, "applying")
    take(staging, batch_id)

    set_state(staging, award_id, state, **values)

    found = {one.award_id: one for one in results(staging, batch_id).everybody}
    assert (found[award_id].not_taken_back, found[award_id].can_be_taken_back) == (why, can)
    [taken] = [one for one in found.values() if one.award_id != award_id]
    assert (taken.not_taken_back, taken.can_be_taken_back) == (None, False)


def test_what_became_of_the_taking_back_itself_is_told_with_its_reason(staging: Engine) -> None:
    batch_id = booked(staging, 1, 2, 3, 4, 5)
    take(staging, batch_id)
    back = {one: row.award_id for one, row in by_member(staging, reverses=True).items()}
    set_state(staging, back["1"], "refused", detail="no_such_member")
    set_state(staging, back["2"], "rejected", detail="they may keep it")
    set_state(staging, back["3"], "unknown")
    set_state(staging, back["4"], "applied")

    assert left(staging, batch_id) == {
        "1": f"what was to take it back was refused (no such member): {AGAIN}",
        "2": f"what was to take it back was rejected (they may keep it): {AGAIN}",
        "3": "nobody can tell yet whether it is taken back: settle the award that takes it back",
    }
    assert can_be(staging, batch_id) == {"1", "2"}
    assert left(staging, reversals_of(batch_id)) == {}, "of what takes back nothing is to be"
    set_state(staging, back["5"], "rejected")
    assert left(staging, batch_id)["5"] == f"what was to take it back was rejected: {AGAIN}"


def test_what_is_asked_for_once_more_is_told_by_the_newest_reversal(staging: Engine) -> None:
    batch_id = booked(staging, 1)
    for turn in range(4):
        assert take(staging, batch_id, LATER + timedelta(hours=turn))
        assert (left(staging, batch_id), can_be(staging, batch_id)) == ({}, set())
        assert not take(staging, batch_id), "while the reversal waits there is no other"

        set_state(staging, newest(staging), "rejected", detail=f"not in turn {turn}")

        why = f"what was to take it back was rejected (not in turn {turn}): {AGAIN}"
        assert (left(staging, batch_id), can_be(staging, batch_id)) == ({"1": why}, {"1"})


def newest(staging: Engine) -> str:
    with reading(staging) as connection:
        return str(list_awards(connection, STORE, most=1)[0].award_id)


def test_of_a_batch_that_nobody_takes_back_only_what_never_can_be_is_told(staging: Engine) -> None:
    batch_id = booked(staging, 1, 2, 3, 4)
    of = ids(staging)
    set_state(staging, of["1"], "applied", subject=ERASED)
    set_state(staging, of["2"], "applying")
    set_state(staging, of["3"], "needs_approval")

    assert left(staging, batch_id) == {"1": ANONYMOUS}
    assert can_be(staging, batch_id) == {"2", "3", "4"}
    assert not results(staging, batch_id).was_asked_back


@pytest.mark.parametrize("state", ["needs_approval", "applied"])
def test_that_it_was_asked_for_is_known_from_either_kind_of_taking_back(
    staging: Engine, state: str
) -> None:
    batch_id = booked(staging, 1)
    set_state(staging, ids(staging)["1"], state)

    assert take(staging, batch_id)

    assert results(staging, batch_id).was_asked_back


def test_what_was_booked_on_a_platform_that_the_store_has_left_is_told_before_and_after(
    staging: Engine,
) -> None:
    batch_id = booked(staging, 1, 2)
    leave_rivo(staging)

    for _ in range(2):
        assert left(staging, batch_id) == {"1": LEFT, "2": LEFT}
        assert can_be(staging, batch_id) == set()
        assert not take(staging, batch_id)


@pytest.mark.parametrize(
    ("values", "store", "why"),
    [
        ({"subject": ERASED}, store_settings(), ANONYMOUS),
        ({"member_id": None}, store_settings(), NOBODYS),
        ({}, SMILE, LEFT),
    ],
)
def test_one_award_that_is_taken_back_alone_is_refused_for_the_same_reason(
    staging: Engine, values: dict[str, Any], store: StoreSettings, why: str
) -> None:
    booked(staging, 1)
    award_id = ids(staging)["1"]
    set_state(staging, award_id, "applied", **values)
    if store is SMILE:
        leave_rivo(staging)

    with pytest.raises(ReversalError) as refused, staging.begin() as connection:
        reverse_award(connection, store, award_id, LATER, agent="bo", why="x", door=Door.DESK)

    assert str(refused.value) == f"award {award_id} {why.removeprefix('it ')}"
    with reading(staging) as connection:
        assert get_award(connection, STORE, award_id).state == "applied"


def test_the_files_have_all_that_are_not_taken_back(staging: Engine) -> None:
    batch_id = booked(staging, *range(1, 121))
    of = ids(staging)
    for number in range(1, 120):
        set_state(staging, of[str(number)], "unknown")
    take(staging, batch_id)

    everybody = results(staging, batch_id).everybody
    rows = list(csv.DictReader(io.StringIO(as_csv(everybody).decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(everybody, sum_up(everybody))))

    why = "nobody can tell yet whether it is booked: settle it first"
    told = {row["award"]: row["not_taken_back"] for row in rows}
    assert told == {one: why if member_id != "120" else "" for member_id, one in of.items()}
    sheet: Any = book["Everybody"]
    shown = list(sheet.iter_rows(min_row=4, values_only=True))
    assert shown[0][-2:] == ("Award", "Not taken back, as")
    assert {row[-2]: row[-1] or "" for row in shown[1:]} == told
