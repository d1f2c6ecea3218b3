"""A connected store with rules: people write, Gorgias asks for cards, agents change things."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from sqlalchemy import Engine, text

from loyalty_desk.__main__ import main
from loyalty_desk.routing import at_lookup
from loyalty_desk.routing.at_lookup import MOST_WAITING
from loyalty_desk.staging.engine import migrate, open_engine
from sandbox.running import Sandbox, running_sandbox
from tests.factories import STORE
from tests.forget import forget_lookups
from tests.http.api_client import forget_settings, serving
from tests.http.conftest import SPEED
from tests.waiting import wait_until

OTHER = "other"
TAG = f"vip-{STORE}"
RULES = {"rules": [{"points_at_least": 1000, "priority": "high"}]}
STORES: dict[str, dict[str, Any]] = {STORE: {"platform": "rivo", "routing": RULES}}


class Helpdesk:
    """The Gorgias account, its people, and the requests that it was sent about tickets."""

    def __init__(self, sandbox: Sandbox, engine: Engine) -> None:
        self.sandbox, self.engine = sandbox, engine

    def sync(self, store: str = STORE) -> None:
        assert main(["sync", "--store", store]) == 0

    def add_member(self, email: str, points: int) -> str:
        values = {"email": email, "points_tally": points, "first_name": "Mira"}
        return str(self.sandbox.control("rivo", "POST", "members", values)["id"])

    def set_points(self, member_id: str, points: int) -> None:
        self.sandbox.control("rivo", "PATCH", f"members/{member_id}", {"points_tally": points})

    def write(self, email: str, **values: Any) -> int:
        """Have somebody write a new ticket; returns its id."""
        message = {"channel": "api", "via": "api", "from_agent": False, "body_text": "Hello"}
        ticket = {"channel": "api", "via": "api", "subject": "Points", "messages": [message]}
        return int(
            self.api("POST", "tickets", {**ticket, "customer": {"email": email}, **values})["id"]
        )

    def answer(self, ticket_id: int) -> None:
        said = {"channel": "api", "via": "api", "from_agent": True, "body_text": "Hello Mira"}
        sender = {"email": self.sandbox.gorgias["email"]}
        self.api("POST", f"tickets/{ticket_id}/messages", {**said, "sender": sender})

    def api(self, method: str, path: str, json: Any = None) -> Any:
        self.sandbox.control("gorgias", "POST", "reset", {"buckets": True})
        login = (self.sandbox.gorgias["email"], self.sandbox.gorgias["api_key"])
        url = f"{self.sandbox.gorgias['url']}/api/{path}"
        answer = requests.request(method, url, json=json, auth=login, timeout=20)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def shown(self, ticket_id: int) -> tuple[set[str], str]:
        """The tags and the priority of a ticket."""
        ticket = self.api("GET", f"tickets/{ticket_id}")
        return {tag["name"] for tag in ticket["tags"]}, ticket["priority"]

    def expect(self, ticket_id: int, tags: set[str], priority: str) -> None:
        wait_until(lambda: self.shown(ticket_id) == (tags, priority))

    def settle(self) -> None:
        """Wait until Gorgias asks for nobody's card any more, and what it led to is done."""
        quiet = 0

        def are_over() -> bool:
            nonlocal quiet
            held = self.sandbox.control("gorgias", "GET", "integrations")["data"]
            at_work = [one for one in at_lookup._OPEN if one._room._value < MOST_WAITING]
            quiet = 0 if at_work or any(one["pending"] for one in held) else quiet + 1
            return quiet > 5  # between an answer and what it leads to, neither is seen

        wait_until(are_over, 30)

    def forget_requests(self) -> None:
        self.settle()
        self.sandbox.control("gorgias", "POST", "reset", {"counters": True})

    def requests(self) -> dict[str, int]:
        """What was asked about tickets since then, reads of the list apart."""
        rows = self.sandbox.control("gorgias", "GET", "counters")["requests"]
        about = [row for row in rows if "/tickets/" in row["route"]]
        return {f"{row['method']} {row['route']}": row["count"] for row in about}

    def counter(self, name: str) -> float:
        """Of the newest run."""
        query = (
            "SELECT c.value FROM run_counters AS c JOIN runs AS r ON r.run_id = c.run_id"
            " AND r.store = c.store WHERE c.name = :name ORDER BY r.started_at_utc DESC LIMIT 1"
        )
        with self.engine.connect() as connection:
            return float(connection.execute(text(query), {"name": name}).scalar_one())


@contextmanager
def running_helpdesk(
    folder: Path, stores: dict[str, dict[str, Any]] | None = None
) -> Iterator[Helpdesk]:
    """Stores of one Gorgias account, connected, after their first sync."""
    stores = STORES if stores is None else stores
    with (
        pytest.MonkeyPatch.context() as patch,
        serving() as url,
        running_sandbox(
            members=20, customers=20, seed=7, speed=SPEED, platforms="rivo,trifft"
        ) as sandbox,
    ):
        _install(patch, folder, sandbox, url, stores)
        engine = open_engine(f"sqlite:///{folder / 'staging.db'}")
        migrate(engine)
        helpdesk = Helpdesk(sandbox, engine)
        for store in stores:
            assert main(["connect", "--store", store]) == 0
            helpdesk.sync(store)
        helpdesk.forget_requests()
        yield helpdesk
        helpdesk.settle()
        forget_lookups()
        engine.dispose()
    forget_settings()


def _install(
    patch: pytest.MonkeyPatch,
    folder: Path,
    sandbox: Sandbox,
    url: str,
    stores: dict[str, dict[str, Any]],
) -> None:
    gorgias = sandbox.gorgias
    connections = {"LOYALTY_DESK_AIRFLOW": ("http://127.0.0.1:9", "a", "b")}
    for store, settings in stores.items():
        programme = sandbox.credentials[settings["platform"]]
        connections[f"GORGIAS_{store}"] = (gorgias["url"], gorgias["email"], gorgias["api_key"])
        name = f"{settings['platform']}_{store}"
        connections[name] = (programme["url"], "", programme["api_key"])
    for name, (host, login, password) in connections.items():
        content = {"conn_type": "http", "host": host, "login": login, "password": password}
        patch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(content))
    (folder / "stores.yaml").write_text(yaml.safe_dump({"stores": stores}), encoding="utf-8")
    patch.setenv("LOYALTY_DESK_STAGING_URL", f"sqlite:///{folder / 'staging.db'}")
    patch.setenv("LOYALTY_DESK_STORES_FILE", str(folder / "stores.yaml"))
    patch.setenv("LOYALTY_DESK_VAR_DIR", str(folder / "var"))
    patch.setenv("LOYALTY_DESK_DATA_DOCS", "false")
    patch.setenv("LOYALTY_DESK_PUBLIC_URL", url)
    patch.setenv("LOYALTY_DESK_SPEED", str(SPEED))
    forget_settings()
    forget_lookups()
