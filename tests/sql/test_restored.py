"""Staging that was restored: what waits is doubted, everything is read anew."""

from __future__ import annotations

from sqlalchemy import Engine, insert, select

from loyalty_desk.awards.queue import get_award, get_events
from loyalty_desk.clock import utc_text
from loyalty_desk.records import AwardState
from loyalty_desk.staging import schema
from loyalty_desk.staging.award_schema import awards
from loyalty_desk.tasks.restored import DETAIL, take_up
from tests.factories import LATER, NOW, STORE
from tests.sql.test_awards import queue, request


def test_every_award_that_waits_is_looked_for_and_none_that_ended(staging: Engine) -> None:
    waiting = queue(staging, request("5", idempotency_key="waiting")).award_id
    ended = queue(staging, request("6", idempotency_key="ended")).award_id
    with staging.begin() as connection:
        connection.execute(
            awards.update().where(awards.c.award_id == ended).values(state="applied")
        )

    assert take_up(staging, LATER, by="grace") == {STORE: 1}

    with staging.connect() as connection:
        doubted = get_award(connection, STORE, waiting)
        assert (doubted.sends, doubted.sent_at_utc) == (1, doubted.queued_at_utc)
        assert get_award(connection, STORE, ended).sends == 0
        last = get_events(connection, STORE, waiting)[-1]
    assert (last.state, last.detail, last.actor) == (AwardState.QUEUED, DETAIL, "grace")


def test_an_award_that_was_sent_twice_stays_one_that_is_never_sent_again(staging: Engine) -> None:
    award_id = queue(staging, request("5")).award_id
    with staging.begin() as connection:
        connection.execute(awards.update().values(state="applying", sends=2))

    take_up(staging, LATER, by="grace")

    with staging.connect() as connection:
        assert get_award(connection, STORE, award_id).sends == 2


def test_locks_and_watermarks_are_forgotten(staging: Engine) -> None:
    with staging.begin() as connection:
        connection.execute(
            insert(schema.locks).values(store=STORE, run_id="r", expires_at_utc=utc_text(LATER))
        )
        connection.execute(
            insert(schema.watermarks).values(
                store=STORE, source="members", since=utc_text(NOW), full_scan_at_utc=utc_text(NOW)
            )
        )

    take_up(staging, LATER, by="grace")
    take_up(staging, LATER, by="grace")  # may be repeated

    with staging.connect() as connection:
        assert connection.execute(select(schema.locks)).all() == []
        assert connection.execute(select(schema.watermarks)).all() == []
