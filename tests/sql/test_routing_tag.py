"""A tag of ours that is not in the account tells nothing of what a person wants of a ticket."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import ApiError, NotFoundError
from loyalty_desk.routing.ledger import Known, count_priorities, forget_tags
from loyalty_desk.routing.router import Router, TicketToRoute
from loyalty_desk.routing.steps import Seen
from loyalty_desk.staging import schema
from tests.factories import STORE
from tests.sql.routed_desk import ADD, AWAY, GONE, TAG, Desk
from tests.sql.staged import Staged


@pytest.fixture
def desk(staging: Engine, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("loyalty_desk.routing.in_sync.renew_lock", lambda run: None)
    return Desk(staging)


def test_a_tag_that_is_made_anew_is_not_taken_for_one_that_a_person_took_off(desk: Desk) -> None:
    desk.route({}, {})
    assert count_priorities(desk.engine, STORE) == 1
    forget_tags(desk.engine, STORE)
    desk.see("billing", priority="high")

    assert desk.route({}) == [ADD]


def test_a_tag_that_somebody_deleted_tells_nothing_of_what_a_person_wants(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        for ticket_id in (8, 9):
            desk.ticket(Staged(connection), ticket_id, 1)
    desk.route(*[{}] * 6)
    desk.see("billing", priority="high")
    assert desk.route() == []
    assert desk.api.tag_reads == 1
    taken_off = desk.row()
    assert taken_off["tag_left_at_utc"] is not None

    desk.api.tags = []  # and with it, it is gone from all tickets
    for ticket_id in (8, 9):
        desk.see("billing", priority="high", ticket_id=ticket_id)
    assert desk.route() == []
    assert desk.route() == []
    assert desk.api.tag_reads == 3
    assert [desk.row(one)["tag_left_at_utc"] for one in (8, 9)] == [None, None]

    desk.api.make_tag(utc_now())
    forget_tags(desk.engine, STORE)
    assert desk.route({}, {}) == [("POST", f"/api/tickets/{one}/tags") for one in (8, 9)]
    assert desk.row() == taken_off


def test_one_that_was_made_anew_by_hand_is_put_on_again(desk: Desk) -> None:
    desk.route({}, {})
    desk.see("billing", priority="high")
    desk.api.make_tag(utc_now())

    assert desk.route({}) == [ADD]
    desk.see("billing", priority="high")
    assert desk.route() == []
    assert desk.row()["tag_left_at_utc"] is not None


@pytest.mark.parametrize("refused", [AWAY, ApiError("Gorgias", "GET", "/api/tags", 403)])
def test_what_is_not_known_of_a_tag_is_left_to_the_next_sync(
    desk: Desk, refused: Exception
) -> None:
    desk.route({}, {})
    desk.see("billing", priority="high")
    there, desk.api.tags = desk.api.tags, refused

    assert desk.route() == []
    assert desk.row()["tag_left_at_utc"] is None
    desk.api.tags = there
    assert desk.route() == []
    assert desk.row()["tag_left_at_utc"] is not None


@pytest.mark.parametrize("priority", ["normal", "critical"])
def test_a_ticket_that_came_while_the_tag_was_gone_gets_it_once_there_is_one(
    desk: Desk, priority: str
) -> None:
    with desk.engine.begin() as connection:
        Staged(connection).update(schema.tickets, {"ticket_id": 7}, priority=priority)
    ticket = TicketToRoute(
        ticket_id=7,
        customer_id=1,
        card={"tier": "Gold"},
        seen=Seen(priority=priority),
        known=Known(),
    )
    router = Router(desk.client(), desk.engine, desk.run().store)
    steps = router.steps(ticket, utc_now())
    desk.api.tags = []
    for answer in (*({} for _ in range(steps.requests - 1)), GONE):
        desk.api.will_answer(answer)
    with pytest.raises(NotFoundError):
        router.do(ticket, steps)  # at its lookup
    assert desk.api.tag_reads == 0
    if steps.priority is not None:
        desk.see("billing", priority=steps.priority)

    for _ in range(2):  # nothing happens on the ticket between them
        assert desk.route(GONE) == [ADD]
    desk.api.make_tag(utc_now())
    forget_tags(desk.engine, STORE)

    assert desk.route({}) == [ADD]
    assert desk.row()["tag"] == TAG


def test_a_ticket_that_is_gone_is_not_tried_again_for_the_tag_alone(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        Staged(connection).update(schema.tickets, {"ticket_id": 7}, priority="critical")

    assert desk.route(GONE) == [ADD]
    assert desk.route() == []
