"""A store as the desk shows it: a run, matched and unmatched people, awards of several states."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from loyalty_desk.awards.queue import Door, queue_award
from loyalty_desk.awards.requests import read_request
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.mismatches.history import keep_history
from loyalty_desk.mismatches.suggestions import suggest_members
from loyalty_desk.records import RunState
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_record import add_counters, finish_run, start_run
from tests.factories import STORE
from tests.sql.staged import Staged, match

HTML = "<img src=x onerror=alert(1)>"
EVIL_NAME = f"Eve {HTML}"
ADA, GRACE, DOUBLE, EVIL = 7, 8, 9, 10
"""Customers: one who may be member m1, a matched one, an ambiguous one, one with a tricky name."""


def fill(engine: Engine, store: StoreSettings) -> None:
    """Write it, as a sync some minutes ago would have."""
    now = utc_now() - timedelta(minutes=5)
    with engine.begin() as connection:
        staged = Staged(connection)
        staged.customer(ADA, "ada@gmial.com", name="Ada Byron")
        staged.member("m1", "ada@gmail.com", card='{"name":"Ada Byron","points_balance":120}')
        staged.customer(GRACE, "grace@example.test", name="Grace Hopper")
        staged.member(
            "m2", "grace@example.test", card='{"name":"Grace Hopper","points_balance":900}'
        )
        for customer_id in (DOUBLE, DOUBLE + 100):
            staged.customer(customer_id, "twin@example.test", name="Twin")
        for member_id in ("m3", "m4"):
            staged.member(member_id, "twin@example.test", card='{"name":"Twin"}')
        staged.customer(EVIL, "eve@nowhere.test", name=EVIL_NAME)
        for ticket_id, customer_id in ((70, ADA), (71, ADA), (80, GRACE), (90, DOUBLE), (99, EVIL)):
            staged.ticket(ticket_id, customer_id, "open")
        match(staged, now=now)
        staged.pushed(GRACE, "card of m2", points_balance=900)
        for number, state in enumerate((RunState.SUCCEEDED, RunState.SUCCEEDED)):
            run_id, at = f"scheduled__{number}", now - timedelta(hours=1 - number)
            start_run(connection, STORE, run_id, {}, at)
            add_counters(
                connection,
                STORE,
                run_id,
                {"customers_total": 5, "customers_matched": 1, "customers_customer_not_found": 2},
            )
            finish_run(connection, STORE, run_id, state, None, at + timedelta(minutes=1))
        staged.change("scheduled__1", GRACE, "done", member_id="m2")
        connection.execute(
            schema.quality_results.insert().values(
                store=STORE,
                run_id="scheduled__1",
                step="match",
                expectation="match_email_differs",
                severity="warning",
                passed=False,
                failing_count=1,
                failing_ids='["7"]',
                checked_at_utc=utc_text(now),
            )
        )
        for fields in (
            {"member_id": "m2", "amount": "50", "note": HTML},
            {"member_id": "m2", "amount": "500"},
        ):
            request = read_request({"reason": "gesture", "agent": "eve", **fields}, store.awards)
            # Not by `now`: limits are those of a day, which may have begun since.
            queue_award(connection, store, request, utc_now(), door=Door.HTTP)
    keep_history(engine, STORE, now)
    suggest_members(engine, STORE)
