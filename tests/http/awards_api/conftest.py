"""The HTTP door of awards over real HTTP, on each of the databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.factories import STORE
from tests.http.awards_api.asking import OpenDoor
from tests.http.door import Door, forget_settings, new_client, serving


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """One server for all tests: it reads its settings anew for each."""
    with serving() as url:
        yield url


@pytest.fixture
def open_door(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenDoor]:
    """Has the server use the database of a URL; the door that it gives sends no token."""
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(tmp_path / "stores.yaml"))
    with new_client() as session:
        door = Door(url=server, folder=tmp_path, session=session)

        def use(staging_url: str) -> Door:
            monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
            forget_settings()
            door.set_awards()
            return door

        yield use
        forget_settings()


@pytest.fixture
def closed(open_door: OpenDoor, staging: Engine, staging_url: str) -> Door:
    """The door without a token."""
    return open_door(staging_url)


@pytest.fixture
def door(closed: Door) -> Door:
    """The door with a token of the store."""
    return closed.of(STORE)
