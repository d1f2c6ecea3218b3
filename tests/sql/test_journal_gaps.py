"""For which days nobody can tell what was erased, revoked and decided; on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.hooks.journal import keep_journal
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import Subject
from loyalty_desk.staging import schema
from loyalty_desk.staging.journal import find_journal
from loyalty_desk.staging.journal_folder import (
    MARK,
    Mark,
    read_mark,
    write_mark,
)
from loyalty_desk.staging.journal_gaps import JournalGapError
from loyalty_desk.staging.mismatch_schema import ignored_mismatches, mismatches
from tests.factories import STORE
from tests.sql.backups import back_up
from tests.sql.staged import Staged
from tests.sql.test_catching_up import caught_up, desk, erase_member, lose, place_of

__all__ = ["desk"]


def make_old(place: Path, ago: timedelta) -> None:
    mark = read_mark(place)
    assert mark is not None
    write_mark(place, Mark(begun=mark.begun, at=utc_now() - ago, last=mark.last))


def remove_second(place: Path) -> None:
    (place / "000000000002.json").unlink()


def spoil_last(place: Path) -> None:
    (place / "000000000003.json").write_text("{")


GAPS: dict[str, Callable[[Path], object]] = {
    "entries before number 3 are missing": remove_second,
    "the last entries are missing": spoil_last,
    "is not marked in": lambda place: (place / MARK).unlink(),
    "the journal is silent since": lambda place: make_old(place, timedelta(hours=30)),
    "the journal is no newer than the backup": lambda place: make_old(place, timedelta(hours=3)),
}


@pytest.mark.parametrize("says", GAPS)
def test_a_journal_with_a_gap_stops_the_restore_and_a_person_goes_on_knowingly(
    desk: Engine, says: str
) -> None:
    backup = back_up(desk)
    for number in (7, 8, 9):
        with desk.begin() as connection:
            subject = Subject("customer", str(number))
            decisions.ignore(connection, STORE, [subject], "a", utc_now(), reason="r", until=None)
        keep_journal(desk)
    lose(desk, backup)
    place = place_of(desk)
    GAPS[says](place)

    with pytest.raises(JournalGapError, match=says) as stopped:
        caught_up(desk)

    assert f"{utc_now():%Y-%m-%d}" in str(stopped.value)
    assert "--despite-gaps" in str(stopped.value)
    with desk.begin() as connection:
        assert Staged(connection).rows(ignored_mismatches, "subject_id") == [], "nothing was done"

    assert says in caught_up(desk, despite_gaps=True).gaps[0]

    with desk.begin() as connection:
        subject = Subject("member", "m7")
        connection.execute(
            mismatches.insert().values(
                store=STORE,
                side="member",
                subject_id="m7",
                outcome="ambiguous",
                opened_at_utc=utc_text(utc_now()),
                returned=0,
            )
        )
        decisions.ignore(connection, STORE, [subject], "a", utc_now(), reason="r", until=None)
    keep_journal(desk)
    with desk.connect() as connection:
        journal = find_journal(connection)
    assert journal is not None
    assert journal.pending == 0, "the journal goes on"


def test_an_entry_that_another_database_wrote_in_the_place_of_ours_is_a_gap(desk: Engine) -> None:
    with desk.begin() as connection:
        subject = Subject("customer", "7")
        decisions.ignore(connection, STORE, [subject], "a", utc_now(), reason="r", until=None)
    keep_journal(desk)
    file = place_of(desk) / "000000000001.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "entry_id": "another"}))

    with pytest.raises(JournalGapError, match="went another way than the backup"):
        caught_up(desk)


def test_a_backup_of_before_the_journal_names_the_days_and_takes_the_one_that_is_named(
    desk: Engine,
) -> None:
    with desk.begin() as connection:
        started = utc_text(datetime.fromisoformat("2026-01-03T05:00:00+00:00"))
        connection.execute(
            schema.runs.insert().values(
                store=STORE, run_id="r", state="succeeded", params="{}", started_at_utc=started
            )
        )
    erase_member(desk, "m7")
    keep_journal(desk)
    place = place_of(desk)
    with desk.begin() as connection:  # as the backup of an older version has it
        connection.execute(text("DELETE FROM journal"))
        connection.execute(text("DELETE FROM store_state WHERE key = 'journal'"))
        connection.execute(text("DELETE FROM erased_people"))
        Staged(connection).member("m7", "ada@example.test")

    with pytest.raises(JournalGapError, match=f"2026-01-03 to .* if {place.name} became"):
        caught_up(desk)
    with pytest.raises(JournalGapError, match="there is no journal nobody"):
        caught_up(desk, despite_gaps=True, journal="nobody")
    with pytest.raises(JournalGapError, match="begun after the backup: 2026-01-03"):
        caught_up(desk, journal=place.name)

    done = caught_up(desk, despite_gaps=True, journal=place.name)

    assert (done.erasures, done.erased_again) == (1, 1)
    keep_journal(desk)
    assert place_of(desk) == place


def test_a_backup_that_cannot_tell_people_by_hashes_says_so(desk: Engine) -> None:
    backup = back_up(desk)
    erase_member(desk, "m7")
    lose(desk, backup)
    with desk.begin() as connection:
        connection.execute(text("DELETE FROM store_state WHERE key = 'erase_salt'"))

    with pytest.raises(JournalGapError, match="1 erasures and decisions cannot be done again"):
        caught_up(desk)

    assert caught_up(desk, despite_gaps=True).erased_again == 0


def test_a_folder_that_does_not_answer_is_no_folder_without_entries(
    desk: Engine, tmp_path: Path
) -> None:
    (tmp_path / "var" / "journal").rename(tmp_path / "away")
    (tmp_path / "var" / "journal").write_text("no folder")

    with pytest.raises(JournalGapError, match="the journal"):
        caught_up(desk)
