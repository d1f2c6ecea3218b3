"""What a soak says about itself: which features met."""

from __future__ import annotations

import pytest

from tests.soak.journal import Action, Journal


def action(feature: str, started_s: float, ended_s: float, store: str = "one") -> Action:
    return Action(feature, store, "a deed", frozenset({"7"}), started_s, ended_s)


def test_deeds_meet_that_were_under_way_at_one_moment_in_one_store() -> None:
    journal = Journal(
        [
            action("sync", 0, 10),
            action("award", 5, 6),
            action("award", 5.5, 7),
            action("award", 10, 11),
            action("lookup", 5, 6, store="two"),
        ]
    )

    pairs = journal.pairs()

    assert pairs["award", "sync"] == 2
    assert pairs["award", "award"] == 1
    assert pairs["lookup", "sync"] == pairs["sync", "sync"] == 0
    assert "award" in journal.table()


def test_a_deed_that_raises_is_noted_with_what_it_raised_and_told_of_whom_it_was_about() -> None:
    journal = Journal()

    with pytest.raises(ValueError, match="no"), journal.doing("sync", "one", "a sync", 7):
        raise ValueError("no")
    with journal.doing("merge", "one", "merge", 8) as noted:
        noted.outcome = "refused"

    assert [one.outcome for one in journal.actions] == ["ValueError", "refused"]
    assert journal.about("two", 8) == []
    assert [line.split(" ", 1)[1] for line in journal.about("one", 8)] == ["merge: refused"]
