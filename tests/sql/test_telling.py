"""Who is told what, on both databases: by one worker, once, again after waits that grow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import Engine, text

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.staging.engine import migrate, open_engine, reading
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.telling import (
    FIRST_WAIT,
    LONGEST_WAIT,
    REPORT,
    THRESHOLDS,
    AlertKind,
    Claim,
    claim,
    close_when_told,
    hand_down,
    load_not_told,
    owe_alert,
    owed_alerts,
    wait_after,
)
from tests.factories import STORE

PLACE = "alerts.email_to:1"
ALERT = "awards 1"


def taken(engine: Engine, place: str = PLACE, thing: str = REPORT) -> Claim:
    found = claim(engine, STORE, place, thing)
    assert found is not None
    return found


def owe(engine: Engine) -> None:
    with engine.begin() as connection:
        owe_alert(connection, STORE, AlertKind.AWARDS, {"award_ids": []}, alert_id=ALERT)


def pretend(engine: Engine, **times: timedelta) -> None:
    """Have times of all rows lie so far from now."""
    with engine.begin() as connection:
        for column, from_now in times.items():
            connection.execute(
                text(f"UPDATE tellings SET {column} = :at"),
                {"at": utc_text(utc_now() + from_now)},
            )


def test_one_worker_tells_and_the_next_knows_what_was_told(staging: Engine) -> None:
    first = taken(staging)
    assert claim(staging, STORE, PLACE, REPORT) is None, "somebody is at it"

    first.note_told({"at_utc": "1"})

    assert taken(staging).content == {"at_utc": "1"}


def test_of_many_workers_at_once_one_has_the_claim(staging: Engine) -> None:
    owe(staging)
    with ThreadPoolExecutor(6) as workers:
        claims = [
            workers.submit(claim, staging, STORE, PLACE, ALERT, is_alert=True) for _ in range(12)
        ]
    assert sum(one.result() is not None for one in claims) == 1


def test_who_dies_while_telling_leaves_it_to_another_after_a_while(staging: Engine) -> None:
    lost = taken(staging)
    pretend(staging, claimed_until_utc=timedelta(seconds=-1))
    other = taken(staging)

    lost.note_told({"by": "who was slow"})

    assert claim(staging, STORE, PLACE, REPORT) is None, "the other one still has it"
    other.note_told({"by": "the other"})
    assert taken(staging).content == {"by": "the other"}


def test_what_failed_waits_longer_each_time_and_is_named(staging: Engine) -> None:
    waits = []
    for tries in range(1, 4):
        taken(staging).note_not_told("RuntimeError")
        with reading(staging) as connection:
            [one] = load_not_told(connection, STORE)
        assert (one.place, one.thing, one.tries, one.error) == (
            *(PLACE, REPORT, tries, "RuntimeError"),
        )
        assert claim(staging, STORE, PLACE, REPORT) is None, "it is left alone"
        waits.append((one.next_try - utc_now()).total_seconds())
        pretend(staging, next_try_utc=timedelta(seconds=-1))

    assert [round(wait / FIRST_WAIT.total_seconds(), 1) for wait in waits] == [1, 2, 4]
    taken(staging).note_told({})
    with reading(staging) as connection:
        assert load_not_told(connection, STORE) == []


def test_no_wait_is_longer_than_half_a_day() -> None:
    assert [wait_after(tries) for tries in (1, 2)] == [FIRST_WAIT, 2 * FIRST_WAIT]
    assert {wait_after(tries) for tries in (9, 30, 1_000)} == {LONGEST_WAIT}


def test_an_alert_is_told_to_each_place_once_and_ends_when_all_have_it(staging: Engine) -> None:
    owe(staging)
    owe(staging)
    for place in ("one", "two"):
        mine = claim(staging, STORE, place, ALERT, is_alert=True)
        assert mine is not None
        mine.note_told()
        assert claim(staging, STORE, place, ALERT, is_alert=True) is None
        close_when_told(staging, STORE, ALERT, ["one", "two"])

    assert owed_alerts(staging, STORE) == []
    assert claim(staging, STORE, "one of later", ALERT, is_alert=True) is None
    assert taken(staging, thing=THRESHOLDS).content is None


def test_an_upgrade_keeps_what_everybody_was_told(empty_url: str) -> None:
    engine = open_engine(empty_url)
    migrate(engine, "0026")
    with engine.begin() as connection:
        for key in ("report_sent", "thresholds", "texts_settled"):
            connection.execute(
                text("INSERT INTO store_state VALUES (:store, :key, :content, '2026-01-01')"),
                {"store": STORE, "key": key, "content": f'"{key}"'},
            )

    migrate(engine)
    for thing in (REPORT, THRESHOLDS):
        hand_down(engine, STORE, thing, ["one", "two"])

    for place in ("one", "two"):
        assert taken(engine, place).content == "report_sent"
        assert taken(engine, place, THRESHOLDS).content == "thresholds"
    with engine.connect() as connection:
        left = connection.execute(text("SELECT key FROM store_state")).scalars().all()
    assert left == ["texts_settled"]
    engine.dispose()


def test_a_place_of_later_was_told_nothing_of_what_everybody_was(staging: Engine) -> None:
    taken(staging, "").note_told(["what everybody was told"])
    taken(staging, "one").note_told(["what it was told since"])
    hand_down(staging, STORE, REPORT, ["one", "two"])

    hand_down(staging, STORE, REPORT, ["one", "two", "one of later"])

    told = {place: taken(staging, place).content for place in ("one", "two", "one of later")}
    assert told == {
        "one": ["what it was told since"],
        "two": ["what everybody was told"],
        "one of later": None,
    }


def test_a_place_that_was_only_looked_at_since_knows_what_everybody_was_told(
    staging: Engine,
) -> None:
    """As the version before left it: it looked up what everybody was told anew each time."""
    taken(staging, "").note_told(["what everybody was told"])
    taken(staging, "nothing new").let_go()
    taken(staging, "away").note_not_told("RuntimeError")

    hand_down(staging, STORE, REPORT, ["nothing new", "away"])

    pretend(staging, next_try_utc=timedelta(seconds=-1))
    for place in ("nothing new", "away"):
        assert taken(staging, place).content == ["what everybody was told"]


def test_what_is_still_so_is_not_old(staging: Engine) -> None:
    """Of what was told, and of what everybody was told, which is still to be handed down."""
    for place in ("asked", "left the settings", ""):
        taken(staging, place).note_told({"told": ["data_age"]})
    taken(staging, "never told").let_go()
    pretend(staging, told_at_utc=timedelta(days=-100))
    taken(staging, "asked").let_go()

    with staging.begin() as connection:
        binds = {"store": STORE, "before_utc": utc_text(utc_now() - timedelta(days=90))}
        connection.execute(statement("telling/delete_old_tellings"), binds)
        places = connection.execute(text("SELECT place FROM tellings")).scalars()

        assert set(places) == {"asked", ""}
