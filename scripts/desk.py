"""The whole Loyalty Desk on this machine, as tests and benchmarks use it: over HTTP, from outside.

Real Airflow against the sandbox, started once for as long as the block lasts.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml
from sqlalchemy import Engine, RowMapping, text

from loyalty_desk.staging.engine import open_engine, reading
from loyalty_desk.tasks.tokens import make_token
from sandbox.running import Sandbox
from scripts import preload
from scripts.processes import Programs
from scripts.services import STORE, Place, SandboxSize, Services, find_free_port, start_services
from scripts.waiting import look_until

DAGS_LIMIT_S = 300.0
RUN_LIMIT_S = 180.0
REQUEST_LIMIT_S = 30.0
SHOWN = text(
    "SELECT m.member_id, m.email, c.name, mt.customer_id FROM matches AS mt"
    " JOIN members AS m ON m.store = mt.store AND m.member_id = mt.member_id"
    " JOIN customers AS c ON c.store = mt.store AND c.customer_id = mt.customer_id"
    " JOIN pushed_cards AS p ON p.store = mt.store AND p.customer_id = mt.customer_id"
    " AND p.destination = 'customer_data'"
    " WHERE mt.store = :store AND mt.rule = 'email' AND m.status = 'member'"
    " AND (SELECT COUNT(*) FROM matches AS x WHERE x.member_id = mt.member_id) = 1"
    " ORDER BY mt.customer_id LIMIT :most"
)


class DeskError(Exception):
    """What was waited for did not come. The message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A member whose card one customer in Gorgias shows, and nobody else."""

    member_id: str
    email: str
    name: str
    customer_id: int


class Desk:
    """The running services, and what people and other programs do with them."""

    def __init__(
        self,
        programs: Programs,
        services: Services,
        sandboxes: Mapping[str, Sandbox],
        engine: Engine,
    ) -> None:
        self.place, self.api, self.engine = services.place, services.api, engine
        self.environment = services.environment
        self.programs, self.services = programs, services
        self.sandboxes = sandboxes
        self.sandbox = next(iter(sandboxes.values()))
        self.url = f"{self.place.airflow_url}/loyalty/api/v1/awards"
        self.tokens: dict[str, str] = {}
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy between this machine and itself

    def wait_until(self, ready: Callable[[], Any], what: str, limit_s: float) -> Any:
        """Call `ready` until it gives something that counts as true, and return that.

        Raises:
            DeskError: it took longer than `limit_s`.
            ProgramError: a service ended.
        """
        found = look_until(ready, limit_s, self.programs.check)
        if not found:
            raise DeskError(f"{what} took more than {limit_s:g} s")
        return found

    def start_sync(self, store: str, **params: Any) -> str:
        return self.api.trigger(f"loyalty_sync__{store}", params)

    def is_finished(self, store: str, run_id: str) -> bool:
        """Tell whether a sync has ended; raises DeskError when it did not end well."""
        state = self.api.get_run(f"loyalty_sync__{store}", run_id)["state"]
        if state == "failed":
            raise DeskError(f"the sync {run_id} failed")
        return bool(state == "success")

    def sync(self, store: str, **params: Any) -> None:
        """Sync a store and return when that is done."""
        run_id = self.start_sync(store, **params)
        self.wait_until(lambda: self.is_finished(store, run_id), "the sync", RUN_LIMIT_S)

    def token(self, store: str) -> str:
        """The token of a store for the API."""
        if store not in self.tokens:
            self.tokens[store] = make_token(self.engine, store, label="desk", by="desk")
        return self.tokens[store]

    def call(
        self, store: str, method: str, path: str = "", body: Mapping[str, Any] | None = None
    ) -> requests.Response:
        """Call the awards API with the store's token."""
        return self.session.request(
            method,
            self.url + path,
            json=body,
            headers={"Authorization": f"Bearer {self.token(store)}"},
            timeout=REQUEST_LIMIT_S,
        )

    def post_award(self, store: str, **fields: Any) -> str:
        """Ask for an award; returns its id, raises when it is not taken."""
        answer = self.call(store, "POST", body=fields)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def find_award(self, store: str, award_id: str) -> dict[str, Any]:
        """The award as its asker sees it."""
        answer = self.call(store, "GET", f"/{award_id}")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def booked(self, award_id: str, member_id: str | None = None) -> list[dict[str, Any]]:
        """What the platform's ledger holds of an award: one entry when all is well."""
        query = f"?member_id={member_id}" if member_id else ""
        entries = self.sandbox.control("rivo", "GET", f"ledger{query}")["data"]
        return [entry for entry in entries if f"[ld:{award_id}]" in (entry["internal_note"] or "")]

    def balance_points(self, member_id: str) -> int:
        """The balance on the platform."""
        return int(self.sandbox.control("rivo", "GET", f"members/{member_id}")["points_tally"])

    def shown_points(self, customer_id: int) -> int | None:
        """The balance on the card that Gorgias shows."""
        found = self.sandbox.control("gorgias", "GET", f"customers/{customer_id}")
        points: int | None = (found["data"] or {}).get("loyalty", {}).get("points_balance")
        return points

    def is_shown(self, award_id: str, member: Shown) -> bool:
        """Whether the award is booked and the member's card shows the balance of now."""
        return bool(self.booked(award_id, member.member_id)) and self.balance_points(
            member.member_id
        ) == self.shown_points(member.customer_id)

    def shown_members(self, store: str, most: int) -> list[Shown]:
        """Members whose card Gorgias shows since the last sync."""
        with reading(self.engine) as connection:
            rows = connection.execute(SHOWN, {"store": store, "most": most}).mappings()
            return [Shown(**row) for row in rows]

    def rows(self, query: str, **binds: Any) -> Sequence[RowMapping]:
        """Look into staging."""
        with reading(self.engine) as connection:
            return connection.execute(text(query), binds).mappings().all()


@contextlib.contextmanager
def running_desk(
    directory: Path,
    stores: Mapping[str, Mapping[str, Any]],
    size: SandboxSize,
    *,
    staging_url: str | None = None,
    settings: Mapping[str, str] | None = None,
    platforms: Mapping[str, str] | None = None,
    preloads: tuple[str, ...] = preload.LIBRARIES,
    port: int = 0,
) -> Iterator[Desk]:
    """Start everything in an empty `directory`, with these stores, as `make up` does.

    `settings` are further environment variables of Airflow, `platforms` the stores that get a
    sandbox each: without them one for all. `preloads` are what tasks find imported. Airflow listens
    on `port` if nobody else does.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    stores_file = directory / "stores.yaml"
    stores_file.write_text(
        yaml.safe_dump({"stores": {name: dict(store) for name, store in stores.items()}}),
        encoding="utf-8",
    )
    place = Place(
        directory=directory,
        airflow_port=find_free_port(port),
        password=secrets.token_urlsafe(12),
        stores_file=stores_file,
        own_staging_url=staging_url,
        settings=settings or {},
        platforms=platforms or {STORE: "rivo"},
        preloads=preloads,
    )
    with Programs(place.log_dir) as programs:
        services = start_services(programs, place, size, lambda _: None)
        api = services.api
        dag_ids = [
            f"{dag}__{store}" for store in stores for dag in ("award_points", "loyalty_sync")
        ]
        programs.wait_until(lambda: all(map(api.find_dag, dag_ids)), "the DAGs", DAGS_LIMIT_S)
        # `programs` ends the sandboxes, so nobody needs their processes.
        sandboxes = {name: Sandbox(line, process_id=0) for name, line in services.sandboxes.items()}
        engine = open_engine(place.staging_url)
        try:
            yield Desk(programs, services, sandboxes, engine)
        finally:
            engine.dispose()
