"""The real sandbox, and the commands that connect a store to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loyalty_desk.__main__ import main
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.api_client import forget_settings
from tests.http.connect.account import Desk, Gorgias, set_store


@pytest.fixture
def gorgias(sandbox: Sandbox) -> Gorgias:
    return Gorgias(sandbox)


@pytest.fixture
def desk(
    staging_url: str,
    sandbox: Sandbox,
    tmp_path: Path,
    set_connection: SetConnection,
    at_speed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    """Runs a command for store `acme`, which writes cards to both places."""
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(tmp_path / "stores.yaml"))
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LOYALTY_DESK_PUBLIC_URL", "https://desk.example")
    # No Airflow is set up here; a port that does not answer stands for its API.
    set_connection("loyalty_desk_airflow", host="http://127.0.0.1:9", login="a", password="b")
    set_connection("rivo_acme", host=sandbox.rivo_url, password=sandbox.rivo["api_key"])
    gorgias = sandbox.gorgias
    set_connection(
        "gorgias_acme", host=gorgias["url"], login=gorgias["email"], password=gorgias["api_key"]
    )
    set_store(tmp_path)
    yield lambda verb, *rest: main([verb, "--store", STORE, *map(str, rest)])
    forget_settings()
