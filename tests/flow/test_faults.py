"""Trouble on the way: a run ends right or fails loudly, and a later run repairs it."""

from __future__ import annotations

import pytest

from loyalty_desk.records import RunState
from tests.flow.world import in_turn

pytestmark = pytest.mark.flow

CUSTOMERS, DATA = "/api/customers", "/api/customers/{customer_id}/data"

# Trouble that the transport rides out: the run ends right as if nothing had been.
RIDDEN_OUT = {
    "a few 503": ("gorgias", {"effect": "status", "status": 503, "count": 3}),
    "429 with Retry-After 0": (
        "gorgias",
        {"effect": "status", "status": 429, "retry_after": "0", "count": 3},
    ),
    "429 without Retry-After": ("gorgias", {"effect": "status", "status": 429, "count": 3}),
    "no limit header at all": ("gorgias", {"effect": "no_limit_header"}),
    "slow answers": ("gorgias", {"effect": "delay", "delay_ms": 20_000, "count": 5}),
    "dropped before the effect": ("gorgias", {"effect": "drop", "method": "PUT", "count": 4}),
    "dropped after the effect": (
        "gorgias",
        {"effect": "drop", "method": "PUT", "after": True, "count": 4},
    ),
    "an HTML page instead of a list": (
        "gorgias",
        {"effect": "html", "route": CUSTOMERS, "count": 2},
    ),
    "JSON cut short": ("gorgias", {"effect": "truncate", "route": CUSTOMERS, "count": 2}),
    "Rivo answers 500": ("rivo", {"effect": "status", "status": 500, "count": 3}),
    "Rivo drops the line": ("rivo", {"effect": "drop", "count": 2}),
    "Rivo is too busy": ("rivo", {"effect": "status", "status": 429, "count": 3}),
    "Rivo cuts JSON short": ("rivo", {"effect": "truncate", "count": 2}),
}


@pytest.mark.parametrize(("what", "staging_url"), in_turn(RIDDEN_OUT), indirect=["staging_url"])
def test_passing_trouble_changes_nothing_of_the_result(world, sync, what: str) -> None:
    server, rule = RIDDEN_OUT[what]
    world.fault(server, **rule)

    record = sync.plain()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert record.failed == 0
    assert world.faults_fired(server) > 0
    assert world.wrong_cards() == []


# Trouble that must stop the run: a list that cannot be trusted to be whole.
STOPPING = {
    "a page without its cursor": ("gorgias", {"effect": "no_cursor", "route": CUSTOMERS}),
    "a cursor that comes again": ("gorgias", {"effect": "repeat_cursor", "route": CUSTOMERS}),
    "tickets without their cursor": ("gorgias", {"effect": "no_cursor", "route": "/api/tickets"}),
    "a service that stays away": ("gorgias", {"effect": "status", "status": 502}),
    "HTML for good": ("gorgias", {"effect": "html", "route": CUSTOMERS}),
    "Rivo's cursor that stands still": ("rivo", {"effect": "repeat_cursor"}),
    "Rivo away": ("rivo", {"effect": "status", "status": 503}),
}


@pytest.mark.parametrize(("what", "staging_url"), in_turn(STOPPING), indirect=["staging_url"])
def test_lasting_trouble_stops_loudly_before_any_write_and_a_later_run_repairs(
    world, sync, what: str
) -> None:
    server, rule = STOPPING[what]
    world.fault(server, **rule)

    broken = sync()

    assert broken.state == RunState.FAILED
    assert broken.failure
    assert broken.pushed == 0
    assert world.shown_cards() == {}

    world.forget_requests()
    assert sync.plain().state == RunState.SUCCEEDED
    assert world.wrong_cards() == []


def test_writes_that_are_refused_are_counted_and_tried_again_in_the_next_run(world, sync) -> None:
    world.fault("gorgias", effect="status", status=400, method="PUT", count=7)

    first = sync.plain()
    second = sync.plain()

    assert first.failed == 7
    assert first.pushed == first.planned - 7
    assert second.pushed == 7
    assert world.wrong_cards() == []


def test_an_outage_in_mid_push_leaves_the_rest_planned_for_the_next_run(world, sync) -> None:
    world.fault("gorgias", effect="status", status=503, method="PUT", skip=30)

    first = sync()

    assert first.state == RunState.FAILED
    assert "unanswered" in first.failure
    assert 0 < first.pushed < first.planned

    world.forget_requests()
    assert sync.plain().state == RunState.SUCCEEDED
    assert world.wrong_cards() == []


def test_everything_at_once_ends_right_or_is_repaired(world, sync) -> None:
    for effect, more in [
        ("status", {"status": 503}),
        ("drop", {}),
        ("drop", {"after": True}),
        ("html", {}),
        ("truncate", {}),
        ("no_limit_header", {}),
        ("delay", {"delay_ms": 2_000}),
    ]:
        world.fault("gorgias", effect=effect, probability=0.03, **more)
        if effect != "no_limit_header":
            world.fault("rivo", effect=effect, probability=0.03, **more)

    first = sync()
    world.forget_requests()
    second = sync.plain()

    assert first.state in {RunState.SUCCEEDED, RunState.FAILED}
    assert second.state == RunState.SUCCEEDED, second.failure
    assert world.wrong_cards() == []


def test_a_customer_merged_or_deleted_during_the_run_is_set_aside(world, sync) -> None:
    cards = world.expected_cards()
    deleted, merged, survivor = [c for c, card in cards.items() if card["member"]][:3]
    sync.plain(dry_run=True)  # everybody is staged
    world.sandbox.control("gorgias", "DELETE", f"customers/{deleted}")
    world.sandbox.control("gorgias", "POST", f"customers/{merged}/merge", {"into": survivor})

    record = sync.plain()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert record.gone == 2
    assert record.failed == 0
    assert sync.plain().pushed == 0
    assert world.wrong_cards() == []


def test_a_write_that_gorgias_accepts_and_ignores_is_found_and_sent_again(world, sync) -> None:
    world.settings = {"push": {"readback_sample": 500}}
    cards = world.expected_cards()
    customer_id = next(c for c, card in cards.items() if card["member"])
    world.write_as_another_tool(customer_id, {"loyalty": {"points": 1}}, version="2099-01-01T00:00")

    record = sync.plain()

    assert (record.pushed, record.readback_wrong) == (len(cards), 1)
    assert world.rows("SELECT customer_id FROM to_plan") == [{"customer_id": customer_id}]


def test_a_row_that_cannot_be_used_is_set_aside_and_the_run_goes_on(world, sync) -> None:
    member = world.sandbox.control("rivo", "GET", "members?limit=1")["data"][0]
    world.sandbox.control("rivo", "PATCH", f"members/{member['id']}", {"status": "unheard-of"})

    record = sync.plain()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert record.members_rejected == 1
    assert record.members_fetched == record.members_staged + 1
    rejected = world.rows("SELECT source, record_id, field FROM rejected_records")
    assert rejected == [
        {"source": "members", "record_id": str(member["id"]), "field": "loyalty_status"}
    ]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"points_tally": 2_000_000_000}, id="a balance that no programme hands out"),
        pytest.param({"status": "unheard-of"}, id="a status that nobody knows"),
    ],
)
def test_a_row_at_fault_leaves_the_card_of_its_member_as_it_was(world, sync, fault) -> None:
    before = sync.plain()
    customer_id, card = next((c, card) for c, card in world.shown_cards().items() if card["member"])
    world.sandbox.control("rivo", "PATCH", f"members/{card['member_id']}", fault)

    record = sync.plain()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert (record.members_rejected, record.cards_stale) == (before.members_rejected + 1, 1)
    assert world.shown_cards()[customer_id]["points_balance"] == card["points_balance"]
    world.sandbox.control(
        "rivo", "PATCH", f"members/{card['member_id']}", {"points_tally": 321, "status": "member"}
    )
    assert sync.plain().cards_stale == 0
    assert world.shown_cards()[customer_id]["points_balance"] == 321


def test_a_name_may_hold_what_json_writes_for_null(world, sync) -> None:
    member = world.sandbox.control("rivo", "GET", "members?limit=1")["data"][0]
    name = {"first_name": 'Ada":null,', "last_name": '":null}'}
    world.sandbox.control("rivo", "PATCH", f"members/{member['id']}", name)

    record = sync.plain()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert (record.quality_critical_failed, record.quality_row_failed) == (0, 0)


def test_too_many_unusable_rows_stop_the_run(world, sync) -> None:
    for member in world.sandbox.control("rivo", "GET", "members?limit=40")["data"]:
        world.sandbox.control("rivo", "PATCH", f"members/{member['id']}", {"status": "unheard-of"})

    record = sync()

    assert record.state == RunState.FAILED
    assert "40 of 2" in record.failure
    assert "max_rejected_share" in record.failure
