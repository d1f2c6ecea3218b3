"""Erasing a person, from end to end: nothing of them is left anywhere, and none comes back."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.lookup.answers import nobody
from loyalty_desk.lookup.not_found import AskedTicket, note_lookup
from loyalty_desk.mismatches import decisions
from loyalty_desk.mismatches.decisions import Pair, Subject
from loyalty_desk.records import Outcome, RunState
from loyalty_desk.refresh import ask_for_cards
from loyalty_desk.staging import mismatch_schema, schema
from loyalty_desk.staging.engine import open_engine
from loyalty_desk.staging.run_record import balance_problems
from loyalty_desk.staging.schema import METADATA
from tests.flow.world import STORE

pytestmark = pytest.mark.flow

NOTE = "for the birthday of"


def somebody(world: Any) -> Any:
    """A matched customer with a card, a name and a ticket, and whom it is matched with."""
    return world.rows(
        "SELECT m.customer_id, m.member_id, c.email_key, c.name FROM matches AS m"
        " INNER JOIN customers AS c ON m.customer_id = c.customer_id"
        " INNER JOIN pushed_cards AS p ON m.customer_id = p.customer_id"
        " INNER JOIN tickets AS t ON t.customer_id = m.customer_id"
        " WHERE c.name IS NOT NULL AND c.email_key IS NOT NULL AND m.rule = 'email'"
        " ORDER BY m.customer_id LIMIT 1"
    )[0]


def leave_traces(world: Any, person: Any) -> None:
    """Whatever else staging may ever hold about somebody."""
    engine, now = open_engine(world.staging_url), utc_now()
    customer_id, member_id = person["customer_id"], person["member_id"]
    run_id = world.records()[0].run_id
    with engine.begin() as connection:
        mismatch = {"store": STORE, "side": "customer", "subject_id": str(customer_id)}
        connection.execute(
            mismatch_schema.mismatches.insert().values(
                **mismatch, outcome="ambiguous", opened_at_utc=utc_text(now), returned=0
            )
        )
        subject = Subject("customer", str(customer_id))
        decisions.ignore(connection, STORE, [subject], "ada", now, reason=NOTE, until=None)
        decisions.link(connection, STORE, [Pair(customer_id, member_id)], "ada", now)
        decisions.refuse(connection, STORE, [Pair(customer_id, member_id)], "ada", now)
        connection.execute(
            mismatch_schema.suggestions.insert().values(
                store=STORE, customer_id=customer_id, member_id=member_id, score=1, reasons="[]"
            )
        )
        ask_for_cards(connection, STORE, [member_id], now)
        connection.execute(
            schema.quality_results.update()
            .where(schema.quality_results.c.store == STORE)
            .values(failing_ids=f'["1", "{customer_id}", "{member_id}"]')
        )
        connection.execute(
            schema.rejected_records.insert().values(
                store=STORE,
                run_id=run_id,
                source="customers",
                position=99,
                record_id=str(customer_id),
                field="name",
                reason="is wrong",
            )
        )
        connection.execute(
            schema.rejected_records.insert().values(
                store=STORE,
                run_id=run_id,
                source="member_lookups",
                position=99,
                record_id=member_id,
                field="points_balance",
                reason="is wrong",
            )
        )
        for side, subject_id in (("member", member_id), ("member", "1"), ("customer", "2")):
            connection.execute(
                schema.set_aside.insert().values(
                    store=STORE,
                    side=side,
                    subject_id=subject_id,
                    found_by="match",
                    reason="is wrong",
                    email_key=person["email_key"],
                    since_utc=utc_text(now),
                )
            )
        connection.execute(
            schema.runs.update()
            .where(schema.runs.c.run_id == run_id)
            .values(failure=f"push: PUT /api/customers/{customer_id}/data answered 500")
        )
    asked = AskedTicket(ticket_id=987_654_321, customer_id=customer_id)
    note_lookup(engine, STORE, asked, nobody(Outcome.CUSTOMER_NOT_FOUND), now)
    engine.dispose()


def found_in_staging(world: Any, traces: re.Pattern[str]) -> list[str]:
    engine = open_engine(world.staging_url)
    with engine.connect() as connection:
        found = [
            f"{table.name}.{column.name}: {value}"
            for table in METADATA.sorted_tables
            for row in connection.execute(table.select())
            for column, value in zip(table.columns, row, strict=True)
            if value is not None and traces.search(str(value))
        ]
    engine.dispose()
    return found


def found_in_files(folder: Path, traces: re.Pattern[str]) -> list[str]:
    """Which files hold them. `grep` reads: whoever closes SQLite's file here takes its locks."""
    command = ["grep", "-rliaP", traces.pattern, str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    assert done.returncode <= 1, done.stderr
    return done.stdout.split()


def test_nothing_of_an_erased_person_is_left_and_the_person_does_not_come_back(
    world, sync, caplog
) -> None:
    assert sync.plain().state == RunState.SUCCEEDED
    person = somebody(world)
    sync.award(
        member_id=person["member_id"], amount=5, reason="gesture", note=f"{NOTE} {person['name']}"
    )
    leave_traces(world, person)
    sync()
    names = (person["customer_id"], person["member_id"], person["email_key"], person["name"])
    either = "|".join(re.escape(str(name)) for name in names)
    traces = re.compile(rf"(?<![\w.])(?:{either}|987654321)(?!\w)", re.IGNORECASE)
    assert len(found_in_staging(world, traces)) > 15
    assert found_in_files(world.folder, traces)
    cards = world.shown_cards()
    assert person["customer_id"] in cards
    caplog.clear()

    sync.run_dag(f"erase_person__{STORE}", customer_id=person["customer_id"])

    logged = "\n".join(record.getMessage() for record in caplog.records if "loyalty" in record.name)
    assert found_in_staging(world, traces) == []
    assert found_in_files(world.folder, traces) == []
    assert not re.search(either, logged)
    shown = world.shown_cards()
    assert shown == {key: card for key, card in cards.items() if key != person["customer_id"]}
    assert [award["agent"] for award in world.rows("SELECT agent FROM awards")], "the trail stays"
    assert len(world.rows("SELECT state FROM award_events")) >= 2

    record = sync(full_resync=True)

    assert record.state == RunState.SUCCEEDED, record.failure
    assert balance_problems(record) == []
    assert (record.members_kept_out, record.customers_kept_out) == (1, 1)
    assert record.tickets_kept_out >= 1
    assert found_in_staging(world, traces) == []
    assert found_in_files(world.folder, traces) == []
    assert world.shown_cards() == shown
