"""What housekeeping removes, at the edge of each limit; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Engine, text

from loyalty_desk.awards.queue import Door
from loyalty_desk.awards.reversal import ReversalError, reverse_award
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import StorageError
from loyalty_desk.folders import remove
from loyalty_desk.records import RunState
from loyalty_desk.staging import mismatch_schema, schema
from loyalty_desk.staging.run_record import add_counters, finish_run, start_run
from loyalty_desk.staging.statements import statement
from loyalty_desk.tasks import retention
from loyalty_desk.tasks.retention import keep_house
from tests.factories import STORE, store_settings
from tests.http.api_client import forget_settings
from tests.sql.staged import Staged
from tests.sql.test_awards import queue, request

KeepHouse = Callable[..., dict[str, int]]
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=5)


@pytest.fixture
def house(
    staging: Engine, staging_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KeepHouse]:
    """Keep house with those settings of `retention`."""
    stores = tmp_path / "stores.yaml"
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path / "var"))

    def run(**limits: Any) -> dict[str, int]:
        settings = {"platform": "rivo", "retention": limits}
        stores.write_text(yaml.safe_dump({"stores": {STORE: settings}}), encoding="utf-8")
        forget_settings()
        return keep_house(STORE)

    yield run
    forget_settings()


def add_run(engine: Engine, folder: Path, run_id: str, at: datetime, state: RunState) -> Path:
    report = folder / "var" / "reports" / STORE / run_id / "report.html"
    report.parent.mkdir(parents=True)
    report.write_text("a report")
    with engine.begin() as connection:
        start_run(connection, STORE, run_id, {}, at)
        add_counters(connection, STORE, run_id, {"planned": 1})
        if state is not RunState.RUNNING:
            finish_run(connection, STORE, run_id, state, None, at)
        binds = {"store": STORE, "run_id": run_id, "report_path": str(report)}
        connection.execute(statement("report/runs/set_report_path"), binds)
    return report


def ids(engine: Engine, table: str, column: str = "run_id") -> list[str]:
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT {column} FROM {table} ORDER BY {column}"))
        return sorted(set(found.scalars()))


def test_old_runs_go_with_their_reports_and_what_is_needed_stays(
    house: KeepHouse, staging: Engine, tmp_path: Path
) -> None:
    now = utc_now()
    old = add_run(staging, tmp_path, "old", now - 8 * DAY, RunState.FAILED)
    kept = [
        add_run(staging, tmp_path, "with-changes", now - 8 * DAY, RunState.SUCCEEDED),
        add_run(staging, tmp_path, "edge", now - 7 * DAY + SECOND, RunState.SUCCEEDED),
        add_run(staging, tmp_path, "running", now - 8 * DAY, RunState.RUNNING),
    ]
    with staging.begin() as connection:
        Staged(connection).change("with-changes", 7, "planned")

    assert house(run_days=7)["runs"] == 1
    assert house(run_days=7)["runs"] == 0

    assert not old.parent.exists()
    assert all(report.exists() for report in kept)
    for table in ("runs", "run_counters"):
        assert ids(staging, table) == ["edge", "running", "with-changes"]


def test_the_newest_run_that_ended_well_stays_however_old(
    house: KeepHouse, staging: Engine, tmp_path: Path
) -> None:
    now = utc_now()
    add_run(staging, tmp_path, "older", now - 40 * DAY, RunState.SUCCEEDED)
    add_run(staging, tmp_path, "newest", now - 30 * DAY, RunState.SUCCEEDED)

    assert house(run_days=7)["runs"] == 1
    assert ids(staging, "runs") == ["newest"]


def test_the_last_good_run_stays_when_those_after_it_failed(
    house: KeepHouse, staging: Engine, tmp_path: Path
) -> None:
    now = utc_now()
    add_run(staging, tmp_path, "good", now - 30 * DAY, RunState.SUCCEEDED)
    add_run(staging, tmp_path, "failed", now - DAY, RunState.FAILED)

    assert house(run_days=7)["runs"] == 0
    assert ids(staging, "runs") == ["failed", "good"]


def test_no_folder_but_one_of_the_stores_reports_is_removed(
    house: KeepHouse, staging: Engine, tmp_path: Path
) -> None:
    now = utc_now()
    add_run(staging, tmp_path, "newest", now, RunState.SUCCEEDED)
    add_run(staging, tmp_path, "old", now - 9 * DAY, RunState.SUCCEEDED)
    elsewhere = tmp_path / "elsewhere" / "report.html"
    elsewhere.parent.mkdir()
    elsewhere.write_text("not ours")
    with staging.begin() as connection:
        binds = {"store": STORE, "run_id": "old", "report_path": str(elsewhere)}
        connection.execute(statement("report/runs/set_report_path"), binds)

    assert house(run_days=7)["runs"] == 1
    assert elsewhere.exists()


def test_a_run_whose_report_stays_is_kept_and_all_else_goes(
    house: KeepHouse,
    staging: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = utc_now()
    add_run(staging, tmp_path, "newest", now, RunState.SUCCEEDED)
    for run_id in ("stays", "goes"):
        add_run(staging, tmp_path, run_id, now - 9 * DAY, RunState.FAILED)
    award_id = queue(staging, request(note="for Ada")).award_id
    with staging.begin() as connection:
        row = {"state": "applied", "settled_at_utc": utc_text(now - 8 * DAY)}
        Staged(connection).update(schema.award_schema.awards, {"award_id": award_id}, **row)

    def refuse(folder: Path, **_flags: bool) -> None:
        if folder.name == "stays":
            raise StorageError("away")
        remove(folder)

    with monkeypatch.context() as patch:
        patch.setattr(retention, "remove", refuse)
        done = house(run_days=7, award_days=7)

    assert (done["runs"], done["awards_made_anonymous"]) == (1, 1)
    assert ids(staging, "runs") == ["newest", "stays"]
    assert house(run_days=7)["runs"] == 1, "the next time"


def test_many_reports_that_stay_hold_up_no_other(
    house: KeepHouse, staging: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utc_now()
    add_run(staging, tmp_path, "newest", now, RunState.SUCCEEDED)
    for number in range(30):
        add_run(staging, tmp_path, f"locked-{number}", now - 20 * DAY, RunState.FAILED)
    add_run(staging, tmp_path, "goes", now - 9 * DAY, RunState.FAILED)

    def refuse(folder: Path, **_flags: bool) -> None:
        if folder.name.startswith("locked"):
            raise StorageError("locked")
        remove(folder)

    monkeypatch.setattr(retention, "remove", refuse)

    assert house(run_days=7)["runs"] == 1
    assert "goes" not in ids(staging, "runs")
    assert len(ids(staging, "runs")) == 31


def test_a_storage_that_is_away_does_not_keep_housekeeping_for_hours(
    house: KeepHouse, staging: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utc_now()
    add_run(staging, tmp_path, "newest", now, RunState.SUCCEEDED)
    for number in range(30):
        add_run(staging, tmp_path, f"old-{number}", now - 20 * DAY, RunState.FAILED)
    passed_s = 0.0

    def wait_in_vain(_folder: Path, **_flags: bool) -> None:
        nonlocal passed_s
        passed_s += 61
        raise StorageError("away")

    monkeypatch.setattr(retention, "remove", wait_in_vain)
    monkeypatch.setattr(retention, "monotonic", lambda: passed_s)

    assert house(run_days=7)["runs"] == 0
    assert retention.MOST_LOST_S < passed_s <= retention.MOST_LOST_S + 61


def test_mismatches_that_were_settled_long_ago_and_ended_ignores_go(
    house: KeepHouse, staging: Engine
) -> None:
    now = utc_now()
    with staging.begin() as connection:
        for subject, settled in (("1", now - 8 * DAY), ("2", now - 7 * DAY + SECOND), ("3", None)):
            connection.execute(
                mismatch_schema.mismatches.insert().values(
                    store=STORE,
                    side="customer",
                    subject_id=subject,
                    outcome="ambiguous",
                    opened_at_utc=utc_text(now - 90 * DAY),
                    settled_at_utc=utc_text(settled) if settled else None,
                    returned=0,
                )
            )
        for subject, until in (("1", now - SECOND), ("2", now + DAY), ("3", None)):
            connection.execute(
                mismatch_schema.ignored_mismatches.insert().values(
                    store=STORE,
                    side="customer",
                    subject_id=subject,
                    reason="tests",
                    until_utc=utc_text(until) if until else None,
                )
            )

    done = house(settled_mismatch_days=7)

    assert (done["settled_mismatches"], done["ended_ignores"]) == (1, 1)
    assert ids(staging, "mismatches", "subject_id") == ["2", "3"]
    assert ids(staging, "ignored_mismatches", "subject_id") == ["2", "3"]


def test_old_awards_become_anonymous_and_cannot_be_taken_back_any_more(
    house: KeepHouse, staging: Engine
) -> None:
    now = utc_now()
    award_ids = {}
    for name, state, settled in (
        ("old", "applied", now - 8 * DAY),
        ("edge", "applied", now - 7 * DAY + SECOND),
        ("unknown", "unknown", now - 8 * DAY),
    ):
        award_ids[name] = queue(staging, request(idempotency_key=name, note="for Ada")).award_id
        with staging.begin() as connection:
            Staged(connection).update(
                schema.award_schema.awards,
                {"award_id": award_ids[name]},
                state=state,
                settled_at_utc=utc_text(settled),
            )

    assert house(award_days=7)["awards_made_anonymous"] == 1
    assert house(award_days=7)["awards_made_anonymous"] == 0

    with staging.connect() as connection:
        rows = connection.execute(text("SELECT award_id, note, amount FROM awards")).all()
    notes = {row.award_id: row.note for row in rows}
    assert notes == {
        award_ids["old"]: None,
        award_ids["edge"]: "for Ada",
        award_ids["unknown"]: "for Ada",
    }
    assert all(row.amount for row in rows)
    with staging.begin() as connection, pytest.raises(ReversalError, match="anonymous"):
        reverse_award(
            connection,
            store_settings(),
            award_ids["old"],
            now,
            agent="ada",
            why="x",
            door=Door.COMMAND,
        )


def test_the_card_that_was_written_for_an_award_does_not_say_for_whom_it_was(
    house: KeepHouse, staging: Engine
) -> None:
    now = utc_now()
    award_ids = [queue(staging, request(idempotency_key=name)).award_id for name in ("old", "new")]
    with staging.begin() as connection:
        staged = Staged(connection)
        for customer_id, (award_id, days) in enumerate(zip(award_ids, (8, 6), strict=True)):
            at = utc_text(now - days * DAY)
            awards = schema.award_schema.awards
            staged.update(awards, {"award_id": award_id}, state="applied", settled_at_utc=at)
            staged.pushed(customer_id, "a card", version_utc=at)
            write = {"destination": "customer_data", "version_utc": at, "written_at_utc": at}
            write |= {"outcome": "matched", "card": "{}", "cause": "award", "cause_ref": award_id}
            row = {"store": STORE, "customer_id": customer_id, **write}
            connection.execute(schema.card_writes.insert().values(row))

    house(award_days=7, card_history_days=1)

    with staging.connect() as connection:
        rows = Staged(connection).rows(schema.card_writes, "customer_id", "cause", "cause_ref")
    assert rows == [(0, "award", None), (1, "award", award_ids[1])]


def test_what_was_set_on_tickets_goes_when_they_are_long_gone(
    house: KeepHouse, staging: Engine
) -> None:
    routed = schema.routed_tickets.insert()
    with staging.begin() as connection:
        Staged(connection).ticket(2, 1)
        for ticket_id, at in ((1, 10 * DAY), (2, 10 * DAY), (3, 10 * DAY - MINUTE)):
            row = {"ticket_id": ticket_id, "state": "set", "at_utc": utc_text(utc_now() - at)}
            connection.execute(routed.values(store=STORE, **row))

    assert house(routed_ticket_days=10)["routed_tickets"] == 1

    assert ids(staging, "routed_tickets", "ticket_id") == [2, 3]


def test_what_members_held_is_remembered_for_so_many_days(
    house: KeepHouse, staging: Engine
) -> None:
    today = utc_now()
    days = [(today - number * DAY).strftime("%Y-%m-%d") for number in (8, 9, 10, 11)]
    row = {"store": STORE, "tier": "", "taken_at_utc": "", "members": 1, "members_told": 1}
    with staging.begin() as connection:
        for day in days:
            connection.execute(schema.liability_days.insert().values(**row, day=day, points=1))

    assert house(liability_days=10)["liability_days"] == 2

    assert ids(staging, "liability_days", "day") == sorted(days[:2])
