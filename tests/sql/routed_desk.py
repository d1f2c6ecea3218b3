"""A store with routing rules, open tickets in staging, and a Gorgias that answers by a script."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import ApiUnavailableError, NotFoundError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.made import remember_object
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.http.exchange import Answer
from loyalty_desk.routing.in_sync import route_open_tickets
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging import schema
from loyalty_desk.staging.run_lock import Run
from tests.factories import STORE, store_settings
from tests.scripted import ScriptedTransport
from tests.sql.staged import Staged

RULES = {"rules": [{"tiers": ["Gold"], "priority": "high"}], "first_answers": False}
TAG, LATER = f"vip-{STORE}", timedelta(seconds=5)
PUT, ADD = ("PUT", "/api/tickets/7"), ("POST", "/api/tickets/7/tags")
NEW = [PUT, ADD]
GONE = NotFoundError("Gorgias", "PUT", "/api/tickets/7", 404)
AWAY = ApiUnavailableError("Gorgias does not answer")


class Account(ScriptedTransport):
    """Tickets by the script; whether there is a tag is asked apart."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[dict[str, str]] | Exception = []
        self.tag_reads = 0
        self.make_tag(utc_now() - timedelta(days=1))

    def make_tag(self, at: datetime) -> None:
        self.tags = [{"name": TAG, "created_datetime": utc_text(at)}]

    def send(self, method: str, path: str, **more: Any) -> Answer:
        if path != "/api/tags":
            return super().send(method, path, **more)
        self.tag_reads += 1
        if isinstance(self.tags, Exception):
            raise self.tags
        return Answer(200, {}, {"data": self.tags, "meta": {"next_cursor": None}})


class Desk:
    """Gold member m1 is customer 1 and has open ticket 7."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.api = engine, Account()
        remember_object(engine, STORE, Kind.TAG, TAG, 88)
        with engine.begin() as connection:
            staged = Staged(connection)
            self.member(staged, "m1", 1, "Gold")
            self.ticket(staged, 7, 1)

    def member(self, staged: Staged, member_id: str, customer_id: int, tier: str) -> None:
        staged.member(member_id, card=json.dumps({"tier": tier, "member": True}))
        staged.customer(customer_id)
        staged.match(customer_id, member_id)

    def ticket(self, staged: Staged, ticket_id: int, customer_id: int, **values: Any) -> None:
        now_utc = utc_text(utc_now())
        seen = {"tags": json.dumps(["billing"]), "priority": "normal", "created_at_utc": now_utc}
        staged.ticket(ticket_id, customer_id, "open", updated_at_utc=now_utc, **{**seen, **values})

    def see(self, *tags: str, priority: str, ticket_id: int = 7) -> None:
        """The next sync reads that of the ticket."""
        with self.engine.begin() as connection:
            Staged(connection).update(
                schema.tickets,
                {"ticket_id": ticket_id},
                tags=json.dumps(tags),
                priority=priority,
                updated_at_utc=utc_text(utc_now() + LATER),
            )

    def set_tier(self, tier: str) -> None:
        with self.engine.begin() as connection:
            card = json.dumps({"tier": tier, "member": True})
            Staged(connection).update(schema.members, {"member_id": "m1"}, card=card)

    def run(self, **more: Any) -> Run:
        params = RunParams(**more.pop("params", {}))
        store = store_settings(routing={**RULES, **more.pop("routing", {})}, **more)
        return Run(store=store, run_id="r", params=params, engine=self.engine)

    def client(self) -> GorgiasClient:
        return GorgiasClient(self.api, card_key="loyalty", app_id=None)

    def route(self, *answers: Any, **more: Any) -> list[tuple[str, str]]:
        """What Gorgias was asked for by a sync."""
        self.api.calls.clear()
        self.api.bodies.clear()
        for answer in answers:
            self.api.will_answer(answer)
        self.counters = route_open_tickets(self.run(**more), self.client())
        return self.api.calls

    def row(self, ticket_id: int = 7) -> dict[str, Any]:
        with self.engine.connect() as connection:
            found = connection.execute(schema.routed_tickets.select()).mappings()
            return next(dict(row) for row in found if row["ticket_id"] == ticket_id)
