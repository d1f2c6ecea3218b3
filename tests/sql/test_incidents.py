"""Asking for an incident's compensation: who is meant, what it costs, and nobody twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.awards.approval import OwnApprovalError, take_to_ask
from loyalty_desk.awards.batches import decide_batch
from loyalty_desk.awards.incidents import tickets as choosing
from loyalty_desk.awards.incidents.asking import IncidentLimitError, OtherIncidentError
from loyalty_desk.awards.incidents.choice import Choice
from loyalty_desk.awards.incidents.fates import Fate
from loyalty_desk.awards.incidents.preview import find_balances, sample_note, worth
from loyalty_desk.awards.incidents.tickets import TooManyTicketsError, choose_staged
from loyalty_desk.awards.queue import Door, awarded_today, get_events, list_awards, midnight_utc
from loyalty_desk.awards.today import AwardedToday, load_awards_of_today
from loyalty_desk.clock import utc_text
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.staging import schema
from tests.factories import LATER, NOW, STORE, store_settings
from tests.sql.award_rows import applied, award_row, put
from tests.sql.incident_world import TICKETS, ask_for, chosen, fill, incident, preview
from tests.sql.staged import Staged
from tests.sql.test_award_decisions import both_at_once, set_state


@pytest.fixture(autouse=True)
def world(staging: Engine) -> None:
    fill(staging)


def awards_of(staging: Engine) -> list[Any]:
    with staging.connect() as connection:
        rows = connection.execute(select(schema.awards).order_by(schema.awards.c.member_id)).all()
    return list(rows)


# --- which tickets -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "ticket_ids"),
    [
        (Choice(tag="late"), set(range(1, 13))),
        (Choice(tag="Late"), {92}),
        (Choice(tag="late%"), set()),
        (Choice(tag="l_te"), set()),
        (Choice(channel="email"), {*range(1, 7), 90}),
        (Choice(tag="late", channel="chat"), set(range(7, 13))),
        (
            Choice(from_utc="2026-03-01T00:00:02.000000Z", until_utc="2026-03-01T00:00:04.000000Z"),
            {2, 3},
        ),
        (Choice(from_utc="2026-03-01T00:00:11.000000Z"), {11, 12}),
    ],
    ids=str,
)
def test_tickets_are_chosen_by_all_that_is_said(
    staging: Engine, choice: Choice, ticket_ids: set[int]
) -> None:
    found = choose_staged(staging, STORE, choice)

    assert list(found.customers) == sorted(ticket_ids, reverse=True)
    assert choose_staged(staging, "another", choice).count == 0


def test_an_incident_ends_somewhere(staging: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "MOST_TICKETS", TICKETS)
    assert chosen(staging).count == TICKETS

    monkeypatch.setattr(choosing, "MOST_TICKETS", TICKETS - 1)
    with pytest.raises(TooManyTicketsError, match="more than 11 tickets"):
        chosen(staging)


# --- the preview ---------------------------------------------------------------------------------


def test_everybody_behind_the_tickets_is_in_one_class_and_the_sums_add_up(staging: Engine) -> None:
    found = preview(staging)

    assert found.counts == {
        Fate.AWARD: (2, 4),
        Fate.SAME_MEMBER: (1, 3),
        Fate.EXCLUDED: (1, 1),
        Fate.NOT_A_MEMBER: (1, 1),
        Fate.UNCLEAR: (1, 1),
        Fate.GONE: (1, 1),
        Fate.NOT_READ: (1, 1),
    }
    assert sum(tickets for _, tickets in found.counts.values()) == found.tickets.count == TICKETS
    assert {(one.person.member_id, one.person.ticket_id) for one in found.of(Fate.AWARD)} == {
        ("m1", 3),
        ("m2", 7),  # of the customer who wrote last
    }
    assert awards_of(staging) == []


def test_the_cost_is_what_was_given_before_and_what_this_adds(staging: Engine) -> None:
    assert (preview(staging).before_parts, preview(staging).added_parts) == (0, 200)
    ask_for(staging)

    found = preview(staging, incident(amount="30"))

    assert (found.before_parts, found.added_parts) == (200, 0)
    assert [one.why for one in found.of(Fate.ALREADY)] == ["waits for approval"] * 3


def test_an_amount_is_worth_what_the_store_says() -> None:
    store = store_settings(goodwill={"point_value": 0.015})

    assert worth(200, Unit.POINTS, store) == Decimal(3)
    assert worth(250, Unit.CREDITS, store) == Decimal("2.50")
    assert worth(200, Unit.POINTS, store_settings()) is None


def test_where_it_leads_and_the_sample_of_a_note_count_what_waits_to_be_booked(
    staging: Engine,
) -> None:
    store = store_settings(awards={"ticket_note": True})
    waiting = {"member_id": "m2", "subject": "m2", "email": None, "amount": 30}
    put(
        staging,
        award_row("ahead", state="queued", **waiting),
        award_row("booked", state="applied", **waiting),
    )
    found = preview(staging)

    with staging.connect() as connection:
        balances = find_balances(connection, STORE, found, 2)
        first = find_balances(connection, STORE, found, 1)

    assert {who: (one.before, one.after) for who, one in balances.items()} == {
        "m2": (130, 230),
        "m1": (100, 200),
    }
    assert list(first) == ["m2"]
    assert "New balance: 230 points" in str(sample_note(found, store, first))


def test_a_limit_of_one_member_is_said_of_that_member(staging: Engine) -> None:
    put(staging, applied("before", subject="m1", amount=1_950, queued_at_utc=utc_text(NOW)))

    found = preview(staging)

    assert [one.person.member_id for one in found.of(Fate.OVER_LIMIT)] == ["m1"]
    assert found.added_parts == 100


@pytest.mark.parametrize(
    ("limit", "most"),
    [("max_points_per_award", 99), ("max_points_by_batch_per_day", 199)],
)
def test_a_limit_on_the_whole_stops_the_whole(staging: Engine, limit: str, most: int) -> None:
    assert list(preview(staging, **{limit: most}).problems) == [limit]
    with pytest.raises(IncidentLimitError, match=f"may have {most} points at most"):
        ask_for(staging, awards={limit: most})
    assert awards_of(staging) == []

    assert preview(staging, **{limit: most + 1}).problems == {}


def test_other_batches_of_the_day_count_on_the_ceiling_and_nothing_else_does(
    staging: Engine,
) -> None:
    limit = {"max_points_by_batch_per_day": 250}
    put(staging, applied("desk", amount=300, door="desk", queued_at_utc=utc_text(NOW)))
    assert preview(staging, **limit).problems == {}

    put(staging, applied("batch", amount=51, door="batch", queued_at_utc=utc_text(NOW)))
    assert list(preview(staging, **limit).problems) == ["max_points_by_batch_per_day"]


@pytest.mark.parametrize("seed", range(4))
def test_what_a_member_was_awarded_is_what_one_award_is_held_against(
    staging: Engine, seed: int
) -> None:
    """All at once it must come to what `select_awarded_today` says of each."""
    rows = []
    for number in range(40):
        pick = (number * 7 + seed * 13) % 11
        email = (None, "p1@shop.example", "p2@shop.example", "new@shop.example")[pick % 4]
        member_id = (None, "m1", "m2")[(pick + number) % 3] if email else "m1"
        rows.append(
            award_row(
                f"award-{number}",
                email=email,
                member_id=member_id,
                subject=(member_id if pick % 2 and member_id else email) or "m1",
                amount=(1 << (number % 12)) * (-1 if pick == 3 else 1),
                state=("applied", "queued", "refused", "rejected", "unknown")[pick % 5],
                door=("desk", "http", "batch")[number % 3],
                queued_at_utc=midnight_utc(NOW - timedelta(days=number % 5 == 4)),
            )
        )
    put(staging, *rows)
    addresses = {"m1": "p1@shop.example", "m2": "p2@shop.example"}
    with staging.connect() as connection:
        today = AwardedToday(load_awards_of_today(connection, STORE, NOW), addresses)
        for member_id in ("m1", "m2"):
            one = awarded_today(
                connection, STORE, NOW, agent="eve", subject=member_id, unit=Unit.POINTS
            )
            assert today.of(member_id, Unit.POINTS, agent="eve") == one
            assert one.by_member > 0


# --- asking --------------------------------------------------------------------------------------


def test_each_member_has_one_award_in_a_batch_that_another_person_approves(
    staging: Engine,
) -> None:
    asked = ask_for(staging, incident(note="Sorry"), queued_by="root")

    assert asked.batch_id is not None
    first, second = awards_of(staging)
    assert (first.member_id, first.ticket_id, first.amount) == ("m1", 3, 100)
    assert (second.member_id, second.ticket_id, second.amount) == ("m2", 7, 100)
    for award in (first, second):
        assert (award.state, award.door, award.batch_id) == (
            *("needs_approval", "batch"),
            asked.batch_id,
        )
        assert (award.agent, award.queued_by, award.note) == ("ada", "root", "Sorry")
        with staging.connect() as connection:
            [event] = get_events(connection, STORE, award.award_id)
        assert event.state == "needs_approval"
    with staging.begin() as connection:
        assert take_to_ask(connection, STORE, "run") == []
        with pytest.raises(OwnApprovalError):
            decide_batch(
                connection, STORE, asked.batch_id, LATER, approved=True, by="ada", why=None
            )
    with staging.begin() as connection:
        done = decide_batch(
            connection, STORE, asked.batch_id, LATER, approved=True, by="bo", why=None
        )
    assert done == {AwardState.APPROVED: 2}


def test_what_was_decided_about_each_is_kept(staging: Engine) -> None:
    batch_id = ask_for(staging).batch_id
    awards = {one.award_id: one for one in awards_of(staging)}
    with staging.connect() as connection:
        [kept] = connection.execute(select(schema.incidents)).all()
        rows = connection.execute(select(schema.incident_people)).all()
    people = {row.customer_id: row for row in rows}
    assert (kept.batch_id, kept.incident, kept.agent, kept.amount) == (
        *(batch_id, "parcels", "ada"),
        100,
    )
    assert (kept.tickets, kept.strangers, kept.people) == (TICKETS, 0, 8)
    assert len(people) == 8
    assert sum(one.tickets for one in people.values()) == TICKETS
    assert awards[people[1].award_id].member_id == "m1"
    assert (people[5].fate, people[5].detail) == ("unclear", "several members have the address")
    assert people[2].award_id is None
    assert people[3].award_id is not None


def test_asked_for_again_nobody_is_compensated_twice(staging: Engine) -> None:
    first = ask_for(staging)

    for wanted in (incident(), incident(amount="30"), incident(tag="", channel="email")):
        assert ask_for(staging, wanted).batch_id is None

    assert {one.batch_id for one in awards_of(staging)} == {first.batch_id}
    assert len(awards_of(staging)) == 2


def test_whoever_came_since_is_compensated_alone(staging: Engine) -> None:
    first = ask_for(staging)
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.member("m20", "new@shop.example")
        staged.customer(20, "new@shop.example")
        staged.match(20, "m20")
        staged.ticket(20, 20, tags='["late"]')

    second = ask_for(staging)

    assert second.batch_id not in {None, first.batch_id}
    of_second = [one for one in awards_of(staging) if one.batch_id == second.batch_id]
    assert [one.member_id for one in of_second] == ["m20"]


def test_two_who_ask_at_once_make_one_batch(staging: Engine) -> None:
    answers = both_at_once(lambda _: ask_for(staging).batch_id is None)

    assert sorted(answers) == [False, True]
    assert len(awards_of(staging)) == 2


@pytest.mark.parametrize("state", ["refused", "rejected"])
def test_what_was_never_booked_is_asked_for_anew(staging: Engine, state: str) -> None:
    ask_for(staging)
    for award in awards_of(staging):
        set_state(staging, award.award_id, state)

    assert ask_for(staging, incident(amount="30")).batch_id is not None

    assert sorted((one.amount, one.state) for one in awards_of(staging)) == [
        *[(30, "needs_approval")] * 2,
        *[(100, state)] * 2,
    ]


def test_another_incident_compensates_the_same_people(staging: Engine) -> None:
    ask_for(staging)

    assert ask_for(staging, incident(incident="outage")).batch_id is not None
    assert len(awards_of(staging)) == 4


def test_what_changed_since_a_person_looked_is_not_asked_for(staging: Engine) -> None:
    seen = preview(staging).seen
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.update(schema.customers, {"customer_id": 1}, gone_at_utc=utc_text(NOW))
        staged.member("m20", "new@shop.example")
        staged.customer(20, "new@shop.example")
        staged.match(20, "m20")
        staged.ticket(20, 20, tags='["late"]')
    with pytest.raises(OtherIncidentError, match="others are to be compensated") as told:
        ask_for(staging, seen=seen)
    assert awards_of(staging) == []
    now = told.value.preview
    assert [one.person.member_id for one in now.of(Fate.AWARD)] == ["m20", "m2"]

    assert ask_for(staging, seen=now.seen).batch_id is not None


def test_a_batch_is_asked_for_whole_or_not_at_all(
    staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> int:
        raise OSError("the last statement")

    monkeypatch.setattr("loyalty_desk.awards.incidents.asking.bulk_insert", fail)
    with pytest.raises(OSError, match="the last"):
        ask_for(staging)
    assert awards_of(staging) == []
    with staging.connect() as connection:
        assert connection.execute(select(schema.incidents)).all() == []

    monkeypatch.undo()
    assert ask_for(staging).batch_id is not None


def test_an_incident_counts_as_a_batch_on_no_agent(staging: Engine) -> None:
    limits = {"max_points_per_agent_per_day": 0}
    assert ask_for(staging, awards=limits).batch_id is not None
    assert {one.door for one in awards_of(staging)} == {Door.BATCH}
    with staging.connect() as connection:
        assert len(list_awards(connection, STORE, state=AwardState.NEEDS_APPROVAL)) == 2


def test_tickets_of_nobody_known_are_counted_too(staging: Engine) -> None:
    tickets = replace(chosen(staging), strangers=3)

    assert tickets.count == TICKETS + 3
