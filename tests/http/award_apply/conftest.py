"""A real Rivo stand-in with somebody to award, and a worker."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.apply import Counts, Worker, apply_due
from loyalty_desk.platforms.base import Platform
from sandbox.running import Sandbox
from tests.factories import store_settings
from tests.http.award_apply.applying import EMAIL, Apply
from tests.http.conftest import SPEED


@pytest.fixture
def member_id(sandbox: Sandbox) -> str:
    return str(sandbox.control("rivo", "POST", "members", {"email": EMAIL})["id"])


@pytest.fixture
def apply(staging: Engine, platform: Platform) -> Apply:
    """Apply what is due, as a worker of the given name."""

    def run(name: str = "one", **awards: Any) -> Counts:
        store = store_settings(awards=awards)
        worker = Worker(store=store, engine=staging, platform=platform, name=name, speed=SPEED)
        return apply_due(worker)

    return run
