"""An incident from its tickets in Gorgias to the platform's ledger and back, run as a whole."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

import pytest
import requests

from loyalty_desk.awards.batch_results import load_outcomes, sum_up
from loyalty_desk.awards.not_taken_back import reversals_of
from loyalty_desk.awards.taking_back_all import Wish, take_back_all
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.staging_clock import ask_staging_now
from loyalty_desk.staging.stores import open_store
from loyalty_desk.tasks import awards as award_tasks
from loyalty_desk.tasks import incidents
from loyalty_desk.tasks.incidents import IncidentNotAskedError, OwnAnswerError
from tests.flow.world import STORE

GIFT = {"incident": "parcels", "amount": 30, "unit": "points", "reason": "late_delivery"}
OPEN = "eq(ticket.status, 'open')"


def answer(by: str | None, option: str = "Approve") -> dict[str, Any]:
    """What Airflow's operator returns of an answer; nobody's is the default one."""
    return {
        "responded_by_user": by and {"id": by, "name": by},
        "chosen_options": [option],
        "params_input": {"why": None},
    }


def ledger(world) -> Counter[str]:
    """The points by hand of each member, as the platform has them."""
    found: Counter[str] = Counter()
    for entry in world.sandbox.control("rivo", "GET", "ledger")["data"]:
        found[str(entry["member_id"])] += entry["points"]
    return found


def new_view(world, filters: str) -> int:
    gorgias = world.sandbox.gorgias
    body = {
        "name": "Incident",
        "type": "ticket-list",
        "slug": "incident",
        "filters": filters,
        "order_by": "updated_datetime",
        "order_dir": "desc",
        "visibility": "public",
    }
    made = requests.post(
        f"{gorgias['url']}/api/views",
        json=body,
        auth=(gorgias["email"], gorgias["api_key"]),
        timeout=10,
    )
    assert made.status_code == 201, made.text
    return int(made.json()["id"])


@pytest.fixture
def tag(world, sync) -> str:
    """The tag that a quarter of the tickets has."""
    world.settings = {"awards": {"approval_above_points": 10}}
    sync.plain()
    tags = Counter(row["tags"] for row in world.rows("SELECT tags FROM tickets"))
    name = max(tags, key=lambda one: (one != "[]", tags[one]))
    assert name.startswith('["')
    return name[2:-2]


def test_a_dry_run_of_the_dag_tells_and_asks_for_nothing(
    world, sync, tag, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        run = sync.run_dag(f"award_incident__{STORE}", **GIFT, tag=tag, dry_run=True)

    assert run.state == "success"
    assert "dry run, nothing was asked for" in caplog.text
    assert world.rows("SELECT * FROM awards") == []


def test_an_incident_is_asked_for_approved_booked_once_and_taken_back(world, sync, tag) -> None:
    batch_id = incidents.request(STORE, {**GIFT, "tag": tag}, "run-1", "ada")
    assert incidents.request(STORE, {**GIFT, "tag": tag}, "run-1", "ada") == batch_id
    assert incidents.request(STORE, {**GIFT, "tag": tag}, "run-2", "ada") is None
    members = {row["member_id"] for row in world.rows("SELECT member_id FROM awards")}
    asked = incidents.question(STORE, batch_id)
    assert asked is not None
    assert f"for {len(members):,} members" in asked.subject
    assert len(members) > 3

    with pytest.raises(OwnAnswerError):
        incidents.settle(STORE, batch_id, answer("ada@shop.example"))
    assert incidents.settle(STORE, batch_id, answer("bo")) == {"approved": len(members)}
    assert incidents.question(STORE, batch_id) is None
    award_tasks.apply_awards(STORE)
    award_tasks.apply_awards(STORE)

    assert set(ledger(world).values()) == {30}
    assert len(ledger(world)) == len(members)
    engine, store = staging_engine(), open_store(STORE)
    with reading(engine) as connection:
        sums = {one.result: one for one in sum_up(load_outcomes(connection, STORE, batch_id))}
    [kept] = world.rows("SELECT tickets, people FROM incidents")
    assert sums["Booked"].booked == 30 * len(members)
    assert sum(one.people for one in sums.values()) == kept["people"]
    assert sum(one.tickets for one in sums.values()) == kept["tickets"]

    wish = Wish(batch_id=batch_id, by="ada", why="the wrong tickets")
    done = take_back_all(engine, store, wish, ask_staging_now(engine))
    assert len(done.reversed) == len(members)
    incidents.settle(STORE, reversals_of(batch_id), answer("bo"))
    award_tasks.apply_awards(STORE)

    assert set(ledger(world).values()) == {0}
    with reading(engine) as connection:
        sums = {one.result: one for one in sum_up(load_outcomes(connection, STORE, batch_id))}
    assert sums["Taken back"].people == len(members)
    assert sum(one.booked for one in sums.values()) == 0


def test_a_view_tells_its_tickets_as_they_are_in_gorgias_now(world, sync, tag) -> None:
    known = {row["customer_id"] for row in world.rows("SELECT customer_id FROM matches")}
    world.open_ticket(min(known))  # no sync has read it
    view_id = new_view(world, f"{OPEN} && eq(ticket.channel, 'api')")

    batch_id = incidents.request(STORE, {**GIFT, "view_id": view_id}, "run-1", "ada")

    [person] = world.rows("SELECT customer_id, award_id FROM incident_people")
    assert person["customer_id"] == min(known)
    assert incidents.settle(STORE, batch_id, answer(None, "Reject")) == {"rejected": 1}
    with pytest.raises(IncidentNotAskedError, match="has no view 999999"):
        incidents.request(STORE, {**GIFT, "view_id": 999_999}, "run-2", "ada")


def test_a_form_that_is_wrong_asks_for_nothing(world, sync, tag) -> None:
    with pytest.raises(IncidentNotAskedError, match="reason: must be one of"):
        incidents.request(STORE, {**GIFT, "tag": tag, "reason": "because"}, "run-1", "ada")
    with pytest.raises(IncidentNotAskedError, match="1,000 points at most"):
        incidents.request(STORE, {**GIFT, "tag": tag, "amount": 1001}, "run-1", "ada")
    assert world.rows("SELECT * FROM awards") == []
