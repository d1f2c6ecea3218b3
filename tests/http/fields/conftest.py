"""The real sandbox, and stores that write customer fields in its account."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.hooks.connections import gorgias_client
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import store_settings
from tests.http.fields.world import FieldsWorld, MakeWorld


@pytest.fixture
def connected(sandbox: Sandbox, set_connection: SetConnection, at_speed: None) -> Sandbox:
    found = sandbox.gorgias
    for store in ("acme", "other"):
        set_connection(
            f"gorgias_{store}", host=found["url"], login=found["email"], password=found["api_key"]
        )
    return sandbox


@pytest.fixture
def make_world(staging: Engine, connected: Sandbox) -> MakeWorld:
    """Make the world of a store with settings of its section `gorgias`, and others."""

    def make(name: str = "acme", push: Any = None, **gorgias: Any) -> FieldsWorld:
        store = store_settings(
            name=name,
            push_to=["custom_fields"],
            budget={"share": 1.0},
            gorgias=gorgias,
            push=push or {},
        )
        return FieldsWorld(staging, gorgias_client(store, staging), connected, store)

    return make
