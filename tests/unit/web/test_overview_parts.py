"""What the overview puts first, what its tiles say from afar, and its small charts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loyalty_desk.hooks.telling import Unreached
from loyalty_desk.mismatches.history import Progress
from loyalty_desk.records import RunState
from loyalty_desk.report.data import FileLeft
from loyalty_desk.staging.run_record import RunRecord
from loyalty_desk.web.desk.needs import Harm, OfLastRun, needs_of
from loyalty_desk.web.desk.standing import Standing
from loyalty_desk.web.desk.switches import Switches
from loyalty_desk.web.desk.tiles import Mood, tiles_of
from loyalty_desk.web.desk.trends import trends_of
from tests.factories import STORE

NOW = datetime(2026, 11, 3, 13, 5, tzinfo=UTC)
OSLO = "Europe/Oslo"
ALL_ON = Switches(store=STORE)
MATCHED = {"customers_total": 1_000, "customers_matched": 800, "customers_ambiguous": 1}
PUSHED = {"planned": 10, "pushed": 8, "failed": 2}


def run(hours_ago: float = 9, state: RunState = RunState.SUCCEEDED, **values: Any) -> RunRecord:
    counters = {name: value for name, value in values.items() if name != "failure"}
    return RunRecord(
        store=STORE,
        run_id=f"scheduled__{hours_ago}",
        state=state,
        started_at_utc=NOW - timedelta(hours=hours_ago),
        written=frozenset(counters),
        **values,
    )


def standing(*recent: RunRecord, **values: Any) -> Standing:
    good = (one.started_at_utc for one in recent if one.state is RunState.SUCCEEDED)
    return Standing(
        recent=list(recent),
        data_from=next(good, None),
        **{
            "mismatches": [],
            "awards": {},
            "progress": None,
            "budget": None,
            "unreached": [],
            **values,
        },
    )


def open_ones(side: str, outcome: str, number: int) -> Progress:
    return Progress(
        side=side,
        outcome=outcome,
        newly_open=0,
        came_back=0,
        still_open=number,
        settled=0,
        older_than_a_month=0,
        oldest_open=None,
    )


NOTHING = OfLastRun(not_journalled=0, files_left=[], unwritten={}, files={})
ALL = replace(
    NOTHING,
    not_journalled=1,
    files_left=[FileLeft("old.csv", "is empty")],
    unwritten={"the Data Docs": "no room"},
)


def test_where_all_is_well_nobody_is_needed() -> None:
    assert needs_of(standing(run(**MATCHED)), ALL_ON, OSLO, NOTHING) == []


def test_what_is_bad_comes_first_and_each_leads_to_where_it_is_settled() -> None:
    dead = Unreached(title="alerts.email_to.0", since=NOW, next_try=NOW, error="no answer")
    found = needs_of(
        standing(
            run(1, RunState.FAILED, failure="plan: too many", quality_warning_failed=1),
            run(9, **MATCHED, **PUSHED),
            awards={"unknown": 1, "needs_approval": 1_200, "queued": 3},
            mismatches=[
                open_ones("customer", "customer_not_found", 7),
                open_ones("customer", "no_email", 50),
                open_ones("member", "ambiguous", 60),
            ],
            unreached=[dead],
        ),
        Switches(store=STORE, paused=((f"mismatch_report__{STORE}", "no mail"),)),
        OSLO,
        ALL,
    )

    unmatched = "7 customers have addresses that fit no member, or several."
    assert [(one.harm, one.what, one.path) for one in found] == [
        (Harm.BAD, "The last run stopped.", "#runs"),
        (Harm.BAD, "1 award may be booked or not.", "/awards?state=unknown"),
        (Harm.BAD, "Not told since 3 Nov 2026, 14:05 CET:", ""),
        (Harm.BAD, "1 entry is in no journal yet.", ""),
        (Harm.LOOK, "Switched off in Airflow:", ""),
        (Harm.LOOK, "1,200 awards wait for approval.", "/awards?state=needs_approval"),
        (Harm.LOOK, "2 cards could not be written in the last run.", "#runs"),
        (Harm.LOOK, unmatched, "/mismatches?side=customer&sort=tickets"),
        (Harm.LOOK, "1 check failed in the last run.", "/quality"),
        (Harm.LOOK, "Member files that were not read:", ""),
        (Harm.LOOK, "The Data Docs could not be written in the last run.", ""),
    ]
    [of_mismatches] = [one for one in found if one.what == unmatched]
    assert "Open mismatches with other reasons: 110." in of_mismatches.more


@pytest.mark.parametrize("family", ["loyalty_sync", "award_points"])
def test_a_paused_dag_without_which_nothing_goes_on_is_bad(family: str) -> None:
    switches = Switches(store=STORE, paused=((f"{family}__{STORE}", "nothing is read"),))

    [need] = needs_of(standing(run(**MATCHED)), switches, OSLO)

    assert need.harm is Harm.BAD
    assert need.button is not None


def test_a_stopped_run_leads_to_its_report_as_long_as_that_is_kept() -> None:
    failed = run(1, RunState.FAILED, failure="x")
    kept = replace(NOTHING, files={failed.run_id: ["report.html"]})

    [need] = needs_of(standing(failed), ALL_ON, OSLO, kept)

    assert need.path == f"/runs/{failed.run_id}/report.html"


def test_a_store_without_a_run_is_to_be_set_up() -> None:
    [need] = needs_of(standing(mismatches=None), ALL_ON, OSLO)

    assert (need.what, need.path) == ("No sync ran yet.", "/setup")


def moods(found: Standing) -> dict[str, Mood]:
    return {tile.name: tile.mood for tile in tiles_of(found, OSLO, NOW)}


def test_a_tile_says_its_state_by_sign_and_word_and_not_by_colour_alone() -> None:
    for tile in tiles_of(standing(run(**MATCHED), awards={"unknown": 2}), OSLO, NOW):
        assert bool(tile.sign) is bool(tile.word) is (tile.mood is not Mood.CALM)
        assert tile.path


@pytest.mark.parametrize(
    ("awards", "mood", "path"),
    [
        ({}, Mood.GOOD, "/awards"),
        ({"queued": 3}, Mood.GOOD, "/awards"),
        ({"queued": 3, "needs_approval": 1}, Mood.LOOK, "/awards?state=needs_approval"),
        ({"needs_approval": 1, "unknown": 1}, Mood.BAD, "/awards?state=unknown"),
    ],
)
def test_awards_are_as_bad_as_the_worst_of_them(
    awards: dict[str, int], mood: Mood, path: str
) -> None:
    tiles = tiles_of(standing(run(**MATCHED), awards=awards), OSLO, NOW)
    [tile] = [one for one in tiles if one.name == "Awards waiting"]

    assert (tile.mood, tile.path) == (mood, path)


@pytest.mark.parametrize(
    ("hours", "mood"), [(9, Mood.GOOD), (29, Mood.GOOD), (31, Mood.LOOK), (55, Mood.BAD)]
)
def test_data_of_a_store_that_syncs_daily_is_old_after_a_day(hours: int, mood: Mood) -> None:
    found = standing(run(hours, **MATCHED), run(hours + 24, **MATCHED))

    assert moods(found)["Age of the data"] is mood


def test_data_of_a_store_that_syncs_weekly_is_not_old_after_three_days() -> None:
    found = standing(run(72, **MATCHED), run(72 + 168, **MATCHED))

    assert moods(found)["Age of the data"] is Mood.GOOD


def test_times_and_ages_stand_on_tiles_in_words_and_by_the_zone() -> None:
    last, age, *_ = tiles_of(standing(run(9, **MATCHED)), OSLO, NOW)

    assert (last.value, last.more) == ("Succeeded", "3 Nov 2026, 05:05 CET")
    assert age.value == "9 hours"


def test_a_run_that_did_not_come_to_the_match_is_in_no_trend() -> None:
    runs = [run(1, RunState.FAILED), run(9, **MATCHED, **PUSHED), run(33, **MATCHED)]

    found = trends_of([*runs, run(57, **{**MATCHED, "customers_matched": 400}, **PUSHED)])

    by_title = {one.title: one for one in found}
    assert by_title["Customers matched"].values == ["40.0%", "80.0%", "80.0%"]
    assert by_title["Customers matched"].line == "2,15 50,2 98,2"
    assert by_title["Customers matched"].said == "from 40.0% to 80.0%, at most 80.0%"
    assert by_title["Cards written"].values == ["8", "—", "8"]
    assert by_title["Cards written"].line == "2,2 98,2", "a run that wrote none has no point"
    assert "Wrote to us, not a member" not in by_title, "it was always nothing"


def test_a_single_run_is_no_trend() -> None:
    assert trends_of([run(9, **MATCHED, **PUSHED)]) == []
