"""An agent takes back their own award from its ticket: once, in time, and nobody else's."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.queue import get_award, get_events, settle_unknown
from loyalty_desk.awards.taking_back import TAKEN_BACK
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.records import AwardState
from loyalty_desk.refresh import list_cards_to_show
from loyalty_desk.staging import award_schema
from loyalty_desk.staging.engine import reading
from tests.factories import STORE
from tests.http.api_client import ApiClient, all_at_once
from tests.http.awards_api.asking import is_refused, rows, set_state, told
from tests.sql.staged import Staged

TICKET = 12


def award(api: ApiClient, staging: Engine, state: str = "applied", **values: Any) -> str:
    """An award of Ada's on the ticket, in that state; returns its id."""
    award_id = str(api.award(**{"ticket_id": TICKET, **values}).json()["id"])
    set_state(staging, award_id, AwardState(state))
    return award_id


def change(staging: Engine, award_id: str, **values: Any) -> None:
    with staging.begin() as connection:
        Staged(connection).update(award_schema.awards, {"award_id": award_id}, **values)


def make_older(staging: Engine, award_id: str, minutes: float) -> None:
    earlier = utc_text(utc_now() - timedelta(minutes=minutes))
    change(staging, award_id, queued_at_utc=earlier)


def last_event(staging: Engine, award_id: str) -> Any:
    with reading(staging) as connection:
        return get_events(connection, STORE, award_id)[-1]


def test_an_applied_award_is_taken_back_and_the_audit_says_so(
    api: ApiClient, staging: Engine
) -> None:
    award_id = award(api, staging)

    answer = api.take_back(note="wrong customer")

    assert answer.status_code == 202
    content = answer.json()
    assert next(iter(content)) == "message"
    assert content["message"] == (
        "Queued: your +50 points are taken back in a moment, unless the platform refuses."
    )
    assert content["id"] == award_id
    with reading(staging) as connection:
        reversal = get_award(connection, STORE, content["reversal"])
    assert (reversal.amount, reversal.reverses, reversal.state) == (-50, award_id, "queued")
    assert (reversal.agent, reversal.ticket_id, reversal.door) == ("ada", TICKET, "http")
    assert reversal.note == f"{TAKEN_BACK}: wrong customer"
    event = last_event(staging, award_id)
    assert (event.state, event.actor, event.detail) == ("applied", "ada", reversal.note)
    assert json.loads(event.facts) == {"taken_back_by": reversal.award_id}


@pytest.mark.parametrize("state", ["queued", "needs_approval", "approved"])
def test_an_award_that_waits_is_withdrawn_before_it_is_booked(
    api: ApiClient, staging: Engine, state: str
) -> None:
    with staging.begin() as connection:
        Staged(connection).member("7", "ada@shop.example")
    award_id = award(api, staging, state)

    answer = api.take_back()

    assert answer.json() == {
        "message": "Taken back: +50 points will not be booked.",
        "id": award_id,
        "reversal": None,
    }
    [row] = rows(staging)
    assert (row.state, row.detail) == ("rejected", TAKEN_BACK)
    event = last_event(staging, award_id)
    assert (event.state, event.actor, event.detail) == ("rejected", "ada", TAKEN_BACK)
    with reading(staging) as connection:
        asked = list_cards_to_show(connection, STORE, most=5)
    assert [one.member_id for one in asked] == ["7"], "the card does not say any more that it waits"


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("applying", "it is being booked right now; press again in a moment"),
        ("unknown", "nobody can tell yet whether it is booked; a person has to look"),
        ("refused", "there is no award of yours on this ticket that is booked or waits"),
    ],
)
def test_what_cannot_be_taken_back_now_is_said(
    api: ApiClient, staging: Engine, state: str, why: str
) -> None:
    award(api, staging, state)

    answer = api.take_back()

    assert (answer.status_code, answer.json()["message"]) == (409, f"Refused: {why}.")
    assert [row.state for row in rows(staging)] == [state]


def test_an_award_that_may_have_been_sent_is_not_withdrawn(api: ApiClient, staging: Engine) -> None:
    change(staging, award(api, staging, "queued"), sends=1)

    assert api.take_back().status_code == 409
    assert rows(staging)[0].state == "queued"


def test_another_persons_award_stays(api: ApiClient, staging: Engine) -> None:
    award_id = award(api, staging, agent="eve")

    answer = api.take_back()

    assert answer.status_code == 409
    assert answer.json()["message"] == (
        "Refused: the award on this ticket is another person's; whoever gave it, or a manager, can."
    )
    own = award(api, staging, amount=7)
    award(api, staging, agent="eve", amount=8)
    assert api.take_back().json()["id"] == own, "also when another's is newer"
    assert all(row.reverses != award_id for row in rows(staging))


def test_an_award_of_another_ticket_or_store_is_not_found(api: ApiClient, staging: Engine) -> None:
    award(api, staging, ticket_id=13)

    assert api.take_back().status_code == 409
    assert told(api.of("other").take_back(ticket_id=13)) == told(api.of("other").take_back())
    assert len(rows(staging)) == 1


def test_two_presses_take_back_one_award_and_not_the_one_before(
    api: ApiClient, staging: Engine
) -> None:
    first, second = award(api, staging), award(api, staging, amount=60)

    assert api.take_back().json()["id"] == second
    again = api.take_back().json()
    assert again["message"] == f"A double click: award {second} was taken back a moment ago."

    third = award(api, staging, "queued", amount=70)
    assert api.take_back().json()["id"] == third, "one that was given since is another matter"
    assert api.take_back().json()["id"] == third
    api.set_awards(same_award_minutes=0)
    assert api.take_back().json()["id"] == first


def test_many_presses_at_once_take_back_one_award(api: ApiClient, staging: Engine) -> None:
    award(api, staging)
    award(api, staging, amount=60)

    answers = all_at_once(api, 10, lambda client, _: client.take_back())

    assert Counter(answer.status_code for answer in answers) == {202: 10}
    assert [row.amount for row in rows(staging) if row.reverses] == [-60]


def test_only_so_long_as_the_store_allows(api: ApiClient, staging: Engine) -> None:
    award_id = award(api, staging)
    make_older(staging, award_id, 16)

    answer = api.take_back()

    assert (answer.status_code, answer.json()["message"]) == (
        409,
        "Refused: it was given more than 15 minutes ago; a manager can take it back.",
    )
    api.set_awards(take_back_minutes=20)
    assert api.take_back().status_code == 202


def test_never_where_the_store_gives_no_time(api: ApiClient, staging: Engine) -> None:
    api.set_awards(take_back_minutes=0)
    award(api, staging)

    assert "more than 0 minutes ago" in api.take_back().json()["message"]


@pytest.mark.parametrize("state", ["applied", "needs_approval"])
def test_only_so_many_a_day(api: ApiClient, staging: Engine, state: str) -> None:
    api.set_awards(take_backs_per_agent_per_day=2)
    for number, ticket in enumerate((21, 22, 23)):
        award(api, staging, state, ticket_id=ticket, amount=50 + number)

    answers = [api.take_back(ticket_id=ticket) for ticket in (21, 22, 23)]

    assert [answer.status_code for answer in answers] == [202, 202, 422]
    assert answers[-1].json()["message"] == (
        "Refused: you took back 2 awards today, and 2 are allowed; a manager can."
    )
    award(api, staging, agent="eve", ticket_id=23)
    assert api.take_back(agent="eve", ticket_id=23).status_code == 202


def test_what_takes_back_a_large_award_waits_for_approval(api: ApiClient, staging: Engine) -> None:
    api.set_awards(approval_above_points=10)
    award(api, staging)

    assert api.take_back().json()["message"] == (
        "Waits for approval: your +50 points are taken back once another person approves."
    )


def test_who_takes_back_which_is_checked(api: ApiClient, staging: Engine) -> None:
    award(api, staging)
    for field, wrong in [
        *(("agent", None), ("ticket_id", None), ("ticket_id", "T-1"), ("ticket_id", "07")),
        *(("note", "see ld:1"), ("note", ["x"])),
    ]:
        assert is_refused(api.take_back(**{field: wrong}), field)
    assert is_refused(api.take_back(amount=5), "(other)")
    assert len(rows(staging)) == 1


def test_nobody_takes_back_by_a_name_that_the_account_does_not_have(
    api: ApiClient, staging: Engine
) -> None:
    award(api, staging)

    answer = api.take_back(agent="mallory@shop.example")

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"agent"})
    assert len(rows(staging)) == 1


def test_one_that_is_sent_again_is_not_withdrawn_as_it_may_be_booked(
    api: ApiClient, staging: Engine
) -> None:
    award_id = award(api, staging, "unknown")
    change(staging, award_id, sent_at_utc=utc_text(utc_now()), sends=2)
    with staging.begin() as connection:
        settle_unknown(
            connection, STORE, award_id, utc_now(), was_applied=False, actor="bo", why="not there"
        )

    assert api.take_back().status_code == 409
    assert rows(staging)[0].state == "queued"
