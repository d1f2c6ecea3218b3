"""The queue of awards, its limits, claims and audit, on both databases."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.queue import (
    AwardKeyError,
    AwardLimitError,
    Door,
    NoAwardError,
    Queued,
    add_event,
    get_award,
    get_events,
    list_awards,
    queue_award,
    settle_unknown,
)
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.clock import utc_text
from loyalty_desk.privacy.awards import blank_award
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.staging import award_schema
from loyalty_desk.staging.statements import statement
from tests.factories import NOW, STORE, store_settings
from tests.sql.staged import Staged

CLIENTS = 50


def request(amount: str = "50", **values: Any) -> AwardRequest:
    """50 points from Ada for m1@shop.example, with a key of its own."""
    fields = {
        "email": "m1@shop.example",
        "member_id": None,
        "unit": Unit.POINTS,
        "reason": "gesture",
        "note": None,
        "message": None,
        "agent": "ada",
        "ticket_id": None,
        "idempotency_key": "key-1",
        **values,
    }
    return AwardRequest(amount=Decimal(amount), **fields)


def queue(staging: Engine, wanted: AwardRequest, now: datetime = NOW, **awards: Any) -> Queued:
    with staging.begin() as connection:
        store = store_settings(awards=awards)
        return queue_award(connection, store, wanted, now, door=Door.FILE)


def count(staging: Engine) -> int:
    with staging.connect() as connection:
        return len(list_awards(connection, STORE))


def set_state(staging: Engine, award_id: str, state: AwardState) -> None:
    with staging.begin() as connection:
        Staged(connection).update(award_schema.awards, {"award_id": award_id}, state=state.value)


def learn_member(staging: Engine, award_id: str, member_id: str, known: str) -> None:
    """Whose m1@shop.example is becomes known by the sync or by applying the award."""
    with staging.begin() as connection:
        staged = Staged(connection)
        if known == "by the sync":
            staged.member(member_id, "m1@shop.example")
        else:
            staged.update(award_schema.awards, {"award_id": award_id}, member_id=member_id)


def claim(staging: Engine, award_id: str, by: str, now: datetime = NOW) -> bool:
    """Take the award for a minute."""
    binds = {
        "store": STORE,
        "award_id": award_id,
        "claimed_by": by,
        "now_utc": utc_text(now),
        "lease_until_utc": utc_text(now + timedelta(minutes=1)),
    }
    with staging.begin() as connection:
        return connection.execute(statement("awards/apply/claim_award"), binds).first() is not None


# --- once ------------------------------------------------------------------------------------


def test_the_same_key_with_the_same_content_answers_with_the_first_award(staging: Engine) -> None:
    first = queue(staging, request())
    again = queue(staging, request(), NOW + timedelta(days=9))
    assert first.is_new
    assert again == Queued(award_id=first.award_id, state=AwardState.QUEUED, repeats="key")
    assert count(staging) == 1


@pytest.mark.parametrize(
    "other", [{"amount": "51"}, {"email": "m2@shop.example"}, {"note": "sorry"}, {"agent": "bob"}]
)
def test_the_same_key_with_other_content_is_a_conflict(
    staging: Engine, other: dict[str, Any]
) -> None:
    queue(staging, request())
    with pytest.raises(AwardKeyError, match="other content"):
        queue(staging, request(**other))
    assert count(staging) == 1


def test_without_a_key_the_same_award_is_a_double_click_for_a_while(staging: Engine) -> None:
    wanted = request(idempotency_key=None, ticket_id=7)
    first = queue(staging, wanted)
    assert queue(staging, wanted, NOW + timedelta(minutes=1)).award_id == first.award_id
    later = queue(staging, wanted, NOW + timedelta(minutes=3))
    assert later.is_new
    assert count(staging) == 2


@pytest.mark.parametrize(
    "other", [{"amount": "51"}, {"ticket_id": 8}, {"agent": "bob"}, {"email": "m2@shop.example"}]
)
def test_without_a_key_another_award_is_another_award(
    staging: Engine, other: dict[str, Any]
) -> None:
    wanted = {"idempotency_key": None, "ticket_id": 7}
    queue(staging, request(**wanted))
    assert queue(staging, request(**{**wanted, **other})).is_new


@pytest.mark.parametrize("state", list(AwardState))
def test_only_an_award_that_was_not_turned_down_makes_a_double_click(
    staging: Engine, state: AwardState
) -> None:
    """An unknown one may be booked, so the same click must not book it again."""
    first = queue(staging, request(idempotency_key=None))
    set_state(staging, first.award_id, state)
    again = queue(staging, request(idempotency_key=None, reason="other", note="again"))
    assert again.is_new is (state in {AwardState.REFUSED, AwardState.REJECTED})
    if not again.is_new:
        assert again == Queued(award_id=first.award_id, state=state, repeats="double_click")


def test_a_refused_award_does_not_hide_the_one_that_was_applied(staging: Engine) -> None:
    first = queue(staging, request(idempotency_key=None))
    set_state(staging, first.award_id, AwardState.REFUSED)
    second = queue(staging, request(idempotency_key=None))
    set_state(staging, second.award_id, AwardState.APPLIED)
    again = queue(staging, request(idempotency_key=None))
    assert (again.award_id, again.repeats) == (second.award_id, "double_click")


@pytest.mark.parametrize("known", ["by the sync", "by applying it"])
def test_a_double_click_is_one_though_the_member_became_known_between(
    staging: Engine, known: str
) -> None:
    first = queue(staging, request(idempotency_key=None))
    learn_member(staging, first.award_id, "m1", known)
    for who in ({}, {"email": None, "member_id": "m1"}):
        again = queue(staging, request(idempotency_key=None, **who))
        assert (again.award_id, again.repeats) == (first.award_id, "double_click")


def test_the_words_for_a_repeat_say_of_which_award_and_how_it_stands() -> None:
    double_click = Queued(award_id="a1", state=AwardState.APPLYING, repeats="double_click")
    used_key = Queued(award_id="a1", state=AwardState.NEEDS_APPROVAL, repeats="key")
    assert double_click.repeat_text == (
        "A double click: nothing new was queued. Award a1 is for the same person "
        "and amount, and is being applied."
    )
    assert used_key.repeat_text == (
        "The key was used before: nothing new was queued. Award a1 is for the same "
        "person and amount, and waits for approval."
    )
    assert Queued(award_id="a1", state=AwardState.QUEUED).repeat_text is None


def test_one_award_sent_by_many_clients_at_once_is_one_row(staging: Engine) -> None:
    results = _all_at_once(staging, [request() for _ in range(CLIENTS)])
    assert sum(result.is_new for result in results if isinstance(result, Queued)) == 1
    assert len({result.award_id for result in results if isinstance(result, Queued)}) == 1
    assert count(staging) == 1


# --- limits ----------------------------------------------------------------------------------


def test_one_worker_gets_an_award_until_its_lease_ends(staging: Engine) -> None:
    award_id = queue(staging, request()).award_id
    assert claim(staging, award_id, "one")
    assert not claim(staging, award_id, "two", NOW + timedelta(seconds=59))
    assert claim(staging, award_id, "two", NOW + timedelta(seconds=61))


def test_of_many_workers_one_gets_an_award(staging: Engine) -> None:
    award_id = queue(staging, request()).award_id
    barrier = Barrier(8)

    def work(number: int) -> bool:
        barrier.wait()
        return claim(staging, award_id, f"worker-{number}")

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 1


# --- settling, and the audit -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("was_applied", "state", "sends"), [(True, "applied", 2), (False, "queued", 0)]
)
def test_a_person_settles_an_unknown_award(
    staging: Engine, state: str, sends: int, *, was_applied: bool
) -> None:
    award_id = queue(staging, request()).award_id
    with staging.begin() as connection:
        Staged(connection).update(
            award_schema.awards, {"award_id": award_id}, state="unknown", sends=2
        )
        settle_unknown(
            connection, STORE, award_id, NOW, was_applied=was_applied, actor="eve", why="looked"
        )
        award = get_award(connection, STORE, award_id)
        event = get_events(connection, STORE, award_id)[-1]
    assert (award.state, award.sends) == (state, sends)
    assert (event.state, event.actor, event.detail) == (state, "eve", "looked")


def test_only_an_unknown_award_can_be_settled(staging: Engine) -> None:
    award_id = queue(staging, request()).award_id
    with staging.begin() as connection, pytest.raises(NoAwardError, match="is queued"):
        settle_unknown(connection, STORE, award_id, NOW, was_applied=True, actor="eve", why="so")
    with staging.begin() as connection, pytest.raises(NoAwardError, match="no award nobody"):
        settle_unknown(connection, STORE, "nobody", NOW, was_applied=True, actor="eve", why="so")


def test_an_anonymous_award_is_not_sent_again_to_nobody(staging: Engine) -> None:
    award_id = queue(staging, request()).award_id
    set_state(staging, award_id, AwardState.UNKNOWN)
    with staging.begin() as connection:
        blank_award(connection, STORE, award_id)
    with staging.begin() as connection, pytest.raises(NoAwardError, match="nobody to send it to"):
        settle_unknown(connection, STORE, award_id, NOW, was_applied=False, actor="eve", why="no")


def test_the_audit_begins_with_all_that_was_asked_for_but_the_texts(staging: Engine) -> None:
    award_id = queue(staging, request(note="private", message="hello", ticket_id=7)).award_id
    with staging.connect() as connection:
        (event,) = get_events(connection, STORE, award_id)
    assert (event.event_number, event.state, event.actor) == (1, "queued", "ada")
    assert json.loads(event.facts) == {
        "subject": "m1@shop.example",
        "unit": "points",
        "amount": 50,
        "reason": "gesture",
        "ticket_id": 7,
        "door": "file",
        "idempotency_key": "key-1",
    }


def test_what_two_workers_add_to_one_audit_at_once_is_all_kept(staging: Engine) -> None:
    award_id, each = queue(staging, request()).award_id, 25
    barrier = Barrier(2)

    def add(actor: str) -> None:
        barrier.wait()
        for _ in range(each):
            with staging.begin() as connection:
                add_event(connection, STORE, award_id, AwardState.APPLIED, NOW, actor=actor)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, ("one", "two")))
    with staging.connect() as connection:
        numbers = [event.event_number for event in get_events(connection, STORE, award_id)]
    assert numbers == list(range(1, 2 * each + 2))


def _all_at_once(
    staging: Engine, wanted: list[AwardRequest], **awards: Any
) -> list[Queued | AwardLimitError]:
    barrier = Barrier(len(wanted))

    def send(one: AwardRequest) -> Queued | AwardLimitError:
        barrier.wait()
        try:
            return queue(staging, one, **awards)
        except AwardLimitError as error:
            return error

    with ThreadPoolExecutor(len(wanted)) as pool:
        return list(pool.map(send, wanted))
