"""The record as text."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.awards.ledger import TAKEN_BACK
from loyalty_desk.errors import BadConnectionError, explain
from loyalty_desk.records import AwardState, RunState
from loyalty_desk.report import text
from loyalty_desk.report.award_texts import award_text
from loyalty_desk.report.formats import NOT_REACHED
from loyalty_desk.staging.run_record import (
    COUNTERS,
    RunRecord,
    Work,
    balance_problems,
)
from tests.factories import NOW, STORE


def record(**values: Any) -> RunRecord:
    return RunRecord(
        **{
            "store": STORE,
            "run_id": "run-1",
            "state": RunState.SUCCEEDED,
            "started_at_utc": NOW,
            "written": frozenset(COUNTERS),
            **values,
        }
    )


PUSHED = record(
    customers_total=2000,
    customers_matched=1840,
    customers_customer_not_found=1,
    customers_not_a_member=159,
    members_total=1700,
    members_matched=1700,
    planned=10,
    planned_new=10,
    pushed=8,
    failed=1,
    left=1,
    tickets_fetched=1,
    tickets_rejected=1,
    gorgias_requests=1234,
    seconds_total=61.25,
)


def test_the_summary_says_in_words_what_happened() -> None:
    assert text.summary(PUSHED) == (
        "1,840 of 2,000 customers matched. 1,700 of 1,700 members found in Gorgias. "
        "1 customer with recent tickets is not in the programme. "
        "10 cards had to change: 8 pushed, 1 failed, 1 left for the next run. "
        "1 unusable row was set aside."
    )


def test_the_summary_of_a_run_without_changes_says_so() -> None:
    assert "nothing was to be pushed" in text.summary(record(customers_total=5))


def test_the_summary_of_a_dry_run_says_that_nothing_was_pushed() -> None:
    assert "dry run, so nothing was pushed" in text.summary(record(dry_run=True, planned=3))


def test_the_summary_of_a_run_that_the_brake_stopped_says_that_nothing_was_pushed() -> None:
    assert "3 cards had to change; nothing was pushed" in text.summary(record(planned=3))


STEPS: list[tuple[Work, str]] = [
    (Work.MEMBERS, "member"),
    (Work.CUSTOMERS, "customer"),
    (Work.TICKETS, "ticket"),
    (Work.MATCH, "found in Gorgias"),
    (Work.PLAN, "card"),
]
"""What a run does one after another, with a word that only says something of it."""


@pytest.mark.parametrize("reached", range(len(STEPS) + 1))
def test_of_what_a_run_did_not_come_to_nothing_is_said(reached: int) -> None:
    written = frozenset(work.value for work, _ in STEPS[:reached])
    stopped = record(state=RunState.FAILED, failure="x: no. Mend that", written=written)

    for said in (text.summary(stopped), text.note(stopped), text.table(stopped)):
        for _, word in STEPS[reached:]:
            assert word not in said.replace("Nothing was planned or pushed", ""), said
        assert "right already" not in said or reached == len(STEPS)
    assert ("matched" in text.summary(stopped)) == (reached >= 4)


def test_a_run_that_stopped_in_its_first_read_says_so() -> None:
    stopped = record(state=RunState.FAILED, written=frozenset())

    assert text.summary(stopped) == (
        "It stopped before anything was read to its end. Nothing was planned or pushed."
    )


def test_a_run_that_stopped_before_the_match_says_what_it_read() -> None:
    written = frozenset({Work.MEMBERS.value, Work.TICKETS.value})
    stopped = record(members_fetched=2100, tickets_fetched=7, written=written)

    assert text.summary(stopped).startswith(
        "It read 2,100 members, 7 tickets, and stopped before the match."
    )


def test_the_note_of_a_run_that_could_not_begin_says_why_and_what_to_do() -> None:
    why = explain(BadConnectionError("Airflow connection rivo_demo: the key is refused"))

    assert text.note_without_run(f"start: {why}") == (
        "**failed**: the run did not begin, so nothing was read, matched or pushed.\n"
        "Why: start: Airflow connection rivo\\_demo: the key is refused. Mend that, then clear the"
        " failed task"
    )


def test_the_table_is_aligned_and_leaves_out_empty_classes() -> None:
    lines = text.table(PUSHED).splitlines()

    names_end = lines[0].index("succeeded")
    assert all(line[names_end - 1] == " " and line[names_end] != " " for line in lines)
    assert any(line.startswith("customers matched") and "1,840 of 2,000" in line for line in lines)
    assert not any("excluded" in line for line in lines)


def test_cards_in_a_newer_form_are_named_beside_what_was_pushed_and_not_among_it() -> None:
    rewritten = text.table(record(planned=2, planned_new=2, pushed=2, rewritten=1500))

    assert "2, 0 failed, 0 gone, 0 left; 1,500 unchanged, in a newer form" in rewritten
    assert "add up" not in rewritten
    assert "newer form" not in text.table(PUSHED)


def test_the_table_says_when_counts_do_not_add_up() -> None:
    assert "does not add up" in text.table(record(planned=2))
    assert "does not add up" not in text.table(PUSHED)


def test_the_note_is_short_and_cannot_be_bent_by_a_failure_text() -> None:
    note = text.note(record(state=RunState.FAILED, failure="match: *no*\n# [way](x)"))

    assert note.startswith("**failed**: ")
    assert r"Why: match: \*no\* \# \[way\](x)" in note
    assert len(note.splitlines()) == 4


def test_two_runs_stand_side_by_side() -> None:
    again = record(run_id="the-second-run", customers_total=2000, seconds_total=3.5)

    lines = text.side_by_side([PUSHED, again]).splitlines()

    assert lines[0].split() == ["run-1", "the-second-run"]
    stopped = record(run_id="stopped", written=frozenset({"members_fetched"}))
    assert NOT_REACHED in text.side_by_side([PUSHED, stopped])
    cells = {line[: line.index("  ")]: line.split()[-2:] for line in lines[1:]}
    assert cells["pushed"] == ["8", "0"]
    assert cells["gorgias requests"] == ["1,234", "0"]
    assert cells["seconds total"] == ["61.2", "3.5"]
    assert cells["failed"][1] == "0", "what did not happen is said as well"
    assert len({len(line) for line in lines}) == 1


def test_every_counter_says_what_it_counts() -> None:
    assert all(RunRecord.model_fields[name].description for name in COUNTERS)


@pytest.mark.parametrize(
    ("detail", "title"),
    [(TAKEN_BACK, "Taken back"), ("the ledger cannot be read", "Perhaps booked")],
)
def test_an_unknown_award_says_what_is_known_of_it(detail: str, title: str) -> None:
    text = award_text(AwardState.UNKNOWN, detail, by_email=True, is_member=True)

    assert text.title == title
    assert ", then settle it by the command below" in text.what_to_do, "as the desk replaces it"


def test_counts_that_add_up_are_no_problem() -> None:
    assert balance_problems(PUSHED) == []


def test_each_imbalance_is_named() -> None:
    wrong = record(
        members_fetched=3,
        members_staged=2,
        customers_total=1,
        members_total=1,
        planned=5,
        planned_new=4,
        pushed=5,
    )

    assert balance_problems(wrong) == [
        "members_fetched is 3, but members_staged + members_rejected + members_kept_out is 2",
        *[problem for problem in balance_problems(wrong) if problem.startswith("customers_total")],
        *[problem for problem in balance_problems(wrong) if problem.startswith("members_total")],
        (
            "planned is 5, but planned_new + planned_update + planned_clear + planned_texts"
            " + planned_withdraw is 4"
        ),
    ]
    assert len(balance_problems(wrong)) == 4


def test_a_push_that_was_not_tried_or_was_cut_short_need_not_add_up() -> None:
    planned = {"planned": 3, "planned_new": 3}

    assert balance_problems(record(**planned)) != []
    assert balance_problems(record(**planned, dry_run=True)) == []
    assert balance_problems(record(**planned, state=RunState.FAILED)) == []
