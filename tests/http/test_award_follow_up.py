"""What follows an applied award: read back, shown in Gorgias, noted on its ticket."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, insert

from loyalty_desk.awards.apply import Worker, apply_due
from loyalty_desk.awards.approval import decide
from loyalty_desk.awards.follow_up import FollowUp
from loyalty_desk.awards.queue import get_award, get_events
from loyalty_desk.awards.taking_back import TakeBack, take_back
from loyalty_desk.card.texts import BEING_CHECKED, LAST_AWARD
from loyalty_desk.clock import utc_now
from loyalty_desk.hooks.connections import gorgias_client
from loyalty_desk.lookup.fresh import Lookup
from loyalty_desk.platforms.base import Platform
from loyalty_desk.privacy.awards import blank_award
from loyalty_desk.refresh import CardShower, list_cards_to_show, take_off
from loyalty_desk.settings.sections import BudgetSettings
from loyalty_desk.staging import schema
from loyalty_desk.staging.intake import stage_customers, stage_members
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import STORE, customer, store_settings
from tests.http.conftest import SPEED
from tests.sql.staged import Staged
from tests.sql.test_awards import queue, request

EMAIL = "mira@shop.example"


@pytest.fixture
def member_id(sandbox: Sandbox) -> str:
    values = {"email": EMAIL, "points_tally": 100}
    return str(sandbox.control("rivo", "POST", "members", values)["id"])


@pytest.fixture
def customer_id(sandbox: Sandbox, staging: Engine, platform: Platform, member_id: str) -> int:
    """A customer of the sandbox's Gorgias, staged and matched to the member."""
    first = sandbox.control("gorgias", "GET", "customers?limit=1")["data"][0]["id"]
    member = platform.find_member(member_id)
    assert member is not None
    with staging.begin() as connection:
        now, match = utc_now(), {"customer_id": first, "member_id": member_id, "rule": "email"}
        stage_members(connection, STORE, [member], now, first_load=False)
        stage_customers(
            connection,
            STORE,
            [customer(first, email=EMAIL)],
            now,
            card_key="loyalty",
            first_load=False,
        )
        connection.execute(insert(schema.matches), [{"store": STORE, **match}])
    return int(first)


@pytest.fixture
def follow_up(
    sandbox: Sandbox,
    staging: Engine,
    platform: Platform,
    set_connection: SetConnection,
    at_speed: None,
) -> FollowUp:
    """Of a store that wants a note on the ticket."""
    gorgias = sandbox.gorgias
    set_connection(
        "gorgias_acme", host=gorgias["url"], login=gorgias["email"], password=gorgias["api_key"]
    )
    store = store_settings(awards={"ticket_note": True}, budget=BudgetSettings(share=1.0))
    client = gorgias_client(store, staging, urgent=True, max_wait_s=1)
    return FollowUp(store=store, engine=staging, platform=platform, gorgias=client)


def apply(staging: Engine, follow_up: FollowUp, amount: str = "50", **values: Any) -> str:
    """Award and apply; what follows is up to the test."""
    award_id = queue(staging, request(amount, email=EMAIL, **values), utc_now()).award_id
    apply_due(worker_of(follow_up))
    return award_id


def worker_of(follow_up: FollowUp) -> Worker:
    return Worker(
        store=follow_up.store,
        engine=follow_up.engine,
        platform=follow_up.platform,
        name="one",
        speed=SPEED,
    )


def a_ticket(sandbox: Sandbox, customer_id: int) -> int:
    gorgias = sandbox.gorgias
    message = {"channel": "api", "via": "api", "from_agent": False, "sender": {"id": customer_id}}
    answer = requests.post(
        f"{gorgias['url']}/api/tickets",
        json={
            "channel": "api",
            "via": "api",
            "customer": {"id": customer_id},
            "messages": [{**message, "body_text": "How many points do I have?"}],
        },
        auth=(gorgias["email"], gorgias["api_key"]),
        timeout=10,
    )
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def notes(sandbox: Sandbox, ticket_id: int) -> list[str]:
    ticket = sandbox.control("gorgias", "GET", f"tickets/{ticket_id}")
    return [
        message["body_text"]
        for message in ticket["messages"]
        if message["channel"] == "internal-note"
    ]


def shown_points(sandbox: Sandbox, customer_id: int) -> Any:
    data = sandbox.control("gorgias", "GET", f"customers/{customer_id}")["data"] or {}
    return data.get("loyalty", {}).get("points_balance")


def said(sandbox: Sandbox, customer_id: int) -> Any:
    """What the card in Gorgias says of the last award."""
    data = sandbox.control("gorgias", "GET", f"customers/{customer_id}")["data"] or {}
    return data.get("loyalty", {}).get(LAST_AWARD)


def show_asked(follow_up: FollowUp) -> None:
    """Show the cards that were asked for, as the refresh does."""
    shower = CardShower(follow_up.store, follow_up.engine, follow_up.platform, follow_up.gorgias)
    with follow_up.engine.connect() as connection:
        asked = list_cards_to_show(connection, STORE, most=10)
    for one in asked:
        shower.reread_member(one.member_id)
        shower.push(one.member_id)
        with follow_up.engine.begin() as connection:
            take_off(connection, STORE, one)


def causes(staging: Engine) -> list[Any]:
    with staging.connect() as connection:
        return Staged(connection).rows(schema.card_writes, "customer_id", "cause", "cause_ref")


def award_of(staging: Engine, award_id: str) -> Any:
    with staging.connect() as connection:
        return get_award(connection, STORE, award_id)


def facts_of(staging: Engine, award_id: str) -> dict[str, Any]:
    """Everything that the audit of an award tells."""
    with staging.connect() as connection:
        events = get_events(connection, STORE, award_id)
    return {name: value for event in events for name, value in json.loads(event.facts).items()}


def details_of(staging: Engine, award_id: str) -> list[str]:
    with staging.connect() as connection:
        return [event.detail for event in get_events(connection, STORE, award_id)]


def test_the_new_balance_is_shown_noted_and_in_the_audit(
    staging: Engine, sandbox: Sandbox, follow_up: FollowUp, customer_id: int
) -> None:
    ticket_id = a_ticket(sandbox, customer_id)
    award_id = apply(staging, follow_up, ticket_id=ticket_id, note="a <late> parcel")

    assert follow_up.show(award_id) == 1

    assert shown_points(sandbox, customer_id) == 150
    assert causes(staging) == [(customer_id, "award", award_id)]
    facts = facts_of(staging, award_id)
    assert (facts["balance_before"], facts["balance_after"], facts["cards"]) == (100, 150, 1)
    assert notes(sandbox, ticket_id) == [
        "Loyalty: +50 points booked (gesture), by ada.\nNew balance: 150 points.\na <late> parcel"
    ]
    assert "a &lt;late&gt; parcel" in json.dumps(
        sandbox.control("gorgias", "GET", f"tickets/{ticket_id}")
    )


def test_a_balance_of_somebody_else_is_neither_shown_nor_noted(
    staging: Engine, sandbox: Sandbox, follow_up: FollowUp, customer_id: int
) -> None:
    values = {"email": "nora@shop.example", "points_tally": 9000}
    other = str(sandbox.control("rivo", "POST", "members", values)["id"])
    ticket_id = a_ticket(sandbox, customer_id)
    award_id = apply(staging, follow_up, ticket_id=ticket_id)
    rule = {"effect": "mix_up", "method": "GET", "route": "*/customers/*"}
    sandbox.control("rivo", "POST", "faults", rule)
    follow_up.platform.find_member(other)

    follow_up.show(award_id)

    assert notes(sandbox, ticket_id) == ["Loyalty: +50 points booked (gesture), by ada."]
    assert shown_points(sandbox, customer_id) == 100, "as it is known, until it can be read"
    assert "balance_after" not in facts_of(staging, award_id)


def test_two_workers_leave_one_note(
    staging: Engine, sandbox: Sandbox, follow_up: FollowUp, customer_id: int
) -> None:
    ticket_id = a_ticket(sandbox, customer_id)
    award_id = apply(staging, follow_up, ticket_id=ticket_id)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(follow_up.show, [award_id, award_id]))

    assert len(notes(sandbox, ticket_id)) == 1
    assert shown_points(sandbox, customer_id) == 150


def test_a_ticket_that_does_not_exist_costs_the_note_only(
    staging: Engine, sandbox: Sandbox, follow_up: FollowUp, customer_id: int
) -> None:
    award_id = apply(staging, follow_up, ticket_id=999_999_999)

    assert follow_up.show(award_id) == 1

    assert award_of(staging, award_id).state == "applied"
    assert "could not be noted on the ticket" in details_of(staging, award_id)
    assert shown_points(sandbox, customer_id) == 150


def test_what_gorgias_was_down_for_is_shown_by_a_later_worker(
    staging: Engine, sandbox: Sandbox, follow_up: FollowUp, customer_id: int
) -> None:
    award_id = apply(staging, follow_up)
    sandbox.control("gorgias", "POST", "faults", {"effect": "status", "status": 503})

    assert follow_up.show(award_id) == 0
    assert award_of(staging, award_id).state == "applied"
    assert follow_up.show_all() == 0, "Gorgias is still down"

    sandbox.control("gorgias", "POST", "reset", {"faults": True})
    assert follow_up.show_all() == 1
    assert shown_points(sandbox, customer_id) == 150
    assert follow_up.show_all() == 0


def test_a_member_whom_nobody_is_matched_to_is_read_back_for_the_next_sync(
    staging: Engine, sandbox: Sandbox, follow_up: FollowUp, member_id: str
) -> None:
    award_id = apply(staging, follow_up)

    assert follow_up.show(award_id) == 0

    assert facts_of(staging, award_id)["balance_after"] == 150
    with staging.connect() as connection:
        touched = connection.execute(schema.touched.select()).all()
    assert (STORE, "member", member_id) in [tuple(row)[:3] for row in touched]


def test_the_card_tells_of_an_award_as_soon_as_it_is_shown(
    staging: Engine, sandbox: Sandbox, follow_up: FollowUp, customer_id: int
) -> None:
    award_id = apply(staging, follow_up)

    follow_up.show(award_id)

    today = utc_now()
    assert said(sandbox, customer_id) == f"We added 50 points on {today.day} {today:%B}."


def test_a_lookup_tells_of_an_award_before_its_card_is_shown(
    staging: Engine, follow_up: FollowUp, customer_id: int
) -> None:
    apply(staging, follow_up)

    lookup = Lookup(follow_up.store, staging, lambda: follow_up.platform)
    found = lookup.find(EMAIL).content()
    lookup.close()

    today = utc_now()
    assert (found["source"], found["points_balance"]) == ("fresh", 150)
    assert found[LAST_AWARD] == f"We added 50 points on {today.day} {today:%B}."


def test_what_is_said_of_a_waiting_award_leaves_the_card_with_its_rejection(
    staging: Engine, sandbox: Sandbox, follow_up: FollowUp, customer_id: int
) -> None:
    wanted = request("500", email=EMAIL)
    award_id = queue(staging, wanted, utc_now(), approval_above_points=100).award_id
    show_asked(follow_up)
    assert said(sandbox, customer_id) == BEING_CHECKED

    with staging.begin() as connection:
        award = get_award(connection, STORE, award_id)
        decide(connection, STORE, award, utc_now(), approved=False, by="olga", why=None)
    show_asked(follow_up)

    assert said(sandbox, customer_id) == ""


def test_what_was_taken_back_is_said_on_the_card_and_noted_on_the_ticket(
    staging: Engine, sandbox: Sandbox, follow_up: FollowUp, customer_id: int
) -> None:
    ticket_id = a_ticket(sandbox, customer_id)
    follow_up.show(apply(staging, follow_up, ticket_id=ticket_id))

    with staging.begin() as connection:
        wanted = TakeBack(agent="ada", ticket_id=ticket_id, note="wrong customer")
        taken = take_back(connection, follow_up.store, wanted, utc_now())
    assert taken.by is not None
    apply_due(worker_of(follow_up))
    follow_up.show(taken.by.award_id)

    assert notes(sandbox, ticket_id)[-1] == (
        "Loyalty: -50 points booked (reversal), by ada.\nNew balance: 100 points.\n"
        "taken back by whoever awarded: wrong customer"
    )
    today = utc_now()
    assert said(sandbox, customer_id) == f"We took 50 points back on {today.day} {today:%B}."


def test_an_award_of_which_nobody_knows_whose_it_was_holds_up_no_other(
    staging: Engine, sandbox: Sandbox, follow_up: FollowUp, customer_id: int
) -> None:
    erased, shown = apply(staging, follow_up), apply(staging, follow_up, idempotency_key="other")
    with staging.begin() as connection:
        blank_award(connection, STORE, erased)

    assert follow_up.show_all() == 1

    assert shown_points(sandbox, customer_id) == 200
    assert "read back" in details_of(staging, shown)
    assert details_of(staging, erased)[-1] == "shown in Gorgias"
    assert follow_up.show_all() == 0


def test_no_note_is_left_on_the_ticket_of_who_was_erased_since(
    staging: Engine, sandbox: Sandbox, follow_up: FollowUp, customer_id: int
) -> None:
    ticket_id = a_ticket(sandbox, customer_id)
    erased = apply(staging, follow_up, ticket_id=ticket_id, note="for Mira")
    with staging.begin() as connection:
        blank_award(connection, STORE, erased)

    follow_up.show_all()

    assert notes(sandbox, ticket_id) == []
    assert details_of(staging, erased)[-1] == "shown in Gorgias"
