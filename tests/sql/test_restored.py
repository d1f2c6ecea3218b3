"""Staging that was restored: what waits is doubted, everything is read anew."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from loyalty_desk.awards import deciding
from loyalty_desk.awards.approval import (
    DOUBTED,
    IN_TIME,
    REJECT,
    mark_asked,
    question,
    reject_overdue,
    settle,
    take_to_ask,
)
from loyalty_desk.awards.deciding import decide_once
from loyalty_desk.awards.queue import get_award, get_events, settle_unknown
from loyalty_desk.awards.taking_back import TakeBack, TakeBackError, take_back
from loyalty_desk.clock import utc_text
from loyalty_desk.records import AwardState
from loyalty_desk.staging import schema
from loyalty_desk.staging.award_schema import awards
from loyalty_desk.tasks.restored import DETAIL, take_up
from tests.factories import LATER, NOW, STORE, store_settings
from tests.sql.staged import Staged
from tests.sql.test_award_decisions import TOO_LATE, airflow_answer, wait_for_approval
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


def test_what_stood_in_customer_fields_is_not_taken_for_what_stands_there(staging: Engine) -> None:
    with staging.begin() as connection:
        values = {"destination": "custom_fields", "field_values": '{"311": "Gold"}'}
        Staged(connection).pushed(1, "card", **values)

    take_up(staging, LATER, by="grace")

    with staging.connect() as connection:
        assert Staged(connection).rows(schema.pushed_cards, "field_values") == [None]


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


# --- what waited for approval: it may have been approved and booked since the backup -----------


@pytest.fixture
def doubted(staging: Engine) -> str:
    """An award that waited for approval when staging was restored."""
    award_id = wait_for_approval(staging, ticket_id=5)
    take_up(staging, LATER, by="grace")
    return award_id


def stands(staging: Engine, award_id: str) -> tuple[str, str | None, str | None]:
    """The state of an award, why it is in it, and what the audit says of that."""
    with staging.connect() as connection:
        award = get_award(connection, STORE, award_id)
        last = get_events(connection, STORE, award_id)[-1]
    assert last.state == award.state
    return award.state, award.detail, last.detail


def reject_on_the_desk(staging: Engine, award_id: str) -> None:
    found = decide_once(staging, STORE, award_id, approved=False, by="bo", why="Mr X asked twice")
    assert found == stands(staging, award_id)[0], "the word that the desk says"


def reject_in_airflow(staging: Engine, award_id: str) -> None:
    with staging.begin() as connection:
        award = get_award(connection, STORE, award_id)
        given = airflow_answer(REJECT, "bo", "Mr X asked twice")
        found = [settle(connection, STORE, award, given, LATER) for _ in range(2)]  # tried again
    assert found == [stands(staging, award_id)[0]] * 2


def let_its_time_pass(staging: Engine, award_id: str) -> None:
    with staging.begin() as connection:
        assert reject_overdue(connection, STORE, TOO_LATE) == [award_id]


@pytest.mark.parametrize(
    ("reject", "why"),
    [
        (reject_on_the_desk, "Mr X asked twice"),
        (reject_in_airflow, "Mr X asked twice"),
        (let_its_time_pass, IN_TIME),
    ],
)
def test_a_doubted_award_that_is_rejected_is_unknown_and_its_alert_has_no_words_of_a_person(
    staging: Engine, doubted: str, reject: Any, why: str
) -> None:
    reject(staging, doubted)

    assert stands(staging, doubted) == ("unknown", DOUBTED, f"{DOUBTED}: {why}")


def test_one_that_nobody_approved_does_not_get_past_the_approval_by_being_sent_again(
    staging: Engine, doubted: str
) -> None:
    let_its_time_pass(staging, doubted)

    with staging.begin() as connection:
        said = settle_unknown(
            connection, STORE, doubted, TOO_LATE, was_applied=False, actor="bo", why="not there"
        )
        award = get_award(connection, STORE, doubted)
        assert reject_overdue(connection, STORE, TOO_LATE) == [], "its time begins anew"
        assert take_to_ask(connection, STORE, "another run") == [doubted]

    assert said == stands(staging, doubted)[0] == "needs_approval"
    assert (award.sends, award.sent_at_utc) == (0, award.queued_at_utc), "looked for all the same"
    assert decide_once(staging, STORE, doubted, approved=False, by="bo", why=None) == "rejected"


def test_one_that_was_approved_before_it_was_unknown_needs_no_other_approval(
    staging: Engine, doubted: str
) -> None:
    decide_once(staging, STORE, doubted, approved=True, by="bo", why=None)
    with staging.begin() as connection:
        connection.execute(awards.update().values(state="unknown"))
        said = settle_unknown(
            connection, STORE, doubted, LATER, was_applied=False, actor="bo", why="not there"
        )
    assert said == AwardState.APPROVED


@pytest.mark.parametrize("is_open", [True, False])
def test_a_question_that_was_answered_since_the_backup_is_asked_anew(
    staging: Engine, monkeypatch: pytest.MonkeyPatch, *, is_open: bool
) -> None:
    award_id = wait_for_approval(staging)
    with staging.begin() as connection:
        assert take_to_ask(connection, STORE, "before") == [award_id]
        assert mark_asked(connection, STORE, award_id, 3)
    asked = []
    monkeypatch.setattr(deciding, "is_open", lambda asking: asked.append(asking) or is_open)

    take_up(staging, LATER, by="grace")

    assert [(one.run_id, one.map_index) for one in asked] == [("before", 3)]
    with staging.begin() as connection:
        assert take_to_ask(connection, STORE, "after") == ([] if is_open else [award_id])


def test_whoever_asked_is_told_why_a_doubted_award_cannot_be_taken_back(
    staging: Engine, doubted: str
) -> None:
    wanted = TakeBack(agent="ada", ticket_id=5, note=None)

    with (
        staging.begin() as connection,
        pytest.raises(TakeBackError, match="waits for approval and may be booked all the same"),
    ):
        take_back(connection, store_settings(), wanted, NOW)


def test_who_approves_is_told_that_it_may_be_booked(staging: Engine, doubted: str) -> None:
    with staging.connect() as connection:
        award = get_award(connection, STORE, doubted)

    assert (
        "Restored from a backup:** ` perhaps booked since `"
        in question(award, None, NOW, "UTC").body
    )
