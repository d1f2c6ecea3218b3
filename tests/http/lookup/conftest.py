"""A member on the platform, the API before it, and a staging database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from loyalty_desk.records import Opens
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import STORE, member
from tests.forget import forget_lookups
from tests.http.api_client import ApiClient, forget_settings, new_client, serving
from tests.http.lookup.asking import EMAIL, set_lookup, stage


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture
def api(
    server: str,
    staging_url: str,
    sandbox: Sandbox,
    tmp_path: Path,
    set_connection: SetConnection,
    at_speed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ApiClient]:
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(tmp_path / "stores.yaml"))
    set_connection("rivo_acme", host=sandbox.rivo_url, password=sandbox.rivo["api_key"])
    forget_settings()
    with new_client() as session:
        api = ApiClient(url=server, folder=tmp_path, session=session)
        set_lookup(api)
        yield api.of(STORE, Opens.LOOKUP)
    forget_lookups()
    forget_settings()


@pytest.fixture
def member_id(sandbox: Sandbox) -> str:
    """A member on the platform, with 820 points."""
    values = {"email": EMAIL, "points_tally": 820, "first_name": "Mira"}
    return str(sandbox.control("rivo", "POST", "members", values)["id"])


@pytest.fixture
def staged(staging: Engine, member_id: str) -> str:
    """The same member as staging knows it, with 800 points."""
    card = {"name": "Mira", "points_balance": 800}
    stage(staging, member(member_id, email=EMAIL, card=card))
    return member_id
