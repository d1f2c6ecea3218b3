"""The API of awards over real HTTP, on each of the databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.factories import STORE
from tests.http.api_client import ApiClient, forget_settings, new_client, serving
from tests.http.awards_api.asking import ApiOn


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
def closed(api_on: ApiOn, staging: Engine, staging_url: str) -> ApiClient:
    """The API without a token."""
    return api_on(staging_url)


@pytest.fixture
def api(closed: ApiClient) -> ApiClient:
    """The API with a token of the store."""
    return closed.of(STORE)
