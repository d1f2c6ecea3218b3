"""How long a lookup takes from staging, with a million members and customers in it.

The API is served as the plugin serves it, by a process of its own; 50 requests a second come from
this one for 20 seconds, each for another customer, one in ten for an address that nobody has.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml

from benchmarks import people
from benchmarks.budget import staging_database
from benchmarks.filled import fill
from benchmarks.serving import serving
from loyalty_desk.clock import utc_now
from loyalty_desk.connect.tokens import make_token
from loyalty_desk.records import Opens
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import open_engine

FIGURE, GOAL_MS = "lookup_p99_ms", 100.0
REQUESTS_PER_S, SECONDS = 50, 20
STORE = StoreSettings.model_validate({"name": "acme", "platform": "rivo"})


def figures(only: Collection[str] = (), *, rows: int) -> Iterator[dict[str, Any]]:
    """Yield one line a database; `only` names figures or databases, empty is all."""
    databases = [name for name in ("sqlite", "postgresql") if name in only]
    for database in databases or ("sqlite", "postgresql"):
        with staging_database(database) as url, tempfile.TemporaryDirectory() as folder:
            engine = open_engine(url)
            fill(engine, STORE, rows)
            with engine.begin() as connection:
                now, who = utc_now(), "bench"
                token = make_token(
                    connection, STORE.name, now, label=who, made_by=who, opens=Opens.LOOKUP
                )
            engine.dispose()
            with _serving(url, Path(folder)) as address:
                taken_ms = _ask(address, token, rows)
        value = sorted(taken_ms)[math.ceil(0.99 * len(taken_ms)) - 1]
        yield {
            "figure": FIGURE,
            "database": database,
            "value": round(value, 1),
            "unit": "ms",
            "goal": f"<= {GOAL_MS:g}",
            "ok": value <= GOAL_MS,
        }


def _ask(address: str, token: str, rows: int) -> list[float]:
    """Send requests at an even rate; returns how long each took, from its turn to its answer."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token}"
    for number in range(REQUESTS_PER_S):  # the first ones open connections on both sides
        _look_up(session, address, number, rows)
    began = time.monotonic()

    def ask(turn: int) -> float:
        due = began + turn / REQUESTS_PER_S
        time.sleep(max(0.0, due - time.monotonic()))
        _look_up(session, address, turn, rows)
        return (time.monotonic() - due) * 1000

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(ask, range(REQUESTS_PER_S * SECONDS)))


def _look_up(session: requests.Session, address: str, turn: int, rows: int) -> None:
    one = people.customer(turn * 997 % rows, rows)
    email = f"nobody{turn}@shop.example" if turn % 10 == 0 else one.email
    form = {"email": email, "ticket_id": turn + 1, "customer_id": one.customer_id}
    answer = session.post(address, data=form, timeout=30)
    answer.raise_for_status()
    if answer.json()["source"] not in {"staged", "fresh"}:
        raise RuntimeError("the lookup did not answer from staging")


@contextmanager
def _serving(staging_url: str, folder: Path) -> Iterator[str]:
    """Serve the API, which never asks the platform; yields its address."""
    stores = folder / "stores.yaml"
    settings = {"platform": "rivo", "lookup": {"deadline_s": 0}}
    stores.write_text(yaml.safe_dump({"stores": {STORE.name: settings}}), encoding="utf-8")
    environment = {
        "LOYALTY_DESK_STAGING_URL": staging_url,
        "LOYALTY_DESK_STORES_FILE": str(stores),
    }
    with serving(environment) as address:
        yield f"{address}/api/v1/lookup"
