"""Lookups go on with a key that was replaced, in processes that keep their client open."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from loyalty_desk.clock import utc_now
from loyalty_desk.connect.tokens import make_token
from loyalty_desk.records import Opens
from loyalty_desk.staging.engine import migrate, open_engine
from sandbox.running import Sandbox
from scripts.served_api import running_api
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.api_client import ApiClient, new_client
from tests.http.conftest import SPEED
from tests.http.lookup.asking import EMAIL, LOOKUP, look_up
from tests.waiting import wait_until

NEW = "key-of-tomorrow"
PATIENCE_S = 20.0


@pytest.fixture
def new_key(sandbox: Sandbox) -> Iterator[str]:
    """A key that the platform takes at the end of the test no more."""
    yield NEW
    sandbox.control("rivo", "POST", "keys", {"api_key": sandbox.rivo["api_key"]})


def test_the_first_lookup_after_it_is_fresh(
    api: ApiClient, sandbox: Sandbox, staged: str, new_key: str, set_connection: SetConnection
) -> None:
    assert look_up(api)["source"] == "fresh"
    sandbox.control("rivo", "POST", "keys", {"api_key": new_key})
    set_connection("rivo_acme", host=sandbox.rivo_url, password=new_key)
    sandbox.control("rivo", "PATCH", f"members/{staged}", {"points_tally": 900})

    card = look_up(api)

    assert (card["source"], card["points_balance"]) == ("fresh", 900)


def test_an_address_that_was_corrected_is_used_by_the_next_lookup(
    api: ApiClient, sandbox: Sandbox, staged: str, new_key: str, set_connection: SetConnection
) -> None:
    set_connection("rivo_acme", host=sandbox.gorgias_url, password=new_key)
    assert look_up(api)["source"] == "staged"

    set_connection("rivo_acme", host=sandbox.rivo_url, password=sandbox.rivo["api_key"])

    wait_until(lambda: look_up(api)["source"] == "fresh", PATIENCE_S)


def test_a_process_of_the_api_uses_it_without_a_restart(
    sandbox: Sandbox, member_id: str, new_key: str, tmp_path: Path
) -> None:
    connections = tmp_path / "connections.json"

    def connect(key: str) -> None:
        fields = {"conn_type": "http", "host": sandbox.rivo_url, "password": key}
        connections.write_text(json.dumps({"rivo_acme": fields}), encoding="utf-8")

    connect(sandbox.rivo["api_key"])
    environment, token = _installation(tmp_path, connections)
    with running_api(environment, tmp_path / "serve.log") as served, new_client() as session:

        def ask() -> dict[str, Any]:
            headers = {"Authorization": f"Bearer {token}"}
            url = f"{served.url}{LOOKUP}"
            answer = session.post(url, data={"email": EMAIL}, headers=headers)
            assert answer.ok, answer.text
            return dict(answer.json())

        wait_until(lambda: ask()["source"] == "fresh", PATIENCE_S)
        sandbox.control("rivo", "POST", "keys", {"api_key": new_key})
        connect(new_key)
        sandbox.control("rivo", "PATCH", f"members/{member_id}", {"points_tally": 900})

        card = ask()

    assert (card["source"], card["points_balance"]) == ("fresh", 900)


def _installation(folder: Path, connections: Path) -> tuple[dict[str, str], str]:
    """A database and settings for a process of its own, whose connections are in a file."""
    url, stores = f"sqlite:///{folder / 'staging.db'}", folder / "stores.yaml"
    settings = {"platform": "rivo", "lookup": {"requests_per_s": 1000, "deadline_s": 3}}
    stores.write_text(yaml.safe_dump({"stores": {STORE: settings}}), encoding="utf-8")
    engine = open_engine(url)
    migrate(engine)
    with engine.begin() as connection:
        token = make_token(
            connection, STORE, utc_now(), label="x", made_by="a test", opens=Opens.LOOKUP
        )
    engine.dispose()
    environment = {
        "LOYALTY_DESK_STAGING_URL": url,
        "LOYALTY_DESK_STORES_FILE": str(stores),
        "LOYALTY_DESK_SPEED": str(SPEED),
        "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(connections)}),
    }
    return environment, token
