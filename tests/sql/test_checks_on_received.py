"""Each check of data fires on what a platform or Gorgias can send, brought in the usual way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from loyalty_desk.card.cards import member_card
from loyalty_desk.clock import utc_text
from loyalty_desk.errors import QualityError
from loyalty_desk.gorgias.reading import read_customer
from loyalty_desk.platforms.rivo import read_member
from loyalty_desk.quality.gate import check_step
from loyalty_desk.quality.steps import Step
from loyalty_desk.quality.suites import TRIPWIRE, suite
from loyalty_desk.records import MemberStatus
from loyalty_desk.staging import schema
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.sync.match import match_customers
from loyalty_desk.sync.plan import plan_changes
from tests.factories import LATER, NOW, STORE, store_settings
from tests.sql.quality_rows import RUN, counter_row, insert, ledger_row, run_row

SETTINGS = store_settings(brake={"min_cards": 3})
CARD = member_card("1", MemberStatus.MEMBER, {"points_balance": 100})
Story = Callable[[Connection], Any]


def members(**fields: Any) -> Story:
    """One member as Rivo sends it, with these attributes."""
    told = {"email": "m1@shop.example", "loyalty_status": "member", "points_tally": 5, **fields}
    one = read_member({"id": "1", "attributes": told})
    return lambda connection: stage_members(connection, STORE, [one], NOW, first_load=False)


def customers(count: int = 1, *, now: Any = NOW, **fields: Any) -> Story:
    """Customers as Gorgias lists them."""
    told = {"email": "m1@shop.example", "updated_datetime": utc_text(now), "data": {}, **fields}
    rows = [read_customer({"id": number, **told}, None) for number in range(1, count + 1)]
    return lambda connection: stage_customers(
        connection, STORE, rows, now, card_key="loyalty", first_load=False
    )


def match(connection: Connection) -> None:
    match_customers(connection, SETTINGS, NOW, full=True)


def plan(connection: Connection) -> None:
    plan_changes(connection, SETTINGS, RUN, NOW, full=True)


def accepted(connection: Connection) -> None:
    """Gorgias accepted the member's card earlier."""
    card = connection.execute(text("SELECT card_fingerprint FROM members")).scalar()
    insert(connection, schema.pushed_cards, ledger_row(1, fingerprint=card))


def answered(state: str) -> Story:
    """What Gorgias answered to each write, as the push keeps it."""
    return lambda connection: connection.execute(
        text("UPDATE changes SET state = :state"), {"state": state}
    )


def read_back(wrong: int) -> Story:
    counters = {"readback_checked": 3, "readback_wrong": wrong}
    rows = [counter_row(RUN, name, value) for name, value in counters.items()]
    return lambda connection: insert(connection, schema.run_counters, *rows)


def last_run(connection: Connection) -> None:
    insert(connection, schema.runs, run_row("before", "succeeded", NOW - timedelta(days=1)))
    told = {"customers_total": 100, "customers_matched": 90}
    rows = [counter_row("before", name, value) for name, value in told.items()]
    insert(connection, schema.run_counters, *rows)


STORIES: dict[tuple[Step, str], tuple[Story, ...]] = {
    (Step.MEMBERS, "members_with_email"): (members(email=None),),
    (Step.MEMBERS, "member_points_not_negative"): (members(points_tally=-5),),
    (Step.MEMBERS, "member_expiry"): (members(points_expire_at="December 31, 9999"),),
    (Step.CUSTOMERS, "customer_future"): (customers(now=NOW + timedelta(days=26_000)),),
    (Step.CUSTOMERS, "customers_with_email"): (customers(email=None),),
    (Step.MATCH, "matched_share_drop"): (
        last_run,
        members(),
        customers(4, email="x@shop.example"),
        match,
    ),
    (Step.PLAN, "change_drifted"): (
        members(),
        customers(now=NOW - timedelta(days=9)),
        accepted,
        customers(now=LATER, data={"loyalty": {"points": "edited by hand"}}),
        match,
        plan,
    ),
    (Step.PLAN, "clear_without_ledger"): (customers(data={"loyalty": CARD}), match, plan),
    (Step.PUSH, "changes_not_failed"): (members(), customers(), match, plan, answered("failed")),
    (Step.PUSH, "readback_some"): (read_back(1),),
    (Step.PUSH, "readback_most"): (read_back(2),),
}


def test_every_check_that_is_no_tripwire_is_here() -> None:
    checks = {
        (step, check.name)
        for step in Step
        for check in suite(step, SETTINGS)
        if not check.says.startswith(TRIPWIRE)
    }
    assert checks == set(STORIES)


@pytest.mark.parametrize(("step", "name"), STORIES)
def test_it_fires_on_data_that_can_be_sent(staging: Engine, step: Step, name: str) -> None:
    with staging.begin() as connection:
        insert(connection, schema.runs, run_row(RUN, "running", NOW))
    for story in STORIES[step, name]:
        with staging.begin() as connection:
            story(connection)

    if name == "readback_most":
        with pytest.raises(QualityError, match="readback_most"):
            check_step(staging, SETTINGS, RUN, step, NOW, docs_dir=None)
        return
    result = check_step(staging, SETTINGS, RUN, step, NOW, docs_dir=None)

    assert name in {one.expectation for one in result.results if not one.passed}
