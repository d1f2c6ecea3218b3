"""How long a page of the desk takes, with a million customers and 100,000 mismatches in staging.

The pages are served as Airflow's API server serves them, by a process of its own, to a user who is
logged in. Each page is asked for in turn, one after the other, as a person does.
"""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import requests
import yaml
from sqlalchemy import Connection, Engine, select, text

from benchmarks import people
from benchmarks.asking import NotMeasuredError
from benchmarks.budget import staging_database
from benchmarks.filled import fill
from benchmarks.serving import serving
from benchmarks.year_of_awards import BATCH, fill_awards
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.mismatches.history import keep_history
from loyalty_desk.records import RunState
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import mismatch_schema, schema
from loyalty_desk.staging.engine import open_engine
from loyalty_desk.staging.load import bulk_insert
from loyalty_desk.staging.row_types import SuggestionRow, TicketRow
from loyalty_desk.staging.run_record import add_counters, finish_run, start_run
from loyalty_desk.staging.statements import statement

FIGURE, GOAL_MS = "desk_page_p95_ms", 300.0
UNKEPT_FIGURE, UNKEPT_ROUNDS = "desk_unkept_year_ms", 5
PAGE_ROWS = 50
LISTED, AWARD = r"/mismatches/customer/\d+", r"/awards/[0-9a-f-]{8,}"
CHANGED = r"/customers/\d+"
MISMATCHES, SUGGESTIONS, RUNS, ROUNDS = 100_000, 20_000, 100, 40
QUEUED, BOOKED, IN_BATCH = 18_000, 180_000, 2_000
CHECKS = 37
NEWEST_RUN = f"run{RUNS - 1}"
STORE = StoreSettings.model_validate({"name": "acme", "platform": "rivo"})
COOKIE = "cookie.json"


def figures(only: Collection[str] = (), *, rows: int) -> Iterator[dict[str, Any]]:
    """Yield one line a page and database; `only` as for the other families."""
    databases = [name for name in ("sqlite", "postgresql") if name in only]
    for database in databases or ("sqlite", "postgresql"):
        with staging_database(database) as url, tempfile.TemporaryDirectory() as folder:
            engine = open_engine(url)
            customer_id, award_id = _fill(engine, rows)
            engine.dispose()
            with _serving(url, Path(folder)) as (address, cookie):
                session = _session(cookie)
                taken_ms = _ask(session, address, _pages(customer_id, award_id, rows))
                unkept_ms = _ask(session, address, _unkept_years(), rounds=0)
        for page, (first, *values) in taken_ms.items():
            ordered = sorted(values)
            value = ordered[math.ceil(0.95 * len(ordered)) - 1]
            yield {
                "figure": FIGURE,
                "database": database,
                "page": page or "/",
                "value": round(value, 1),
                "unit": "ms",
                "goal": f"<= {GOAL_MS:g}",
                "ok": value <= GOAL_MS,
                "median": round(ordered[len(ordered) // 2], 1),
                "longest": round(ordered[-1], 1),
                "first": round(first, 1),
            }
        yield {
            "figure": UNKEPT_FIGURE,
            "database": database,
            "value": round(max(first for (first,) in unkept_ms.values()), 1),
            "unit": "ms",
            "ok": True,
        }


def _pages(customer_id: int, award_id: str, rows: int) -> dict[str, tuple[str, int]]:
    """Each page, and what has to stand on it how often at least; or it is not the page meant."""
    one = people.customer(customer_id - people.FIRST_CUSTOMER, rows)
    whom = str(customer_id)
    last_mismatches = MISMATCHES // PAGE_ROWS // 2
    last_awards = QUEUED // PAGE_ROWS // 2
    year_ago = f"{utc_now() - timedelta(days=364):%Y-%m-%d}"
    return {
        "": (f"{rows:,}", 1),
        "/progress": ("", 0),
        "/mismatches": (LISTED, PAGE_ROWS),
        f"/mismatches?sort=oldest&page={last_mismatches}": (LISTED, PAGE_ROWS),
        "/mismatches?sort=tickets": (LISTED, PAGE_ROWS),
        "/mismatches?sort=surest&suggested=1": (LISTED, PAGE_ROWS),
        f"/mismatches?q={one.email}": (f"/mismatches/customer/{whom}", 1),
        f"/mismatches/customer/{customer_id}": (whom, 2),
        "/awards": (AWARD, PAGE_ROWS),
        f"/awards?state=queued&page={last_awards}": (AWARD, PAGE_ROWS),
        f"/awards/{award_id}": (award_id, 1),
        f"/awards/batches/{BATCH}": (f"{IN_BATCH:,}", 1),
        f"/awards/batches/{BATCH}/progress": (f"{IN_BATCH:,}", 1),
        "/awards/import": ('type="file"', 1),
        "/awards/incident": ("<input", 5),
        "/goodwill": ("<svg", 4),
        f"/goodwill?from={year_ago}&by=month": ("<svg", 4),
        f"/awards/new?who={one.email}": (re.escape(str(one.email)), 1),
        f"/customers?q={one.email}": (f"/customers/{whom}", 1),
        f"/customers?q={customer_id}": (f"/customers/{whom}", 1),
        f"/customers/{customer_id}": (re.escape(str(one.email)), 1),
        f"/runs/{NEWEST_RUN}/changes": (CHANGED, PAGE_ROWS),
        f"/runs/{NEWEST_RUN}/changes?kind=clear": ("Nothing here", 1),
        f"/runs/{NEWEST_RUN}/changes?field=tier": ("Look further", 1),
        "/quality": ("expectation \\d", CHECKS),
        "/setup": ("<tr>", 20),
    }


def _unkept_years() -> dict[str, tuple[str, int]]:
    """A year of goodwill, each time other days, of which nothing has been kept."""
    days = range(364 - UNKEPT_ROUNDS, 364)
    firsts = [f"{utc_now() - timedelta(days=one):%Y-%m-%d}" for one in days]
    return {f"/goodwill?from={first}&by=month": ("<svg", 4) for first in firsts}


def _fill(engine: Engine, rows: int) -> tuple[int, str]:
    """Fill the database; returns a customer who is a mismatch, and an award that waits."""
    fill(engine, STORE, rows)
    now = utc_now() - timedelta(minutes=5)
    store = STORE.name
    with engine.begin() as connection:
        table = schema.unmatched_customers
        query = select(table.c.customer_id).order_by(table.c.customer_id).limit(MISMATCHES)
        ids = list(connection.scalars(query))
        last = table.c.customer_id <= ids[-1]
        connection.execute(table.update().where(last).values(outcome="customer_not_found"))
        at = utc_text(now)
        tickets = (
            TicketRow(store, n, one, "open", at, at, priority=None, tags=None, channel=None)
            for n, one in enumerate(ids, 1)
        )
        bulk_insert(connection, schema.tickets, tickets)
        suggested = (
            SuggestionRow(
                store, one, str(people.FIRST_MEMBER + n), 0.8 + n % 20 / 100, '["mistyped_domain"]'
            )
            for n, one in enumerate(ids[:SUGGESTIONS])
        )
        bulk_insert(connection, mismatch_schema.suggestions, suggested)
        for number in range(RUNS):
            run_id, at = f"run{number}", now - timedelta(hours=RUNS - number)
            start_run(connection, store, run_id, {}, at)
            counted = {"customers_total": rows, "customers_matched": rows // 2 + number}
            add_counters(connection, store, run_id, counted)
            finish_run(connection, store, run_id, RunState.SUCCEEDED, None, at)
            checks = [_check(run_id, number, at) for number in range(CHECKS)]
            connection.execute(statement("checks/results/insert_quality_results"), checks)
        _write_cards(connection, store)
        award_id = fill_awards(
            connection, STORE, now, queued=QUEUED, booked=BOOKED, in_batch=IN_BATCH
        )
    keep_history(engine, store, now)
    if engine.dialect.name == "postgresql":  # as autovacuum does within a minute of a sync
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    return ids[MISMATCHES // 2 if len(ids) == MISMATCHES else 0], award_id


def _write_cards(connection: Connection, store: str) -> None:
    """Have every member's card written twice, the second time by the newest run."""
    matched = (
        "FROM matches AS mt INNER JOIN members AS m"
        " ON mt.store = m.store AND mt.member_id = m.member_id WHERE mt.store = :store"
    )
    writes = (
        "INSERT INTO card_writes (store, customer_id, destination, version_utc, written_at_utc,"
        " member_id, outcome, card, cause, cause_ref)"
        " SELECT mt.store, mt.customer_id, 'customer_data', :at, :at, m.member_id, 'matched',"
        " {card}, 'sync', :run_id " + matched
    )
    first, second = utc_text(people.START), utc_text(people.START + timedelta(hours=1))
    binds = {"store": store, "run_id": NEWEST_RUN}
    key = '"points_balance":'
    other = {"at": first, "was": key, "became": f"{key}1"}
    earlier = writes.format(card="REPLACE(m.card, :was, :became)")
    connection.execute(text(earlier), {**binds, **other})
    connection.execute(text(writes.format(card="m.card")), {**binds, "at": second})
    connection.execute(
        text(
            "INSERT INTO changes (store, run_id, customer_id, destination, member_id, outcome,"
            " kind, fingerprint, priority, state, attempts, changed_at_utc, ledger_version_utc)"
            " SELECT mt.store, :run_id, mt.customer_id, 'customer_data', m.member_id, 'matched',"
            " 'update', m.card_fingerprint, 0, 'done', 1, :at, :at " + matched
        ),
        {**binds, "at": second},
    )


def _check(run_id: str, number: int, at: datetime) -> dict[str, Any]:
    """What one check found in one run: nothing."""
    found = {"expectation": f"expectation_{number}", "says": "All is well.", "severity": "warning"}
    counts = {"passed": True, "failing_count": 0, "failing_ids": "[]"}
    of = {"store": STORE.name, "run_id": run_id, "step": "members", "checked_at_utc": utc_text(at)}
    return {**of, **found, **counts}


def _session(cookie: dict[str, str]) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.cookies.update(cookie)
    return session


def _ask(
    session: requests.Session,
    address: str,
    pages: Mapping[str, tuple[str, int]],
    rounds: int = ROUNDS,
) -> dict[str, list[float]]:
    """Ask for each page in turn; milliseconds by page, of which the first ones are told apart.

    Raises:
        NotMeasuredError: a page was not answered, or what has to stand on it does not.
    """
    taken_ms: dict[str, list[float]] = {page: [] for page in pages}
    for _ in range(rounds + 1):
        for page, (wanted, least) in pages.items():
            began = time.monotonic()
            answer = session.get(f"{address}/{STORE.name}{page}", timeout=60, allow_redirects=False)
            seconds = time.monotonic() - began
            if answer.status_code != 200:
                raise NotMeasuredError(f"{page} answered {answer.status_code}")
            if len(re.findall(wanted, answer.text)) < least:
                raise NotMeasuredError(f"{page} has not {wanted} {least} times")
            taken_ms[page].append(seconds * 1000)
    return taken_ms


@contextmanager
def _serving(staging_url: str, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Serve the desk; yields its address and a user's cookie."""
    stores = folder / "stores.yaml"
    stores.write_text(yaml.safe_dump({"stores": {STORE.name: {"platform": "rivo"}}}))
    environment = {
        "LOYALTY_DESK_STAGING_URL": staging_url,
        "LOYALTY_DESK_STORES_FILE": str(stores),
        "LOYALTY_DESK_VAR_DIR": str(folder / "var"),
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__API__SECRET_KEY": token_hex(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": token_hex(64),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        f"AIRFLOW_CONN_GORGIAS_{STORE.name.upper()}": json.dumps(
            {"conn_type": "http", "host": "https://acme.gorgias.com"}
        ),
    }
    command = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})
    with serving(environment, _log_in) as address:
        yield f"{address}/desk", json.loads((folder / COOKIE).read_text(encoding="utf-8"))


def _log_in() -> None:
    """In the server's process: start the auth manager, and leave a user's cookie in a file."""
    from airflow.api_fastapi.app import init_auth_manager  # noqa: PLC0415
    from airflow.api_fastapi.auth.managers.base_auth_manager import (  # noqa: PLC0415
        COOKIE_NAME_JWT_TOKEN,
    )
    from airflow.api_fastapi.auth.managers.simple.user import (  # noqa: PLC0415
        SimpleAuthManagerUser,
    )

    user = SimpleAuthManagerUser(username="bench", role="ADMIN")
    cookie = {COOKIE_NAME_JWT_TOKEN: init_auth_manager().generate_jwt(user)}
    path = Path(os.environ["AIRFLOW_HOME"]) / COOKIE
    path.write_text(json.dumps(cookie), encoding="utf-8")
