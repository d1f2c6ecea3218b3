"""How long an incident of 2,000 tickets takes: its preview, and asking for its awards.

In staging are a million members and customers, and 100,000 recent tickets, of which 2,000 have the
incident's tag, each of another customer. The preview is what the desk's page does between its form
and its answer: choosing the tickets, judging everybody, the limits and the cost, and the sample
note; without the web server, whose share `desk` measures. A view is read from the sandbox at the
rate of a real account's API key, of which this client has all, and an empty bucket: 20 pages.

What is not in it: a sync, which has to have read the tickets, and booking, which takes as long as
the platform lets us.

Each person behind the tickets must be in one class, and each member have one award: otherwise
NotMeasuredError ends the benchmark.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from typing import Any, Final

import requests
from requests.auth import HTTPBasicAuth
from sqlalchemy import Engine, func, select

from benchmarks.asking import NotMeasuredError
from benchmarks.budget import staging_database
from benchmarks.filled import fill
from loyalty_desk.awards.incidents.asking import ask
from loyalty_desk.awards.incidents.choice import Choice, Incident, read_incident
from loyalty_desk.awards.incidents.fates import Fate
from loyalty_desk.awards.incidents.preview import Preview, find_balances, look, sample_note
from loyalty_desk.awards.incidents.tickets import ChosenTickets, choose_of_view, choose_staged
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.gorgias.budget import BudgetGate
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.http.transport import Transport
from loyalty_desk.records import Unit
from loyalty_desk.settings.sections import BudgetSettings
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import open_engine, reading
from loyalty_desk.staging.load import bulk_insert
from loyalty_desk.staging.row_types import TicketRow
from sandbox.running import running_sandbox

STORE: Final = StoreSettings(
    name="bench", platform="rivo", awards={"max_points_by_batch_per_day": 999_999_999}
)
TICKETS, RECENT, REPEATS = 2_000, 100_000, 5
SPREAD: Final = 7_919
"""Has no divisor with the number of customers, so that any 2,000 of them are chosen."""
GOALS: Final[dict[str, float | None]] = {
    "incident_preview_s": 5.0,
    "incident_ask_s": None,
    "incident_view_s": None,
}
"""The most that each figure may be; None where it only tells more of another."""


def figures(only: Collection[str] = (), *, rows: int) -> Iterator[dict[str, Any]]:
    """Yield one line a figure and database."""
    databases = [name for name in ("sqlite", "postgresql") if name in only]
    for database in databases or ("sqlite", "postgresql"):
        with staging_database(database) as url:
            engine = open_engine(url)
            yield _figure("incident_view_s", database, measure_view(engine))
            _fill(engine, rows)
            yield _figure("incident_preview_s", database, measure_preview(engine))
            yield _figure("incident_ask_s", database, measure_asking(engine))
            engine.dispose()


def _figure(name: str, database: str, value: float) -> dict[str, Any]:
    goal = GOALS[name]
    return {
        "figure": name,
        "database": database,
        "value": round(value, 3),
        "unit": "s",
        "goal": "" if goal is None else f"<= {goal:g}",
        "ok": goal is None or value <= goal,
    }


def _fill(engine: Engine, rows: int) -> None:
    """The incident's tickets are spread over all recent ones, and these over all customers."""
    fill(engine, STORE, rows)
    with engine.begin() as connection:
        ids = list(
            connection.scalars(
                select(schema.customers.c.customer_id)
                .order_by(schema.customers.c.customer_id)
                .limit(RECENT)
            )
        )
        at = utc_text(utc_now())
        tickets = (
            TicketRow(
                store=STORE.name,
                ticket_id=number,
                customer_id=one,
                status="open",
                updated_at_utc=at,
                created_at_utc=at,
                priority="normal",
                tags='["late"]' if number * SPREAD % len(ids) < TICKETS else '["other"]',
                channel="email",
            )
            for number, one in enumerate(ids)
        )
        bulk_insert(connection, schema.tickets, tickets)


def _incident() -> Incident:
    fields = {"incident": "bench", "tag": "late", "amount": "10", "reason": "late_delivery"}
    return read_incident(fields, STORE.awards, tuple(Unit), agent="ada", time_zone="UTC")


def measure_preview(engine: Engine) -> float:
    """The slowest of some previews, each from the tickets on."""
    took = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        tickets, found = _preview(engine)
        took.append(time.perf_counter() - begin)
        people = sum(people for people, _ in found.counts.values())
        if (tickets.count, people) != (TICKETS, TICKETS) or not found.of(Fate.AWARD):
            raise NotMeasuredError(f"{tickets.count} tickets of {people} people in the preview")
    return max(took)


def _preview(engine: Engine) -> tuple[ChosenTickets, Preview]:
    incident = _incident()
    tickets = choose_staged(engine, STORE.name, incident.choice)
    with reading(engine) as connection:
        found = look(connection, STORE, incident, tickets, utc_now())
        balances = find_balances(connection, STORE.name, found, TICKETS)
    sample_note(found, STORE, balances)
    return tickets, found


def measure_asking(engine: Engine) -> float:
    """Asking for all awards in one transaction."""
    incident = _incident()
    begin = time.perf_counter()
    tickets = choose_staged(engine, STORE.name, incident.choice)
    asked = ask(engine, STORE, incident, tickets, utc_now())
    took = time.perf_counter() - begin
    with reading(engine) as connection:
        count = connection.scalar(select(func.count()).select_from(schema.awards))
    if count != len(asked.preview.of(Fate.AWARD)):
        raise NotMeasuredError(f"{count} awards were asked for")
    return took


def measure_view(engine: Engine) -> float:
    """Reading a view of about so many tickets, at a real account's rate."""
    size = {"members": 100, "customers": TICKETS, "tickets": TICKETS, "seed": 1}
    with running_sandbox(**size) as sandbox:
        gorgias = sandbox.gorgias
        session = requests.Session()
        session.auth = HTTPBasicAuth(gorgias["email"], gorgias["api_key"])
        gate = BudgetGate(engine, gorgias["account"], BudgetSettings(share=1.0))
        transport = Transport(session, gorgias["url"], "Gorgias", gate=gate, conn_id="benchmark")
        client = GorgiasClient(transport, card_key="loyalty", app_id=None)
        view = transport.send("POST", "/api/views", json=VIEW).body
        begin = time.perf_counter()
        found = choose_of_view(client, Choice(view_id=view["id"]))
        took = time.perf_counter() - begin
    if found.count < TICKETS * 0.9:
        raise NotMeasuredError(f"{found.count} tickets in the view")
    return took


VIEW: Final = {
    "name": "Incident",
    "type": "ticket-list",
    "slug": "incident",
    "filters": "eq(ticket.channel, 'email')",
    "order_by": "updated_datetime",
    "order_dir": "desc",
    "visibility": "public",
}
