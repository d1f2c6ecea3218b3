"""A person at a Gorgias account, by its API: what it holds, and every way to disturb it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
import yaml
from sqlalchemy import Engine, insert

from loyalty_desk.clock import utc_text
from loyalty_desk.connect.compare import Verb
from loyalty_desk.connect.widgets import is_ours
from loyalty_desk.gorgias.objects import PATHS, Kind
from loyalty_desk.staging import schema
from loyalty_desk.tasks import connect as connect_tasks
from sandbox.running import Sandbox
from tests.factories import NOW, STORE
from tests.http.api_client import forget_settings

Desk = Callable[..., int]
Account = dict[str, list[dict[str, Any]]]


class Gorgias:
    """A person at the account, by its API."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._url = sandbox.gorgias["url"]
        self._session = requests.Session()
        self._session.auth = (sandbox.gorgias["email"], sandbox.gorgias["api_key"])
        self._session.trust_env = False
        self._sandbox = sandbox

    def call(self, method: str, path: str, json: Any = None) -> Any:
        self._sandbox.control("gorgias", "POST", "reset", {"buckets": True})
        answer = self._session.request(method, f"{self._url}{path}", json=json, timeout=10)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def all(self, kind: Kind) -> list[dict[str, Any]]:
        query = "?object_type=Customer&limit=100" if kind is Kind.CUSTOM_FIELD else "?limit=100"
        return sorted(self.call("GET", PATHS[kind] + query)["data"], key=lambda row: row["id"])

    def account(self) -> Account:
        """Everything that the account is furnished with, but for when it was last written."""
        return {
            kind.value: [
                {key: value for key, value in row.items() if key != "updated_datetime"}
                for row in self.all(kind)
            ]
            for kind in Kind
        }

    def one(self, kind: Kind, **values: Any) -> dict[str, Any]:
        return next(row for row in self.all(kind) if values.items() <= row.items())

    def widget(self, context: str) -> dict[str, Any]:
        """Our widget of a context."""
        shown = [row for row in self.all(Kind.WIDGET) if is_ours(row["template"])]
        return next(row for row in shown if row["context"] == context)

    def add(self, kind: Kind, **values: Any) -> int:
        return int(self.call("POST", PATHS[kind], values)["id"])

    def change(self, kind: Kind, object_id: int, **values: Any) -> None:
        self.call("PUT", f"{PATHS[kind]}/{object_id}", values)

    def delete(self, kind: Kind, object_id: int) -> None:
        self.call("DELETE", f"{PATHS[kind]}/{object_id}")


def set_store(folder: Path, **values: Any) -> None:
    both = ["customer_data", "custom_fields"]
    store = {"platform": "rivo", "push_to": both, "budget": {"share": 1.0}, **values}
    (folder / "stores.yaml").write_text(yaml.safe_dump({"stores": {STORE: store}}))
    forget_settings()


def verbs(*kept: Kind) -> set[Verb]:
    """What a plan would do now."""
    actions = connect_tasks.furnish(STORE, writes=False, by="eve").actions
    return {action.verb for action in actions if not kept or action.kind in kept}


def broken_by_hand(gorgias: Gorgias) -> dict[str, Callable[[], object]]:
    """Every way in which a person may disturb what is ours."""
    widget = gorgias.widget("ticket")
    macro = gorgias.one(Kind.MACRO, external_id="loyalty-desk-acme-balance")
    integration = gorgias.one(Kind.INTEGRATION, name="Loyalty look-up (acme)")
    field = gorgias.one(Kind.CUSTOM_FIELD, external_id="loyalty-desk-acme-status")
    tag = gorgias.one(Kind.TAG, name="loyalty")
    copied = ("type", "context", "integration_id", "app_id", "order", "template")
    http = {key: value for key, value in integration["http"].items() if key != "id"}
    archived = {"deactivated_datetime": "2026-03-01T00:00:00"}
    definition = {key: field[key] for key in ("object_type", "label", "definition", "external_id")}
    return {
        "a widget is changed": lambda: gorgias.change(
            Kind.WIDGET, widget["id"], template={"type": "wrapper", "widgets": []}
        ),
        "a widget is deleted": lambda: gorgias.delete(Kind.WIDGET, widget["id"]),
        "a widget is switched off": lambda: gorgias.change(Kind.WIDGET, widget["id"], **archived),
        "a widget is doubled": lambda: gorgias.add(
            Kind.WIDGET, **{key: widget[key] for key in copied}
        ),
        "a macro is changed": lambda: gorgias.change(Kind.MACRO, macro["id"], actions=[]),
        "a macro is deleted": lambda: gorgias.delete(Kind.MACRO, macro["id"]),
        "a macro is archived": lambda: gorgias.call(
            "PUT", "/api/macros/archive", {"ids": [macro["id"]]}
        ),
        "a macro is doubled": lambda: gorgias.add(
            Kind.MACRO, name="Copy", external_id=macro["external_id"]
        ),
        "a field is renamed": lambda: gorgias.change(
            Kind.CUSTOM_FIELD, field["id"], **{**definition, "label": "VIP"}
        ),
        "a field is archived": lambda: gorgias.change(
            Kind.CUSTOM_FIELD, field["id"], **definition, **archived
        ),
        "a field is doubled": lambda: gorgias.add(Kind.CUSTOM_FIELD, **definition),
        "the integration is changed": lambda: gorgias.change(
            Kind.INTEGRATION, integration["id"], name="x", http={**http, "triggers": {}}
        ),
        "the integration loses its token": lambda: gorgias.change(
            Kind.INTEGRATION, integration["id"], name="x", http={**http, "headers": {}}
        ),
        "the integration is disabled": lambda: gorgias.change(
            Kind.INTEGRATION, integration["id"], name=integration["name"], **archived
        ),
        "the integration is deleted": lambda: gorgias.delete(Kind.INTEGRATION, integration["id"]),
        "the integration is doubled": lambda: gorgias.add(
            Kind.INTEGRATION, name=integration["name"], type="http", http=http
        ),
        "the tag is renamed": lambda: gorgias.change(Kind.TAG, tag["id"], name="points"),
        "the tag is deleted": lambda: gorgias.delete(Kind.TAG, tag["id"]),
    }


def shape(account: Account) -> dict[str, list[str]]:
    """What the account holds, but for ids and tokens, which a repair may have to make anew."""
    unimportant = {"id", "integration_id", "uri", "created_datetime", "user", "headers", "usage"}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items() if key not in unimportant}
        return [plain(inner) for inner in value] if isinstance(value, list) else value

    return {
        kind: sorted(
            json.dumps(plain(row), sort_keys=True)
            for row in rows
            if not (kind == "custom_field" and row["deactivated_datetime"])
        )
        for kind, rows in account.items()
    }


def member_card(widget: dict[str, Any]) -> dict[str, Any]:
    """The card of a widget of ours that members have."""
    [place] = widget["template"]["widgets"]
    found: dict[str, Any] = place["widgets"][0]
    return found


def card(staging: Engine, customer_id: int, destination: str) -> None:
    """A card that Gorgias accepted, as the ledger has it."""
    with staging.begin() as connection:
        connection.execute(
            insert(schema.pushed_cards).values(
                store=STORE,
                customer_id=customer_id,
                destination=destination,
                fingerprint="f",
                is_member=True,
                version_utc=utc_text(NOW),
                pushed_at_utc=utc_text(NOW),
            )
        )
