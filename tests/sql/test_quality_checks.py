"""Each check fires on the fault it is for, on both databases, and on nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from loyalty_desk.card.cards import card_json, member_card
from loyalty_desk.clock import utc_text
from loyalty_desk.quality.gate import check_values
from loyalty_desk.quality.gx import run_checks
from loyalty_desk.quality.steps import CheckResult, Step
from loyalty_desk.quality.suites import suite
from loyalty_desk.records import MemberStatus
from loyalty_desk.staging import schema
from tests.factories import NOW, STORE, store_settings
from tests.sql.quality_rows import (
    EARLIER,
    RUN,
    change_row,
    counter_row,
    customer_row,
    fill_healthy,
    insert,
    ledger_row,
    match_row,
    member_row,
    run_row,
    unmatched,
)

Spoil = Callable[[Connection], Any]
LATER = utc_text(NOW + timedelta(hours=1))


def sql(statement: str) -> Spoil:
    return lambda connection: connection.execute(text(statement), {"store": STORE})


def rows(table: str, *values: dict[str, Any]) -> Spoil:
    return lambda connection: insert(connection, schema.METADATA.tables[table], *values)


def both(*spoils: Spoil) -> Spoil:
    return lambda connection: [spoil(connection) for spoil in spoils]


def members(**values: Any) -> Spoil:
    """Another member with these values."""
    return rows("members", member_row("bad", **values))


def customers(**values: Any) -> Spoil:
    return rows("customers", customer_row(99, **values))


def changes(**values: Any) -> Spoil:
    """Another change, for customer 5, with these values."""
    return rows("changes", change_row(5, **{"member_id": "m55", **values}))


def many(count: int, **values: Any) -> Spoil:
    """So many more customers, with these values."""
    return rows("customers", *(customer_row(1000 + number, **values) for number in range(count)))


MEMBERS: dict[str, Spoil] = {
    "member_status_known": members(status="Member"),
    "member_email_state_known": members(email_state="odd", email_key=None),
    "member_email": members(email_key=None),
    "member_fingerprint_present": members(card_fingerprint=""),
    "members_with_email": both(
        members(email_state="missing", email_key=None),
        sql("UPDATE members SET email_state = 'missing', email_key = NULL WHERE member_id = 'm1'"),
    ),
    "member_points_not_negative": members(points_balance=-5),
    "member_expiry": members(
        card='{"member":true,"points_expire_on":"9999-12-31","summary":"Member"}'
    ),
}
CUSTOMERS: dict[str, Spoil] = {
    "customer_email_state_known": customers(email_state="odd", email_key=None),
    "customer_email": customers(email_state="missing"),
    "customer_updated_shape": customers(updated_at_utc="2026-03-01 09:30:00"),
    "customer_future": customers(updated_at_utc=LATER),
    "customers_with_email": many(9, email_state="missing", email_key=None),
}
MATCH: dict[str, Spoil] = {
    "customer_placed_twice": rows(
        "unmatched_customers", unmatched("customer_id", 1, "not_a_member")
    ),
    "customer_left_out": customers(),
    "member_placed_twice": rows(
        "unmatched_members", unmatched("member_id", "m1", "member_not_in_gorgias")
    ),
    "member_left_out": members(),
    "customer_class_known": sql("UPDATE unmatched_customers SET outcome = 'lost'"),
    "member_class_known": sql("UPDATE unmatched_members SET outcome = 'lost'"),
    "match_member_gone": sql("UPDATE members SET status = 'excluded' WHERE member_id = 'm1'"),
    "match_customer_gone": sql("UPDATE customers SET gone_at_utc = 'x' WHERE customer_id = 1"),
    "match_email_differs": sql("UPDATE customers SET email_key = 'other' WHERE customer_id = 1"),
    "match_link_unconfirmed": sql("DELETE FROM links"),
    "member_shared": both(
        customers(email_key="stranger@shop.example"), rows("matches", match_row(99, "m1"))
    ),
    "matched_share_drop": both(
        rows("runs", run_row("before", "succeeded", NOW - timedelta(days=1))),
        rows(
            "run_counters",
            counter_row("before", "customers_total", 100),
            counter_row("before", "customers_matched", 90),
        ),
    ),
}
PLAN: dict[str, Spoil] = {
    "change_destination_configured": changes(destination="custom_fields"),
    "change_kind_known": changes(kind="replace"),
    "change_fingerprint_present": changes(fingerprint=""),
    "change_customer_gone": rows("changes", change_row(4, member_id=None, outcome="not_a_member")),
    "change_without_member": changes(member_id=None),
    "change_already_pushed": both(
        changes(ledger_version_utc=EARLIER), rows("pushed_cards", ledger_row(5))
    ),
    "change_drifted": both(
        changes(),
        rows("pushed_cards", ledger_row(5)),
        sql(
            f"UPDATE customers SET shown_fingerprint = 'none', read_at_utc = '{LATER}' "
            "WHERE customer_id = 5"
        ),
    ),
    "clear_without_ledger": changes(kind="clear"),
}
PUSH: dict[str, Spoil] = {
    "change_not_sending": changes(state="sending"),
    "done_without_ledger": both(
        changes(state="done", ledger_version_utc=EARLIER),
        rows("pushed_cards", ledger_row(5, fingerprint="another")),
    ),
    "changes_not_failed": changes(state="failed"),
    "readback_some": rows(
        "run_counters",
        counter_row(RUN, "readback_checked", 3),
        counter_row(RUN, "readback_wrong", 1),
    ),
    "readback_most": rows(
        "run_counters",
        counter_row(RUN, "readback_checked", 3),
        counter_row(RUN, "readback_wrong", 2),
    ),
}
SPOILS = {
    Step.MEMBERS: MEMBERS,
    Step.CUSTOMERS: CUSTOMERS,
    Step.MATCH: MATCH,
    Step.PLAN: PLAN,
    Step.PUSH: PUSH,
}
ALSO = {
    "member_email_state_known": {"members_with_email"},
    "match_member_gone": set[str](),
    "member_shared": {"match_email_differs"},
    "readback_most": {"readback_some"},
}
"""What else is rightly at fault with the same data."""
SETTINGS = store_settings(brake={"min_cards": 3})


def results(engine: Engine, step: Step) -> dict[str, CheckResult]:
    checks = suite(step, SETTINGS)
    found = run_checks(engine, checks, check_values(SETTINGS, RUN, NOW), step.value, None)
    return {result.expectation: result for result in found}


@pytest.mark.parametrize("step", SPOILS)
def test_every_check_has_a_fault_here(step: Step) -> None:
    assert set(SPOILS[step]) == {check.name for check in suite(step, SETTINGS)}


@pytest.mark.parametrize("step", SPOILS)
def test_nothing_fires_when_all_is_well(staging: Engine, step: Step) -> None:
    fill_healthy(staging)

    assert [name for name, found in results(staging, step).items() if not found.passed] == []


@pytest.mark.parametrize("step", SPOILS)
def test_nothing_fires_when_there_is_nothing(staging: Engine, step: Step) -> None:
    assert [name for name, found in results(staging, step).items() if not found.passed] == []


@pytest.mark.parametrize(
    ("step", "name"), [(step, name) for step, faults in SPOILS.items() for name in faults]
)
def test_a_check_fires(staging: Engine, step: Step, name: str) -> None:
    fill_healthy(staging)
    with staging.begin() as connection:
        SPOILS[step][name](connection)

    found = results(staging, step)

    assert {key for key, result in found.items() if not result.passed} - ALSO.get(name, set()) == {
        name
    }
    assert found[name].failing_count > 0
    assert found[name].failing_ids


def test_a_channel_match_needs_the_further_address(staging: Engine) -> None:
    fill_healthy(staging)
    address = {"store": STORE, "customer_id": 3, "email_key": "m33@shop.example"}
    with staging.begin() as connection:
        connection.execute(text("DELETE FROM unmatched_customers WHERE customer_id = 3"))
        connection.execute(text("DELETE FROM unmatched_members"))
        insert(connection, schema.matches, match_row(3, "m33", rule="channel"))
    assert not results(staging, Step.MATCH)["match_email_differs"].passed

    with staging.begin() as connection:
        insert(connection, schema.customer_channels, address)
    assert all(result.passed for result in results(staging, Step.MATCH).values())


def test_a_card_that_was_missing_when_read_back_is_not_the_ledgers_fault(staging: Engine) -> None:
    fill_healthy(staging)
    with staging.begin() as connection:
        connection.execute(text("DELETE FROM pushed_cards"))
        insert(connection, schema.to_plan, {"store": STORE, "customer_id": 2})

    assert results(staging, Step.PUSH)["done_without_ledger"].passed


def test_who_was_found_gone_since_the_plan_is_no_fault_of_it(staging: Engine) -> None:
    """As a push does that writes a card to one place and has it planned for another as well."""
    fill_healthy(staging)
    touched = {"store": STORE, "kind": "customer", "value": "4"}
    with staging.begin() as connection:
        insert(connection, schema.changes, change_row(4, member_id=None, outcome="not_a_member"))
        insert(connection, schema.touched, touched)

    assert results(staging, Step.PLAN)["change_customer_gone"].passed


def test_a_done_change_wants_a_ledger_that_is_not_older(staging: Engine) -> None:
    fill_healthy(staging)
    with staging.begin() as connection:
        insert(connection, schema.changes, change_row(5, state="done", ledger_version_utc=LATER))
        insert(connection, schema.pushed_cards, ledger_row(5))
    assert not results(staging, Step.PUSH)["done_without_ledger"].passed

    with staging.begin() as connection:
        connection.execute(text("UPDATE pushed_cards SET version_utc = 'z', fingerprint = 'newer'"))
    assert results(staging, Step.PUSH)["done_without_ledger"].passed


def test_other_stores_and_runs_do_not_count(staging: Engine) -> None:
    fill_healthy(staging)
    with staging.begin() as connection:
        insert(connection, schema.members, member_row("bad", store="other", status="odd"))
        insert(connection, schema.customers, customer_row(9, store="other"))
        insert(connection, schema.changes, change_row(1, run_id="other", state="sending"))

    for step in SPOILS:
        assert all(result.passed for result in results(staging, step).values()), step


def test_of_rows_at_fault_the_first_are_shown_and_all_can_be_set_aside(staging: Engine) -> None:
    with staging.begin() as connection:
        rows_at_fault = [
            member_row(f"p{number}", status="odd", email_key=None) for number in range(60)
        ]
        insert(connection, schema.members, *rows_at_fault)

    found = results(staging, Step.MEMBERS)

    for name in ("member_status_known", "member_email"):
        assert found[name].failing_count == 60
        assert len(set(found[name].failing_ids)) == 50
        assert len(set(found[name].at_fault)) == 60


def test_what_json_writes_for_null_is_a_name_like_any_other(staging: Engine) -> None:
    named = {"name": 'Ada":null,"x":null}', "tier": '"points_expire_on":"1999-'}
    with staging.begin() as connection:
        card = member_card("m1", MemberStatus.MEMBER, {**named, "points_expire_on": "2027-01-31"})
        insert(connection, schema.members, member_row("m1", card=card_json(card)))

    assert all(result.passed for result in results(staging, Step.MEMBERS).values())


@pytest.mark.parametrize(
    ("today", "expires_on", "is_wrong"),
    [
        ("2027-01-01", "2026-12-31", False),
        ("2027-01-01", "2025-12-30", True),
        ("2026-12-31", "2026-01-01", False),
        ("2026-12-31", "2036-12-31", False),
        ("2026-12-31", "2037-02-01", True),
        ("2026-06-15", "1970-01-01", True),
        ("2026-06-15", "0002-01-01", True),
    ],
)
def test_an_expiry_is_judged_by_the_day_and_not_by_the_year(
    staging: Engine, today: str, expires_on: str, *, is_wrong: bool
) -> None:
    card = card_json(member_card("m1", MemberStatus.MEMBER, {"points_expire_on": expires_on}))
    with staging.begin() as connection:
        insert(connection, schema.members, member_row("m1", card=card))
    values = check_values(SETTINGS, RUN, datetime.fromisoformat(f"{today}T09:00:00+00:00"))

    found = run_checks(staging, suite(Step.MEMBERS, SETTINGS), values, "members", None)

    assert [one.passed for one in found if one.expectation == "member_expiry"] == [not is_wrong]


def test_values_never_become_part_of_a_statement(staging: Engine) -> None:
    run_id = "manual__'; DROP TABLE members; -- :x {batch} %s $HOME"
    with staging.begin() as connection:
        insert(connection, schema.changes, change_row(1, run_id=run_id, state="sending"))
    checks = suite(Step.PUSH, SETTINGS)
    values = check_values(SETTINGS, run_id, NOW)

    found = run_checks(staging, checks, values, "push", None)

    assert [result.expectation for result in found if not result.passed] == ["change_not_sending"]
    with staging.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM members")).scalar() == 0
