"""How long a page of the desk takes, with a million customers and 100,000 mismatches in staging.

The pages are served as Airflow's API server serves them, by a process of its own, to a user who is
logged in. Each page is asked for in turn, one after the other, as a person does.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import requests
import yaml
from sqlalchemy import Engine, select

from benchmarks import people
from benchmarks.budget import staging_database
from benchmarks.filled import fill
from benchmarks.serving import serving
from loyalty_desk.awards.queue import Door, insert_award
from loyalty_desk.awards.requests import read_request
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.mismatches.history import keep_history
from loyalty_desk.records import RunState
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import mismatch_schema, schema
from loyalty_desk.staging.engine import open_engine
from loyalty_desk.staging.load import bulk_insert
from loyalty_desk.staging.row_types import SuggestionRow, TicketRow
from loyalty_desk.staging.run_record import add_counters, finish_run, start_run

FIGURE, GOAL_MS = "desk_page_p95_ms", 300.0
MISMATCHES, SUGGESTIONS, AWARDS, RUNS, ROUNDS = 100_000, 20_000, 20_000, 100, 20
STORE = StoreSettings.model_validate({"name": "acme", "platform": "rivo"})
COOKIE = "cookie.json"


def figures(only: Collection[str] = (), *, rows: int) -> Iterator[dict[str, Any]]:
    """Yield one line a database, with the slowest page; `only` as for the other families."""
    databases = [name for name in ("sqlite", "postgresql") if name in only]
    for database in databases or ("sqlite", "postgresql"):
        with staging_database(database) as url, tempfile.TemporaryDirectory() as folder:
            engine = open_engine(url)
            customer_id = _fill(engine, rows)
            engine.dispose()
            with _serving(url, Path(folder)) as (address, cookie):
                taken_ms = _ask(address, cookie, _pages(customer_id, rows))
        every = sorted(value for values in taken_ms.values() for value in values)
        value = every[math.ceil(0.95 * len(every)) - 1]
        slowest = {
            page: round(sorted(values)[len(values) // 2]) for page, values in taken_ms.items()
        }
        yield {
            "figure": FIGURE,
            "database": database,
            "value": round(value, 1),
            "unit": "ms",
            "goal": f"<= {GOAL_MS:g}",
            "ok": value <= GOAL_MS,
            "median_by_page": slowest,
        }


def _pages(customer_id: int, rows: int) -> list[str]:
    one = people.customer(customer_id - people.FIRST_CUSTOMER, rows)
    return [
        "",
        "/progress",
        "/mismatches",
        "/mismatches?sort=oldest&page=900",
        "/mismatches?sort=tickets",
        "/mismatches?sort=surest&suggested=1",
        f"/mismatches?q={one.email}",
        f"/mismatches/customer/{customer_id}",
        "/awards",
        "/awards?state=queued&page=100",
        f"/awards/new?who={one.email}",
        f"/customers?q={one.email}",
        f"/customers?q={customer_id}",
        f"/customers/{customer_id}",
        "/quality",
        "/setup",
    ]


def _fill(engine: Engine, rows: int) -> int:
    """Fill the database; returns a customer who is a mismatch."""
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
            TicketRow(store, n, one, "open", at, created_at_utc=at, priority=None, tags=None)
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
        for number in range(AWARDS):
            fields = {"amount": "5", "reason": "gesture", "agent": f"agent{number % 40}"}
            member_id = str(people.FIRST_MEMBER + number)
            request = read_request({**fields, "member_id": member_id}, STORE.awards)
            insert_award(connection, STORE, request, now, door=Door.HTTP, subject=member_id)
    keep_history(engine, store, now)
    if engine.dialect.name == "postgresql":  # as autovacuum does within a minute of a sync
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
    return ids[MISMATCHES // 2 if len(ids) == MISMATCHES else 0]


def _ask(address: str, cookie: dict[str, str], pages: list[str]) -> dict[str, list[float]]:
    """Ask for each page in turn, the first time uncounted; milliseconds by page."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.update(cookie)
    taken_ms: dict[str, list[float]] = {page: [] for page in pages}
    for turn in range(ROUNDS + 1):
        for page in pages:
            began = time.monotonic()
            answer = session.get(f"{address}/{STORE.name}{page}", timeout=60, allow_redirects=False)
            seconds = time.monotonic() - began
            if answer.status_code != 200:
                raise RuntimeError(f"{page} answered {answer.status_code}")
            if turn:
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
