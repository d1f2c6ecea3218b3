"""One store against one sandbox: real Airflow, HTTP and database, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from itertools import cycle
from pathlib import Path
from typing import Any

import requests
import yaml
from sqlalchemy import text

from loyalty_desk.staging.engine import open_engine, reading
from loyalty_desk.staging.run_record import RunRecord, load_recent_records
from sandbox.running import Sandbox
from tests.conftest import BOTH
from tests.flow.lists import all_tickets, answers_of, survivors_of_merges
from tests.oracle.cards import Card, differences, shown_cards
from tests.oracle.oracle import Oracle
from tests.project import PROJECT_ROOT

STORE = "demo"
SPEED = 200.0
"""So fast that the request budget does not make a test wait; `tests/http` is about the budget."""
UNHURRIED = 60 * SPEED
"""Minutes of a time box that no busy machine exhausts: an hour of the test's own."""


def in_turn(cases: Iterable[Any]) -> list[tuple[Any, str]]:
    """Pairs of a case and a database, for what does not touch the database: each meets one."""
    return list(zip(cases, cycle(BOTH), strict=False))


@dataclass
class World:
    """What a flow test acts on. `settings` are the store's keys in stores.yaml."""

    sandbox: Sandbox
    staging_url: str
    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    connections: dict[str, dict[str, Any]] = field(default_factory=dict)
    platform: str = "rivo"
    more_stores: dict[str, dict[str, Any]] = field(default_factory=dict)
    data_docs: bool = False
    """Off in most tests: writing them takes half of the time of a run."""
    oracles: dict[str, Oracle] = field(default_factory=dict)
    var_dir: str = ""
    """Where the desk's own files go, unless below `folder`."""

    def environment(self) -> dict[str, str]:
        """The variables that a process of the product runs with."""
        stores = self.folder / "stores.yaml"
        settings = {
            "platform": self.platform,
            "schedule": None,
            "budget": {"share": 1.0},
            "refresh": {"minutes": UNHURRIED},
            **self.settings,
            "push": {"minutes": UNHURRIED, **self.settings.get("push", {})},
        }
        stores.write_text(
            yaml.safe_dump({"stores": {STORE: settings, **self.more_stores}}), encoding="utf-8"
        )
        connections = {**sandbox_connections(self.sandbox, self.platform), **self.connections}
        return {
            "LOYALTY_DESK_STORES_FILE": str(stores),
            "LOYALTY_DESK_STAGING_URL": self.staging_url,
            "LOYALTY_DESK_VAR_DIR": self.var_dir or str(self.folder / "var"),
            "LOYALTY_DESK_SPEED": str(SPEED),
            "LOYALTY_DESK_DATA_DOCS": str(self.data_docs),
            **{f"AIRFLOW_CONN_{name.upper()}": json.dumps(c) for name, c in connections.items()},
        }

    def customers(self) -> list[dict[str, Any]]:
        """Every customer that the sandbox's Gorgias holds, whole."""
        return list(self.sandbox.control("gorgias", "GET", "customers?limit=100000")["data"])

    def expected_cards(self) -> dict[int, Card]:
        """What `shown_cards` should be once everything is synced."""
        oracle = self.oracles.setdefault(self.platform, Oracle(self.platform))
        oracle.profile_url = self._profile_url()
        oracle.guests_count = self.settings.get("include_guests", True)
        return oracle.cards(
            answers_of(self.sandbox, self.platform),
            self.customers(),
            all_tickets(self.sandbox),
            survivors_of_merges(self.sandbox),
        )

    def shown_cards(self) -> dict[int, Card]:
        return shown_cards(self.customers())

    def wrong_cards(self) -> list[str]:
        """Every field of every customer that is not as it should be once everything is synced."""
        customers = self.customers()
        return list(differences(self.expected_cards(), shown_cards(customers)))

    def tick(self, members: int, seed: int = 1) -> None:
        """Make members change so that it shows on their cards."""
        self.sandbox.control("rivo", "POST", "tick", {"members": members, "seed": seed})

    def tick_answers(self, members: int, seed: int = 1) -> None:
        """Make as many answers change, each at one place: to another value, null or nothing.

        Right after a sync: a place that is gone keeps what the platform told by then.
        """
        self.expected_cards()
        body = {"members": members, "seed": seed, "answers": True}
        self.sandbox.control(self.platform, "POST", "tick", body)

    def slow_writes(self, each_s: float) -> None:
        """Make each write take so long in real time, for a test that acts in between."""
        self.fault("gorgias", effect="delay", delay_ms=each_s * 1000 * SPEED, method="PUT")

    def fault(self, server: str, **rule: Any) -> None:
        self.sandbox.control(server, "POST", "faults", rule)

    def faults_fired(self, server: str) -> int:
        """How often the faults of a server struck."""
        rules = self.sandbox.control(server, "GET", "faults")["data"]
        return sum(rule["fired"] for rule in rules)

    def write_as_another_tool(
        self, customer_id: int, data: Mapping[str, Any], version: str | None = None
    ) -> None:
        """Replace a customer's data by the API, as the merchant's other tools do."""
        gorgias = self.sandbox.gorgias
        answer = requests.put(
            f"{gorgias['url']}/api/customers/{customer_id}/data",
            json={"data": data} | ({"version": version} if version else {}),
            auth=(gorgias["email"], gorgias["api_key"]),
            timeout=10,
        )
        assert answer.status_code == 202

    def open_ticket(self, customer_id: int) -> None:
        """Have a customer write to support."""
        gorgias = self.sandbox.gorgias
        message = {
            "channel": "api",
            "via": "api",
            "from_agent": False,
            "sender": {"id": customer_id},
            "body_text": "How many points do I have?",
        }
        answer = requests.post(
            f"{gorgias['url']}/api/tickets",
            json={
                "channel": "api",
                "via": "api",
                "customer": {"id": customer_id},
                "messages": [message],
            },
            auth=(gorgias["email"], gorgias["api_key"]),
            timeout=10,
        )
        assert answer.status_code == 201, answer.text

    def release_lock_of_the_dead(self) -> None:
        """Let the lease of a killed run lapse without waiting for it."""
        engine = open_engine(self.staging_url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE locks SET expires_at_utc = '2000-01-01'"))
        engine.dispose()

    def change_connection(self, conn_id: str, change: Mapping[str, Any]) -> None:
        found = sandbox_connections(self.sandbox, self.platform)[conn_id]
        self.connections[conn_id] = {**found, **change}

    def secrets(self) -> list[str]:
        """Everything that gives access to either account."""
        gorgias, rivo = self.sandbox.gorgias, self.sandbox.rivo
        return [gorgias["email"], gorgias["api_key"], rivo["api_key"], *gorgias["oauth"].values()]

    def _profile_url(self) -> str | None:
        """Where the merchant says that a member is opened."""
        extra = self.connections.get(f"{self.platform}_{STORE}", {}).get("extra") or {}
        options = json.loads(extra) if isinstance(extra, str) else extra
        return options.get("api", {}).get("profile_url")  # type: ignore[no-any-return]

    def forget_requests(self) -> None:
        """Start to count anew; takes faults away and empties the buckets as well."""
        for server in ("gorgias", "rivo"):
            self.sandbox.control(server, "POST", "reset")

    def requests(self, method: str, route: str = "*") -> int:
        """How often the sandbox's Gorgias was asked, by method and route template (a glob)."""
        counted = self.sandbox.control("gorgias", "GET", "counters")["requests"]
        return sum(
            call["count"]
            for call in counted
            if call["method"] == method and fnmatch(call["route"].rstrip("/"), route)
        )

    def start_command(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `python -m loyalty_desk` in a process of its own, to be killed or waited for."""
        return self.start_process("loyalty_desk", *arguments)

    def start_process(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env={**os.environ, **self.environment(), "PYTHONPATH": str(PROJECT_ROOT / "plugins")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def records(self, store: str = STORE) -> list[RunRecord]:
        """All runs of a store so far, newest first."""
        engine = open_engine(self.staging_url)
        try:
            with reading(engine) as connection:
                newest = connection.execute(
                    text(
                        "SELECT run_id FROM runs WHERE store = :store"
                        " ORDER BY started_at_utc DESC LIMIT 1"
                    ),
                    {"store": store},
                ).scalar()
                return load_recent_records(connection, store, newest, 50) if newest else []
        finally:
            engine.dispose()

    def rows(self, query: str) -> list[Mapping[str, Any]]:
        """Look into staging, as a test may."""
        engine = open_engine(self.staging_url)
        try:
            with reading(engine) as connection:
                return list(connection.execute(text(query)).mappings())
        finally:
            engine.dispose()


def sandbox_connections(sandbox: Sandbox, platform: str) -> dict[str, dict[str, Any]]:
    """Airflow connections to the sandbox, as its ready line gives them."""
    gorgias, loyalty = sandbox.credentials["gorgias"], sandbox.credentials[platform]
    return {
        f"gorgias_{STORE}": {
            "conn_type": "http",
            "host": gorgias["url"],
            "login": gorgias["email"],
            "password": gorgias["api_key"],
        },
        f"{platform}_{STORE}": {
            "conn_type": "http",
            "host": loyalty["url"],
            "password": loyalty["api_key"],
        },
    }
