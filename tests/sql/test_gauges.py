"""The gauges of a store and of its account, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert

from loyalty_desk.clock import utc_text
from loyalty_desk.records import AwardState, RunState
from loyalty_desk.staging import mismatch_schema, schema
from loyalty_desk.staging.award_schema import awards
from loyalty_desk.staging.run_record import add_counters, finish_run, start_run
from loyalty_desk.watching.gauges import GAUGES, Gauge, Leak, measure_budgets, measure_store
from tests.factories import NOW, STORE, store_settings
from tests.sql.award_rows import award_row
from tests.sql.staged import Staged

RUN = "scheduled__1"


def measure(staging: Engine) -> list[Gauge]:
    with staging.connect() as connection:
        return list(measure_store(connection, store_settings(), NOW))


def value(gauges: list[Gauge], name: str, **tags: str) -> float | None:
    found = [one.value for one in gauges if one.name == name and tags.items() <= one.tags.items()]
    assert len(found) <= 1
    return found[0] if found else None


def run(staging: Engine, state: RunState, hours_ago: float, **counters: float) -> None:
    started = NOW - timedelta(hours=hours_ago)
    run_id = f"{RUN}-{hours_ago:g}"
    with staging.begin() as connection:
        start_run(connection, STORE, run_id, {}, started)
        add_counters(connection, STORE, run_id, counters)
        if state is not RunState.RUNNING:
            ended = started + timedelta(seconds=90)
            finish_run(connection, STORE, run_id, state, None, ended)


def test_before_the_first_sync_only_what_is_known_is_told(staging: Engine) -> None:
    gauges = measure(staging)
    assert value(gauges, "data_age_s") is None
    assert value(gauges, "run_ok") is None
    assert value(gauges, "cards_waiting") == 0
    assert value(gauges, "awards", state="queued") == 0


def test_the_newest_ended_sync_is_told_and_the_age_goes_by_the_newest_good_one(
    staging: Engine,
) -> None:
    run(staging, RunState.SUCCEEDED, 3, planned=9, pushed=9)
    run(staging, RunState.FAILED, 2, planned=8, pushed=5, failed=1, left=2, gorgias_requests=7)
    run(staging, RunState.RUNNING, 1)

    gauges = measure(staging)

    assert value(gauges, "data_age_s") == 3 * 3_600
    told = {name: value(gauges, f"run_{name}") for name in ("planned", "pushed", "failed", "left")}
    assert told == {"planned": 8, "pushed": 5, "failed": 1, "left": 2}
    assert value(gauges, "run_requests") == 7
    assert value(gauges, "run_seconds") == 90
    assert value(gauges, "run_ok") == 0


def test_awards_are_counted_by_state_and_old_ends_are_not(staging: Engine) -> None:
    old, recent = utc_text(NOW - timedelta(days=3)), utc_text(NOW - timedelta(hours=3))
    rows = [
        award_row("a", state="applied", settled_at_utc=recent),
        award_row("b", state="applied", settled_at_utc=old),
        award_row("c", state="unknown", settled_at_utc=old),
        award_row("d", state="queued", settled_at_utc=None),
        award_row("e", state="queued", settled_at_utc=None, store="other"),
    ]
    with staging.begin() as connection:
        for row in rows:
            connection.execute(insert(awards).values(**row))

    gauges = measure(staging)

    counts = {state: value(gauges, "awards", state=state) for state in AwardState}
    assert {state: count for state, count in counts.items() if count} == {
        AwardState.APPLIED: 1,
        AwardState.UNKNOWN: 1,
        AwardState.QUEUED: 1,
    }
    assert None not in counts.values(), "a state that empties is told as 0"


def test_waiting_cards_and_open_mismatches_are_counted(staging: Engine) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.change(RUN, 1, "planned")
        staged.change(RUN, 2, "done")
        connection.execute(
            insert(schema.cards_to_show).values(
                store=STORE, member_id="m", asked_at_utc=utc_text(NOW)
            )
        )
        connection.execute(
            insert(mismatch_schema.mismatches).values(
                store=STORE,
                side="customer",
                subject_id="7",
                outcome="customer_not_found",
                opened_at_utc=utc_text(NOW),
                returned=0,
            )
        )

    gauges = measure(staging)

    assert value(gauges, "cards_waiting") == 2
    assert value(gauges, "mismatches", side="customer", **{"class": "customer_not_found"}) == 1


def test_a_bucket_empties_between_its_last_request_and_now(staging: Engine) -> None:
    with staging.begin() as connection:
        for account in ("shop.gorgias.com", "nobody.gorgias.com"):
            connection.execute(
                insert(schema.request_budgets).values(
                    account=account,
                    level=30.0,
                    own_level=20.0,
                    capacity=40.0,
                    leaked_at_s=1_000.0,
                    blocked_until_s=1_008.0,
                )
            )
        gauges = list(measure_budgets(connection, {"shop.gorgias.com": Leak(20.0, 0.5)}, 1_005.0))

    assert {one.tags["account"] for one in gauges} == {"shop.gorgias.com"}
    assert value(gauges, "budget_used") == pytest.approx((30 - 10) / 40)
    assert value(gauges, "budget_own") == pytest.approx((20 - 5) / 40)
    assert value(gauges, "budget_blocked_s") == pytest.approx(3)
    assert {one.name for one in gauges} <= set(GAUGES)
