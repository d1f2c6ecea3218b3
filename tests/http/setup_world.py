"""A store that is being set up: what its people do, and the check-list as somebody sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from typing import Any

import requests
from sqlalchemy import Engine

from loyalty_desk.awards.queue import Door, queue_award
from loyalty_desk.awards.requests import read_request
from loyalty_desk.clock import utc_now
from loyalty_desk.connect.families import dag_ids
from loyalty_desk.records import RunState
from loyalty_desk.staging.run_record import add_counters, finish_run, start_run
from loyalty_desk.staging.store_state import StateKey, keep_state
from loyalty_desk.web.forms import FIELD
from tests.conftest import SetConnection
from tests.factories import STORE, store_settings
from tests.http.desk import DESK, TOKEN, DeskClient
from tests.http.known_dags import set_dags

STEP = re.compile(r'<li class="step [^"]*" id="step-([a-z-]+)">(.*?)</li>', re.DOTALL)
STATE = re.compile(r'<span class="state-word">([^<]+)</span>')
TOKENS = re.compile(r"<[^>]+>|\s+")
FIELDS_OF = {
    action: re.compile(rf'<button form="form-{action}" name="([^"]+)" value="([^"]+)"')
    for action in ("test", "looked")
}
RUNS = {"members_fetched": 9, "gorgias_requests": 4, "platform_requests": 2}
AWAY = "https://away.example"
ADDRESS = "https://airflow.example"


class Page:
    """The check-list as somebody sees it: the state of each step, and its words."""

    def __init__(self, text: str) -> None:
        self.whole = text
        self.html = {key: unescape(html) for key, html in STEP.findall(text)}
        self.states = {key: STATE.findall(html)[0] for key, html in self.html.items()}
        self.words = {key: TOKENS.sub(" ", html) for key, html in self.html.items()}


class World:
    """A store that was just written into the stores file, and what its people do."""

    def __init__(self, client: DeskClient, engine: Engine, connect: SetConnection) -> None:
        self.client, self.engine, self._connect = client, engine, connect

    def page(self, user: str = "admin") -> Page:
        answer = self.client.as_user(user).get("/setup")
        assert answer.status_code == 200
        return Page(answer.text)

    def state(self, step: str) -> str:
        return self.page().states[step]

    def connections(self, host: str = AWAY, **extra: Any) -> None:
        self._connect(f"gorgias_{STORE}", host=host, login="eve", password="x")
        self._connect(f"rivo_{STORE}", host=host, password="x", extra=extra)

    def dags(self, *, paused: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> None:
        known = [one for one in dag_ids(STORE) if one.partition("__")[0] not in without]
        set_dags({one: one.partition("__")[0] in paused for one in known})

    def run(
        self, state: RunState, *, failure: str | None = None, minutes_ago: int = 1, **params: Any
    ) -> str:
        at = utc_now() - timedelta(minutes=minutes_ago)
        run_id = f"run-{state}-{minutes_ago}-{len(params)}"
        with self.engine.begin() as connection:
            start_run(connection, STORE, run_id, params, at)
            add_counters(connection, STORE, run_id, {**RUNS, "planned": 80, "pushed": 70})
            add_counters(
                connection, STORE, run_id, {"customers_total": 140, "customers_matched": 120}
            )
            if state is not RunState.RUNNING:
                finish_run(connection, STORE, run_id, state, failure, utc_now())
        return run_id

    def award(self, ticket_id: int | None) -> None:
        """An award that came over HTTP."""
        fields = {"member_id": "7", "amount": "5", "reason": "gesture", "agent": "ada"}
        if ticket_id is not None:
            fields["ticket_id"] = str(ticket_id)
        store = store_settings()
        with self.engine.begin() as connection:
            request = read_request(fields, store.awards)
            queue_award(connection, store, request, utc_now(), door=Door.HTTP)

    def post(self, user: str, action: str) -> int:
        """Press a button of the page as it is now; returns the status."""
        page = self.page(user)
        return self.send(user, action, dict(FIELDS_OF[action].findall(page.whole))).status_code

    def send(self, user: str, action: str, fields: Mapping[str, str]) -> requests.Response:
        """Post to a page of the check-list, with fields as they may have been on an older page."""
        client = self.client.as_user(user)
        token = TOKEN.search(client.get("/setup").text)
        assert token is not None
        path = f"{DESK}/{STORE}/setup/{action}"
        return client.call("POST", path, data={FIELD: token[1], **fields})

    def keep(self, key: StateKey, content: str = "{}") -> None:
        with self.engine.begin() as connection:
            keep_state(connection, STORE, key, content, utc_now())

    def ready(self) -> None:
        """Everything is there that a run needs."""
        self.connections()
        self.dags()
