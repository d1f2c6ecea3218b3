"""The API of awards as Airflow's API server serves it, and a client of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import requests
import uvicorn
import yaml
from fastapi import FastAPI

from loyalty_desk.connect.tokens import make_token
from loyalty_desk.records import Opens
from loyalty_desk.settings import stores_file as settings
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.web.mounted import LazyApp
from sandbox.serving import HOST, listen
from tests.factories import NOW, STORE
from tests.forget import forget_engine
from tests.waiting import wait_until

MOUNT = "/loyalty"
API = f"{MOUNT}/api/v1"
AWARDS = f"{API}/awards"
OTHER_STORE = "other"
START_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 60.0


@contextmanager
def serving(root_path: str = "") -> Iterator[str]:
    """Serve the API in a thread, mounted as Airflow mounts it; yields where the server is."""
    outer = FastAPI(root_path=root_path, openapi_url=None)
    outer.mount(MOUNT, LazyApp())
    # Without a configuration of its own, its loggers are those that a test sees.
    server = uvicorn.Server(uvicorn.Config(outer, log_config=None, lifespan="off"))
    with listen(0) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive(), START_TIMEOUT_S)
            assert thread.is_alive(), "the server ended while it started"
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@dataclass(frozen=True, kw_only=True)
class ApiClient:
    """A client of the API with the token of a store. `folder` holds the stores file."""

    url: str
    folder: Path
    session: requests.Session
    token: str | None = None

    def award(self, headers: Mapping[str, str] | None = None, **values: Any) -> requests.Response:
        """Ask for an award, as JSON."""
        return self.call("POST", AWARDS, json=award_fields(**values), headers=headers)

    def send(self, body: str | bytes, kind: str = "application/json") -> requests.Response:
        """Ask for an award with a body as it is."""
        content = body.encode() if isinstance(body, str) else body
        return self.call("POST", AWARDS, data=content, headers={"Content-Type": kind})

    def reverse(self, award_id: str, **values: Any) -> requests.Response:
        fields = {"agent": "eve", "note": "given to the wrong one", **values}
        given = {name: value for name, value in fields.items() if value is not None}
        return self.call("POST", f"{AWARDS}/{award_id}/reversal", json=given)

    def take_back(self, **values: Any) -> requests.Response:
        """Take back Ada's last award on ticket 12."""
        fields = {"agent": "ada", "ticket_id": 12, **values}
        given = {name: value for name, value in fields.items() if value is not None}
        return self.call("POST", f"{AWARDS}/take-back", json=given)

    def read(self, award_id: str) -> requests.Response:
        return self.call("GET", f"{AWARDS}/{award_id}")

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> requests.Response:
        given = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.session.request(
            method,
            f"{self.url}{path}",
            headers={**given, **(headers or {})},
            timeout=ANSWER_TIMEOUT_S,
            **options,
        )

    def of(self, store: str, opens: Opens = Opens.AWARDS) -> ApiClient:
        """The same API with a token of another store."""
        return replace(self, token=new_token(store, opens))

    def set_stores(self, **stores: dict[str, Any]) -> None:
        """Write the stores file anew: each store with its settings, on Rivo."""
        content = {name: {"platform": "rivo", **values} for name, values in stores.items()}
        (self.folder / "stores.yaml").write_text(yaml.safe_dump({"stores": content}))

    def set_awards(self, **awards: Any) -> None:
        """Change what may be awarded in the store."""
        self.set_stores(**{STORE: {"awards": awards}, OTHER_STORE: {}})


def new_client() -> requests.Session:
    """A client with connections of its own that no proxy sees."""
    session = requests.Session()
    session.trust_env = False
    return session


def new_token(store: str = STORE, opens: Opens = Opens.AWARDS, **values: Any) -> str:
    given = {"label": "a test", "made_by": "eve", "opens": opens, **values}
    with staging_engine().begin() as connection:
        return make_token(connection, store, NOW, **given)


def award_fields(**values: Any) -> dict[str, Any]:
    """50 points from Ada for member 7; None leaves a field out."""
    fields = {"member_id": "7", "amount": 50, "reason": "gesture", "agent": "ada", **values}
    return {name: value for name, value in fields.items() if value is not None}


def all_at_once(
    api: ApiClient, count: int, call: Callable[[ApiClient, int], requests.Response]
) -> list[requests.Response]:
    """What `count` clients get that all call at the same moment."""
    barrier = Barrier(count)

    def run(number: int) -> requests.Response:
        with new_client() as session:
            client = replace(api, session=session)
            barrier.wait()
            return call(client, number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def forget_settings() -> None:
    """Settings and the staging engine are kept per process; a test has its own."""
    settings.installation.cache_clear()
    forget_engine()
