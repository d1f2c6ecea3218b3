"""Every platform's account, in one sandbox that has one programme behind all of their APIs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from loyalty_desk.settings import stores_file as settings
from loyalty_desk.staging.engine import migrate, open_engine
from sandbox.running import Sandbox, running_sandbox
from sandbox.sides import SIDES
from tests.conftest import SetConnection
from tests.forget import forget_engine
from tests.platforms.account import Account
from tests.platforms.cases import CASES, Case

SPEED = 50.0
MEMBERS, CUSTOMERS = 1_100, 60
"""More than two pages of the platform with the largest pages."""


@pytest.fixture(scope="session")
def one_sandbox() -> Iterator[Sandbox]:
    size = {"members": MEMBERS, "customers": CUSTOMERS, "seed": 11, "speed": SPEED}
    with running_sandbox(**size, platforms=",".join(SIDES)) as running:
        yield running


@pytest.fixture
def sandbox(one_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox as new: tests run in any order."""
    for server in ("gorgias", *SIDES):
        everything = dict.fromkeys(("counters", "data", "faults", "buckets"), True)
        one_sandbox.control(server, "POST", "reset", everything)
    before = one_sandbox.control("gorgias", "GET", "switches")
    yield one_sandbox
    one_sandbox.control("gorgias", "POST", "switches", before)


@pytest.fixture(scope="session")
def pace_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A staging database for what all processes share of a platform's pace."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('pace') / 'staging.db'}")
    migrate(engine)
    engine.dispose()
    return make_url(engine.url).render_as_string(hide_password=False)


@pytest.fixture
def installed(pace_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    engine = open_engine(pace_url)
    with engine.begin() as connection:  # a block that one test earned is not the next one's
        connection.execute(text("DELETE FROM request_budgets"))
    engine.dispose()
    monkeypatch.setenv("LOYALTY_DESK_SPEED", str(SPEED))
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", pace_url)
    monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path / "var"))
    settings.installation.cache_clear()
    forget_engine()
    yield
    settings.installation.cache_clear()
    forget_engine()


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def account(
    case: Case,
    sandbox: Sandbox,
    set_connection: SetConnection,
    installed: None,
) -> Account:
    """The account, connected."""
    found = Account(case, sandbox, set_connection)
    found.switch(**case.switches)
    found.connect()
    return found
