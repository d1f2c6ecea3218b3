"""Open tickets of members get tag and priority by a sync; what a person does after that stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.gorgias.client import TicketPage
from loyalty_desk.routing.ledger import Known
from loyalty_desk.routing.router import Router, TicketToRoute
from loyalty_desk.routing.steps import Seen, Steps
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_record import start_run
from loyalty_desk.staging.watermarks import Watermark, save_watermark
from loyalty_desk.sync.extract import extract_tickets
from tests.factories import STORE, ticket
from tests.sql.routed_desk import ADD, AWAY, GONE, NEW, PUT, TAG, Desk
from tests.sql.staged import Staged


@pytest.fixture
def desk(staging: Engine, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("loyalty_desk.routing.in_sync.renew_lock", lambda run: None)
    return Desk(staging)


def test_an_open_ticket_of_a_vip_gets_priority_and_tag_once(desk: Desk) -> None:
    assert desk.route({}, {}) == NEW
    assert desk.api.bodies == [{"priority": "high"}, {"names": [TAG]}]
    assert desk.counters["tickets_routed"] == 1
    row = desk.row()
    assert (row["state"], row["tag"], row["priority"], row["customer_id"]) == (
        *("set", TAG, "high"),
        1,
    )

    assert desk.route() == []  # nobody read the ticket since
    desk.see("billing", TAG, priority="high")
    assert desk.route() == []


@pytest.mark.parametrize(
    "more",
    [
        {"routing": {"rules": []}},
        {"routing": {"share": 0}},
        {"params": {"dry_run": True}},
        {"params": {"limit": 5}},
    ],
)
def test_who_does_not_want_it_is_asked_for_nothing(desk: Desk, more: dict[str, Any]) -> None:
    assert desk.route(**more) == []


def test_others_tickets_are_left_alone(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        staged = Staged(connection)
        desk.member(staged, "m2", 2, "Silver")
        desk.ticket(staged, 8, 2)
        staged.customer(3)
        staged.unmatched(3, "customer_not_found")
        desk.ticket(staged, 9, 3)
        staged.update(schema.tickets, {"ticket_id": 7}, status="closed")

    assert desk.route() == []


def test_what_a_person_changed_stays_also_when_it_would_be_ours_again(desk: Desk) -> None:
    desk.route({}, {})
    desk.see("billing", priority="low")

    assert desk.route() == []
    row = desk.row()
    assert row["tag_left_at_utc"] is not None
    assert row["priority_left_at_utc"] is not None

    for tier in ("Silver", "Gold"):
        desk.set_tier(tier)
        desk.see("billing", priority="normal")
        assert desk.route() == []


def test_who_is_no_vip_any_more_loses_what_was_ours_and_may_get_it_again(desk: Desk) -> None:
    desk.route({}, {})
    desk.see("billing", TAG, priority="high")
    desk.set_tier("Silver")

    assert desk.route({}, {}) == [PUT, ("DELETE", "/api/tickets/7/tags")]
    assert desk.api.bodies == [{"priority": "normal"}, {"names": [TAG]}]
    assert (desk.row()["tag"], desk.row()["priority"]) == (None, None)

    desk.see("billing", priority="normal")
    assert desk.route() == []
    desk.set_tier("Gold")
    assert desk.route({}, {}) == NEW


def test_a_tag_of_the_merchants_own_is_never_taken_off(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        connection.execute(schema.gorgias_objects.delete())
    desk.route({}, {})
    desk.see("billing", TAG, priority="high")
    desk.set_tier("Silver")

    assert desk.route({}) == [PUT]


def test_a_ticket_half_done_is_finished_by_the_next_sync(desk: Desk) -> None:
    assert desk.route({}, AWAY) == NEW
    assert (desk.row()["state"], desk.row()["tag"], desk.row()["priority"]) == ("set", None, "high")

    desk.see("billing", priority="high")
    assert desk.route({}) == [ADD]
    assert desk.row()["tag"] == TAG


def test_an_outage_ends_it_and_no_run_fails_for_it(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        desk.ticket(Staged(connection), 8, 1)

    assert len(desk.route(AWAY)) == 1


def test_what_did_not_come_about_is_tried_again_by_the_next_sync(desk: Desk) -> None:
    assert desk.route(AWAY) == [PUT]

    assert desk.route({}, {}) == NEW
    assert desk.row()["at_utc"]


def test_a_ticket_that_is_gone_holds_up_no_other(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        desk.ticket(Staged(connection), 8, 1)

    calls = desk.route(GONE, {}, {})

    assert calls == [PUT, ("PUT", "/api/tickets/8"), ("POST", "/api/tickets/8/tags")]
    assert (desk.counters["tickets_routed"], desk.counters["tickets_not_routed"]) == (1, 1)
    assert desk.route() == []


def test_without_its_tag_in_gorgias_it_soon_gives_up(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    with desk.engine.begin() as connection:
        for ticket_id in range(8, 20):
            desk.ticket(Staged(connection), ticket_id, 1, priority="critical")
        Staged(connection).update(schema.tickets, {"ticket_id": 7}, priority="critical")

    desk.api.tags = []

    assert desk.route(GONE) == [ADD]
    assert (desk.counters["tickets_not_routed"], desk.api.tag_reads) == (13, 1)
    assert f"there is no tag '{TAG}' in Gorgias" in caplog.text


def test_a_share_of_the_budget_is_spent_and_who_waits_longest_comes_first(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        staged = Staged(connection)
        long_ago = utc_text(utc_now() - timedelta(days=9))
        desk.ticket(staged, 8, 1, created_at_utc=long_ago)
    # 0.05 of a budget of 2 requests a second, for 30 s: three requests, which are one ticket.
    budget = {"share": 1.0, "capacity": 40, "window_s": 20}
    narrow = {"routing": {"share": 0.05}, "push": {"minutes": 0.5}, "budget": budget}

    calls = desk.route({}, {}, **narrow)

    assert calls == [("PUT", "/api/tickets/8"), ("POST", "/api/tickets/8/tags")]
    assert desk.counters["tickets_not_routed"] == 1


def test_one_of_two_who_meet_at_a_ticket_sets_it(desk: Desk) -> None:
    ticket = TicketToRoute(
        ticket_id=5, customer_id=None, card={"tier": "Gold"}, seen=Seen(), known=Known()
    )
    routers = [Router(desk.client(), desk.engine, desk.run().store) for _ in range(2)]
    steps = Steps(add_tag=TAG, priority="high")
    desk.api.will_answer({})
    desk.api.will_answer({})

    assert [router.do(ticket, steps) for router in routers] == [2, 0]


def test_a_ticket_at_which_a_process_died_is_taken_up_later(desk: Desk) -> None:
    binds = {"store": STORE, "ticket_id": 7, "customer_id": 1, "state": "setting"}
    with desk.engine.begin() as connection:
        at_utc = utc_text(utc_now())
        connection.execute(schema.routed_tickets.insert().values(**binds, at_utc=at_utc))
    assert desk.route() == []

    with desk.engine.begin() as connection:
        at_utc = utc_text(utc_now() - timedelta(minutes=10))
        connection.execute(schema.routed_tickets.update().values(at_utc=at_utc))
    assert desk.route({}, {}) == NEW


def test_when_a_ticket_was_first_answered_is_read_once_for_each_change(desk: Desk) -> None:
    measured = {"routing": {"first_answers": True}}
    asked = {"from_agent": False, "created_datetime": "2026-03-02T09:00:00"}
    answered = {**asked, "from_agent": True, "created_datetime": "2026-03-02T09:20:00"}
    messages = ("GET", "/api/messages")

    assert desk.route({}, {}, [asked], **measured) == [*NEW, messages]
    desk.see("billing", TAG, priority="high")
    assert desk.route([asked], **measured) == [messages]
    assert desk.route(**measured) == []
    desk.see("billing", TAG, priority="high")
    assert desk.route([asked, answered], **measured) == [messages]
    assert desk.row()["first_answer_at_utc"] == "2026-03-02T09:20:00.000000Z"
    desk.see("billing", TAG, priority="high")
    assert desk.route(**measured) == []


class OldPages:
    """Gorgias with a ticket of an hour ago, and ticket 7 of ten days ago, a page each."""

    def iter_ticket_pages(self) -> Iterator[TicketPage]:
        for ticket_id, age in ((8, timedelta(hours=1)), (7, timedelta(days=10))):
            at = utc_text(utc_now() - age)
            row = ticket(ticket_id, updated_at_utc=at, created_at_utc=at, priority="normal")
            yield TicketPage(tickets=[row], rejected=[])


@pytest.mark.parametrize(("routing", "is_read"), [({}, True), ({"rules": []}, False)])
def test_open_tickets_that_an_older_version_read_are_read_once_more(
    desk: Desk, routing: dict[str, Any], *, is_read: bool
) -> None:
    run = desk.run(routing=routing)
    with desk.engine.begin() as connection:
        at = utc_text(utc_now() - timedelta(days=10))
        values = {"created_at_utc": None, "updated_at_utc": at}
        Staged(connection).update(schema.tickets, {"ticket_id": 7}, **values)
        watermark = Watermark(since=utc_text(utc_now()), full_scan_at_utc=None)
        save_watermark(connection, STORE, "tickets", watermark)
        start_run(connection, STORE, "r", {}, utc_now())

    extract_tickets(run, OldPages())  # type: ignore[arg-type]

    with desk.engine.connect() as connection:
        created = dict(Staged(connection).rows(schema.tickets, "ticket_id", "created_at_utc"))
    assert (created[7] is not None) is is_read
