"""What `push.audience` costs and saves, in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from loyalty_desk.records import RunState
from loyalty_desk.report.audience import audience_words
from loyalty_desk.staging.run_record import RunRecord


def said(**counters: Any) -> str:
    started = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    record = RunRecord(
        store="acme",
        run_id="r",
        state=RunState.SUCCEEDED,
        started_at_utc=started,
        written=frozenset(counters),
        **counters,
    )
    return audience_words(record)


def test_with_everybody_it_says_what_recent_would_leave_out() -> None:
    words = said(planned=1_200, planned_recent=150)

    assert words.startswith("push.audience: everybody planned 1,200 writes, 150 of them for")
    assert "leave out the other 1,050" in words


def test_with_recent_it_says_what_everybody_would_have_planned() -> None:
    words = said(planned=160, planned_withdraw=10, cards_left_out=1_040, writes_saved=1_040)

    assert words.startswith("push.audience: recent planned 160 writes, 10 of them to take a card")
    assert "everybody would have planned 1,200, so this run saved 1,040" in words


def test_a_run_that_looked_at_everybody_says_how_many_have_no_card() -> None:
    assert said(planned=3, cards_left_out=1) == "1 customer has no card, not having written lately."
    assert "2 writes in the background" in said(planned=3, cards_left_out=7, filled=2)


def test_where_nothing_was_planned_there_is_nothing_to_tell_it_by() -> None:
    assert said() == said(planned=0) == ""
