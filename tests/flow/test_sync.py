"""The main job from end to end. What should be there is computed here by other means."""

from __future__ import annotations

import pytest

from loyalty_desk.records import RunState
from tests import airflow_home

pytestmark = pytest.mark.flow


def test_every_customer_holds_the_expected_card_and_nothing_else_changes(world, sync) -> None:
    before = {customer["id"]: customer["data"] or {} for customer in world.customers()}

    record = sync()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert record.pushed == record.planned > 100
    assert world.wrong_cards() == []
    for customer in world.customers():
        others = {key: value for key, value in (customer["data"] or {}).items() if key != "loyalty"}
        assert others == before[customer["id"]]
    assert any(data for data in before.values()), "no other tool's data to keep"
    without = [card for card in world.shown_cards().values() if not card["member"]]
    assert without
    assert all("points_balance" not in card for card in without)


def test_a_second_run_writes_nothing_and_asks_for_four_things_at_most(world, sync) -> None:
    sync.plain()
    world.forget_requests()

    record = sync()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert (record.planned, record.pushed, record.failed) == (0, 0, 0)
    assert [world.requests(method) for method in ("PUT", "POST", "DELETE")] == [0, 0, 0]
    assert world.requests("GET", "/api/customers") + world.requests("GET", "/api/tickets") <= 3
    assert world.requests("GET") == 4, "account, customers, tickets, merges"


def test_a_sync_reads_who_may_award_over_http(world, sync) -> None:
    sync.plain()

    rows = world.rows("SELECT * FROM gorgias_agents")
    found = {row["agent"]: bool(row["is_active"]) for row in rows}
    assert found["ops@lakeside.test"]
    assert found["eve@shop.example"]
    assert not found["ivo@shop.example"]


def test_no_sync_fails_as_the_users_cannot_be_read(world, sync) -> None:
    rule = {"effect": "status", "status": 403, "count": 1_000, "route": "*users*"}
    world.sandbox.control("gorgias", "POST", "faults", rule)

    record = sync()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert record.pushed > 100
    assert world.rows("SELECT * FROM gorgias_agents") == []


def test_after_members_changed_exactly_their_customers_are_written_once(world, sync) -> None:
    sync.plain()
    before = world.expected_cards()
    world.tick(25)
    after = world.expected_cards()
    changed = {customer_id for customer_id, card in after.items() if card != before[customer_id]}
    world.forget_requests()

    record = sync()

    assert record.state == RunState.SUCCEEDED, record.failure
    assert record.pushed == len(changed) >= 20
    assert world.requests("PUT") == len(changed)
    assert world.shown_cards() == after


def test_a_dry_run_plans_and_reports_and_writes_nothing(world, sync) -> None:
    record = sync(dry_run=True)

    assert record.state == RunState.SUCCEEDED, record.failure
    assert record.planned > 100
    assert record.pushed == 0
    assert world.shown_cards() == {}


def test_a_limit_pushes_the_most_important_first_and_the_rest_later(world, sync) -> None:
    first = sync(limit=10)
    done = world.rows("SELECT MIN(priority) AS lowest FROM changes WHERE state = 'done'")

    rest = sync()

    assert (first.pushed, first.planned) == (10, 10)
    later = world.rows(
        "SELECT MAX(priority) AS highest FROM changes WHERE run_id = "
        "(SELECT run_id FROM runs ORDER BY started_at_utc DESC LIMIT 1)"
    )
    assert done[0]["lowest"] >= later[0]["highest"]
    assert rest.pushed > 90
    assert world.wrong_cards() == []


def test_the_run_leaves_a_report_a_spreadsheet_data_docs_and_a_note(world, sync) -> None:
    world.data_docs = True

    record = sync()

    docs = world.folder / "var" / "data_docs" / "demo"
    assert {page.parent.name for page in docs.glob("*/index.html")} == {
        "members",
        "customers",
        "match",
        "plan",
        "push",
    }
    reports = list((world.folder / "var" / "reports").rglob("report.html"))
    assert len(reports) == 1
    assert f"{record.customers_matched:,}" in reports[0].read_text(encoding="utf-8")
    assert reports[0].with_name("mismatches.csv").stat().st_size > 0
    note = airflow_home.newest_note()
    assert f"{record.customers_matched:,}" in note
