"""Open tickets by tier, how long they wait, and how soon those with our tag were answered."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.records import RunState
from loyalty_desk.report.html import write_report
from loyalty_desk.report.open_tickets import (
    NO_MEMBER,
    NO_TIER,
    FirstAnswers,
    TierTickets,
    load_open_tickets,
)
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_record import add_counters, finish_run, start_run
from tests.factories import NOW, STORE
from tests.sql.staged import Staged

HOUR_S = 3600.0


def ago(hours: float) -> str:
    return utc_text(NOW - timedelta(hours=hours))


def fill(staged: Staged) -> None:
    for number, tier in enumerate(("Gold", None), start=1):
        card = {"member": True} | ({"tier": tier} if tier else {})
        staged.member(f"m{number}", card=json.dumps(card))
        staged.match(number, f"m{number}")
    staged.ticket(1, 1, "open", created_at_utc=ago(1))
    staged.ticket(2, 1, "open", created_at_utc=ago(5))
    staged.ticket(3, 1, "closed", created_at_utc=ago(9))
    staged.ticket(4, 2, "open", created_at_utc=None)
    staged.ticket(5, 3, "open", created_at_utc=ago(90))


def route(staged: Staged, ticket_id: int, **values: str | None) -> None:
    row = {"tag": "vip", "state": "set", "at_utc": ago(1), "sought_at_utc": ago(1), **values}
    insert = schema.routed_tickets.insert()
    staged.connection.execute(insert.values(store=STORE, ticket_id=ticket_id, **row))


def test_open_tickets_are_counted_by_tier_with_how_long_they_wait(staging: Engine) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        fill(staged)
        route(staged, 1, first_answer_at_utc=ago(0.5))
        route(staged, 2)
        route(staged, 3, first_answer_at_utc=ago(7))
        route(staged, 4, tag_left_at_utc=ago(1))

    with reading(staging) as connection:
        found = load_open_tickets(connection, STORE, NOW)

    assert found.tiers == [
        TierTickets(
            tier="Gold", open=2, tagged=2, middle_wait_s=3 * HOUR_S, longest_wait_s=5 * HOUR_S
        ),
        TierTickets(tier=NO_TIER, open=1, tagged=0, middle_wait_s=None, longest_wait_s=None),
        TierTickets(
            tier=NO_MEMBER, open=1, tagged=0, middle_wait_s=90 * HOUR_S, longest_wait_s=90 * HOUR_S
        ),
    ]
    assert found.answers == FirstAnswers(read=3, answered=2, middle_s=1.25 * HOUR_S)


def test_the_page_says_who_waits_and_what_it_took_to_know(staging: Engine, tmp_path: Path) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        fill(staged)
        route(staged, 1, first_answer_at_utc=ago(0.5))
        start_run(connection, STORE, "r", {}, NOW)
        counters = {"tickets_routed": 1, "routing_requests": 2, "answer_requests": 3}
        add_counters(connection, STORE, "r", counters)
        finish_run(connection, STORE, "r", RunState.SUCCEEDED, None, NOW)

    text = write_report(staging, STORE, "r", tmp_path / "r", NOW).read_text()

    assert "Who waits: open tickets by tier" in text
    assert '<th scope="row">Gold</th><td class="num" data-label="Open">2</td>' in text
    assert "3 h 0 min" in text
    assert "on 1 of them, or took ours back, with 2 requests." in text
    assert "Of 1 tickets with our tag 1 were answered, half of them within 30 min 0 s." in text
    assert "took 3 requests in this run" in text


def test_a_store_without_tickets_has_none(staging: Engine) -> None:
    with reading(staging) as connection:
        found = load_open_tickets(connection, STORE, NOW)

    assert found.tiers == []
    assert found.answers == FirstAnswers(read=0, answered=0, middle_s=None)
