"""A sandbox and a staging database for schedules of real processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loyalty_desk.settings.stores_file import installation
from sandbox.running import Sandbox, running_sandbox
from sandbox.sides import SIDES
from tests.chaos.schedules import APPROVAL_ABOVE_POINTS, SPEED, VISIBLE_AFTER_S
from tests.chaos.trial import Trial
from tests.conftest import SetConnection
from tests.forget import forget_engine
from tests.platforms.account import Account
from tests.platforms.cases import Case


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    size = {"members": 1, "customers": 1, "seed": 1, "speed": SPEED}
    with running_sandbox(**size, platforms=",".join(SIDES)) as running:
        yield running


@pytest.fixture
def installed(
    sandbox: Sandbox,
    staging_url: str,
    set_connection: SetConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """The product's settings, for this sandbox and this database."""
    monkeypatch.setenv("LOYALTY_DESK_SPEED", str(SPEED))
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    installation.cache_clear()
    forget_engine()
    gorgias = sandbox.gorgias
    set_connection(
        "gorgias_acme", host=gorgias["url"], login=gorgias["email"], password=gorgias["api_key"]
    )
    yield
    installation.cache_clear()
    forget_engine()


@pytest.fixture
def trial(
    case: Case,
    sandbox: Sandbox,
    staging_url: str,
    set_connection: SetConnection,
    installed: None,
) -> Iterator[Trial]:
    account = Account(case, sandbox, set_connection)
    account.connect()
    for server in SIDES:
        everything = dict.fromkeys(("data", "faults", "buckets"), True)
        sandbox.control(server, "POST", "reset", everything)
    account.switch(**{"trifft_style": "plain", **case.switches})
    limits = {f"max_{unit}_per_agent_per_day": 10**6 for unit in ("points", "credits")}
    awards = {
        **limits,
        "approval_above_points": APPROVAL_ABOVE_POINTS,
        "visible_after_s": VISIBLE_AFTER_S,
    }
    trial = Trial(account, staging_url, account.store(awards=awards))
    yield trial
    trial.engine.dispose()
