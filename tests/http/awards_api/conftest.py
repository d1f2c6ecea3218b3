"""The API of awards over real HTTP, on each of the databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards import agents
from loyalty_desk.gorgias.reading import User
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.award_schema import gorgias_agents
from loyalty_desk.staging.engine import reading
from tests.factories import STORE
from tests.http.api_client import OTHER_STORE, ApiClient, forget_settings, new_client, serving
from tests.http.awards_api.asking import ApiOn, employ


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """One server for all tests: it reads its settings anew for each."""
    with serving() as url:
        yield url


@pytest.fixture
def api_on(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiOn]:
    """Has the server use the database of a URL; the API it gives sends no token."""
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(tmp_path / "stores.yaml"))
    with new_client() as session:
        api = ApiClient(url=server, folder=tmp_path, session=session)

        def use(staging_url: str) -> ApiClient:
            monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
            forget_settings()
            api.set_awards()
            return api

        yield use
        forget_settings()


@pytest.fixture
def closed(
    api_on: ApiOn, staging: Engine, staging_url: str, monkeypatch: pytest.MonkeyPatch
) -> ApiClient:
    """The API without a token. Ada and Eve are users of Gorgias, which tells what is staged."""
    for store in (STORE, OTHER_STORE):
        employ(staging, "ada", "eve", store=store)
    monkeypatch.setattr(agents, "ask_gorgias", tell_staged)
    return api_on(staging_url)


def tell_staged(store: StoreSettings, engine: Engine) -> list[User]:
    """The users of a Gorgias that knows those who are staged, and nobody else."""
    table = gorgias_agents
    with reading(engine) as connection:
        rows = connection.execute(table.select().where(table.c.store == store.name)).all()
    return [User(user_id=row.user_id, email=row.agent, is_active=row.is_active) for row in rows]


@pytest.fixture
def api(closed: ApiClient) -> ApiClient:
    """The API with a token of the store."""
    return closed.of(STORE)
