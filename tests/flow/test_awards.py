"""Awards by the trigger form, under real Airflow: booked once and shown at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from loyalty_desk.staging.engine import open_engine


@pytest.fixture
def member(world, sync) -> dict[str, Any]:
    """A member whose card Gorgias shows."""
    sync.plain()
    cards = {customer["id"]: customer for customer in world.customers()}
    row = world.rows(
        "SELECT c.customer_id, c.email, m.member_id, m.points_balance FROM matches AS mt"
        " JOIN customers AS c ON c.customer_id = mt.customer_id"
        " JOIN members AS m ON m.member_id = mt.member_id"
        " WHERE m.status = 'member' AND mt.rule = 'email' ORDER BY c.customer_id LIMIT 1"
    )[0]
    assert row["customer_id"] in cards
    return row


def ledger(world) -> list[dict[str, Any]]:
    return world.sandbox.control("rivo", "GET", "ledger")["data"]


def said(world, member: dict[str, Any]) -> str:
    """What the card in Gorgias says of the last award."""
    shown = {customer["id"]: customer for customer in world.customers()}
    return str(shown[member["customer_id"]]["data"]["loyalty"]["last_award_text"])


def test_an_award_is_booked_and_shown_in_gorgias_without_a_sync(world, sync, member) -> None:
    sync.award(
        email=member["email"], amount=50, unit="points", reason="gesture", message="Thank you"
    )

    assert [entry["points"] for entry in ledger(world)] == [50]
    card = world.shown_cards()[member["customer_id"]]
    assert card["points_balance"] == member["points_balance"] + 50
    assert world.wrong_cards() == []
    award = world.rows("SELECT state, door, agent FROM awards")[0]
    assert (award["state"], award["door"]) == ("applied", "airflow_form")
    assert sync.plain().planned == 0


def test_gorgias_down_leaves_the_award_applied_and_the_card_to_the_next_sync(
    world, sync, member
) -> None:
    world.fault("gorgias", effect="status", status=400, method="PUT")
    sync.award(email=member["email"], amount=50, unit="points", reason="gesture")

    assert world.rows("SELECT state FROM awards") == [{"state": "applied"}]
    world.sandbox.control("gorgias", "POST", "reset", {"faults": True})
    assert sync.plain().pushed == 1
    assert world.wrong_cards() == []


def test_a_sync_takes_back_what_a_card_says_of_an_award_that_is_none_any_more(
    world, sync, member
) -> None:
    sync.award(email=member["email"], amount=50, unit="points", reason="gesture")
    assert said(world, member).startswith("We added 50 points on ")
    engine = open_engine(world.staging_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE awards SET state = 'refused'"))
    engine.dispose()

    assert sync.plain().pushed == 1

    assert said(world, member) == ""
    assert sync.plain().planned == 0


def test_what_is_not_in_order_or_only_a_trial_is_not_queued(world, sync, member) -> None:
    for form in (
        {"amount": 0},
        {"amount": 1.5},
        {"amount": 1_000_000},
        {"email": "not an address", "amount": 5},
        {"amount": 5, "dry_run": True},
    ):
        sync.award(**{"email": member["email"], "unit": "points", "reason": "gesture", **form})

        assert world.rows("SELECT state FROM awards") == [], form
        assert ledger(world) == [], form


def test_an_empty_form_applies_what_is_left_over(world, sync, member) -> None:
    world.fault("rivo", effect="status", status=503, method="GET", route="*customers/*")
    sync.award(email=member["email"], amount=50, unit="points", reason="gesture")
    assert world.rows("SELECT state FROM awards") == [{"state": "queued"}]

    world.sandbox.control("rivo", "POST", "reset", {"faults": True})
    sync.award()

    assert world.rows("SELECT state FROM awards") == [{"state": "applied"}]
    assert len(ledger(world)) == 1


def test_a_run_that_meets_an_outage_is_red_and_its_other_steps_are_done(
    world, sync, member
) -> None:
    sync.award(email=member["email"], amount=5, unit="points", reason="gesture")
    world.fault("rivo", effect="status", status=503, route="*customers*", count=1000)

    run = sync.award(email=member["email"], amount=50, unit="points", reason="gesture")

    states = {one.task_id: str(one.state) for one in run.get_task_instances()}
    assert str(run.state) == "failed"
    assert {name for name, state in states.items() if state == "failed"} == {"alert"}
    assert (states["apply"], states["show"]) == ("success", "success")
    assert [
        row["state"] for row in world.rows("SELECT state FROM awards ORDER BY queued_at_utc")
    ] == [
        "applied",
        "queued",
    ]
    world.sandbox.control("rivo", "POST", "reset", {"faults": True})
    assert str(sync.award().state) == "success"
    assert sum(entry["points"] for entry in ledger(world)) == 55
