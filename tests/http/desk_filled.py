"""A desk with something of every kind on its pages, and a walk over all of them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from sqlalchemy import Engine

from loyalty_desk.awards.queue import Door, queue_award
from loyalty_desk.awards.requests import read_request
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.connect.families import dag_ids
from loyalty_desk.hooks.notifiers import alert_places
from loyalty_desk.records import AwardState, RunState
from loyalty_desk.report.award_texts import REFUSED_TEXTS
from loyalty_desk.settings.stores_file import stores_file
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_record import add_counters, finish_run, start_run
from loyalty_desk.staging.telling import THRESHOLDS, claim
from loyalty_desk.web.pages import POLICY
from tests.factories import STORE
from tests.http.api_client import forget_settings
from tests.http.desk import DESK, DeskClient
from tests.http.desk_world import ADA, DOUBLE, GRACE
from tests.http.goodwill_world import fill_goodwill
from tests.http.known_dags import set_dags
from tests.sql.award_rows import award_row, put
from tests.sql.staged import Staged

ZONE = "Europe/Oslo"
LINK = re.compile(r'(?:href|data-renew)="([^"]+)"')
UNSEEN = {"code", "pre", "script", "style"}
COUNTERS = {
    "customers_total": 5_000,
    "customers_matched": 4_000,
    "customers_customer_not_found": 2,
    "planned": 1_500,
    "pushed": 1_200,
    "failed": 300,
    "gorgias_requests": 1_700,
    "quality_warning_failed": 1,
}


def fill_up(desk: DeskClient, engine: Engine) -> None:
    """Write more beside what `fill` wrote, and have the store go by a zone of its own."""
    stores = Path(os.environ["LOYALTY_DESK_STORES_FILE"])
    settings = yaml.safe_load(stores.read_text(encoding="utf-8"))
    settings["stores"][STORE] |= {
        "time_zone": ZONE,
        "currency": "EUR",
        "alerts": {"email_to": ["lead@shop.example"]},
        "goodwill": {"point_value": "0.01", "budget_per_month": 500},
    }
    stores.write_text(yaml.safe_dump(settings), encoding="utf-8")
    forget_settings()
    set_dags({dag_id: dag_id.startswith("mismatch_report") for dag_id in dag_ids(STORE)})
    fill_goodwill(engine)
    _fill_awards(engine)
    _fill_runs(engine)
    dead = claim(engine, STORE, alert_places(stores_file().get(STORE))[0].key, THRESHOLDS)
    assert dead is not None
    dead.note_not_told("SMTPDataError 552")
    manager, admin = desk.as_user("manager"), desk.as_user("admin")
    manager.post(f"/mismatches/customer/{ADA}", {"action": "link", "member_id": "m1"})
    ignore = {"action": "ignore", "reason": "twins", "until": "2099-12-31"}
    manager.post(f"/mismatches/customer/{DOUBLE}", ignore)
    admin.post("/setup/tokens", {"label": "the widget", "opens": "awards"})
    incident = {"incident": "parcels", "tag": "late", "amount": "1000", "unit": "points"}
    days = {"first_day": "2020-01-01", "last_day": "2099-12-31"}
    asked = {**incident, **days, "reason": "late_delivery"}
    seen = re.search(r'name="seen" value="(\w+)"', manager.post("/awards/incident", asked).text)
    assert seen is not None
    asked |= {"action": "ask", "seen": seen[1]}
    assert manager.post("/awards/incident", asked).status_code == 303


def _fill_awards(engine: Engine) -> None:
    store, now = stores_file().get(STORE), utc_now()
    with engine.begin() as connection:
        for number, door in enumerate(Door):
            fields = {"member_id": "m1", "amount": "1", "agent": f"agent {number}"}
            request = read_request({**fields, "reason": "late_delivery"}, store.awards)
            queue_award(connection, store, request, now, door=door)
    details = [*REFUSED_TEXTS, "no answer to points_balance"]
    rows = [
        award_row(f"r{number}", state="refused", detail=detail, queued_at_utc=utc_text(now))
        for number, detail in enumerate(details)
    ]
    rows += [
        award_row(f"s{number}", state=state, detail=None, door=door, queued_at_utc=utc_text(now))
        for number, (state, door) in enumerate(product(AwardState, ("airflow_form", "batch")))
    ]
    put(engine, *rows)


def _fill_runs(engine: Engine) -> None:
    now = utc_now()
    with engine.begin() as connection:
        staged = Staged(connection)
        for number, state in enumerate((RunState.SUCCEEDED, RunState.FAILED)):
            run_id, at = f"manual__{number}", now - timedelta(minutes=4 - number)
            failure = "plan: 900 changes, 500 allowed by max_changes, for customer_not_found"
            start_run(connection, STORE, run_id, {}, at)
            add_counters(connection, STORE, run_id, COUNTERS)
            failed = failure if state is RunState.FAILED else None
            finish_run(connection, STORE, run_id, state, failed, at + timedelta(seconds=90))
        staged.change("manual__0", GRACE, "failed", member_id="m2", error="Gorgias answered 422")
        for ticket_id in (80, 90, 99):
            told = {"tags": '["late"]', "created_at_utc": utc_text(now)}
            staged.update(schema.tickets, {"ticket_id": ticket_id}, **told)
        connection.execute(
            schema.set_aside.insert(),
            {
                "store": STORE,
                "side": "member",
                "subject_id": "m2",
                "found_by": "read",
                "reason": "points_balance is beyond 1,000,000,000, up or down",
                "since_utc": utc_text(now),
            },
        )
        checked = {"step": "match", "expectation": "match_email_differs", "severity": "warning"}
        found = {"passed": False, "failing_count": 1, "failing_ids": '["7"]'}
        of_run = {"store": STORE, "run_id": "manual__1", "checked_at_utc": utc_text(now)}
        connection.execute(schema.quality_results.insert(), {**of_run, **checked, **found})
        key = {"store": STORE, "run_id": "manual__1", "position": 0, "source": "member_files"}
        left = {"record_id": "old.csv", "field": "file", "reason": "is empty"}
        connection.execute(schema.rejected_records.insert(), {**key, **left})


@dataclass
class Seen(HTMLParser):
    """What somebody reads on a page: its text, and apart from it what is marked as code."""

    texts: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    _inside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self._inside.append(tag)
        self.texts += [value for name, value in attrs if name in {"aria-label", "title"} and value]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.texts.append(data)
        elif self._inside[-1] in {"code", "pre"}:
            self.codes.append(data)


def read(html: str) -> Seen:
    found = Seen()
    found.feed(html)
    return found


def walk(client: DeskClient) -> dict[str, str]:
    """Every page of the desk that links lead to, by its path; of filters one of each kind."""
    todo, known, pages = [f"{DESK}/{client.store}", f"{DESK}/_components", DESK], set(), {}
    while todo:
        path = todo.pop()
        parts = urlsplit(path)
        kind = (parts.path, re.sub(r"=[^&]*", "", parts.query))
        if kind in known or not parts.path.startswith(DESK):
            continue
        known.add(kind)
        answer = client.call("GET", path)
        if answer.headers.get("content-security-policy") != POLICY or answer.status_code != 200:
            continue
        if answer.headers["content-type"].startswith("text/html"):
            pages[path] = answer.text
            todo += [unescape(one).partition("#")[0] for one in LINK.findall(answer.text)]
    return pages
