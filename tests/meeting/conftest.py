"""One small sandbox, and a store in which a first sync is over; each test leaves it in order."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cryptography.fernet import Fernet

from loyalty_desk.settings.stores_file import installation
from loyalty_desk.staging.installed import staging_engine
from sandbox.running import Sandbox, running_sandbox
from tests.conftest import BOTH, SetConnection
from tests.databases import new_database
from tests.factories import STORE
from tests.forget import forget_engine, forget_lookups
from tests.meeting.shop import JOAN, JOAN_AT_WORK, PEOPLE, Shop, plain_checks
from tests.sql.staged import empty

SPEED = 100.0
FERNET_KEY = Fernet.generate_key().decode()
SETTINGS = {
    "platform": "rivo",
    "budget": {"share": 1.0},
    "brake": {"min_cards": 1000},
    "awards": {"reasons": ["gesture"]},
}


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    people = len(PEOPLE)
    with running_sandbox(members=1, customers=people, tickets=1, seed=7, speed=SPEED) as running:
        yield running


@pytest.fixture(scope="session", params=BOTH)
def own_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A database for all of these tests: pytest does one with all of them, then the other."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("meeting") / "staging.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        with new_database(request.getfixturevalue("postgresql_url"), "meeting_test") as url:
            yield url


@pytest.fixture(scope="session")
def last_shop() -> dict[str, Shop]:
    """The shop of the test before, by its database."""
    return {}


@pytest.fixture
def shop(
    shared_sandbox: Sandbox,
    own_url: str,
    last_shop: dict[str, Shop],
    tmp_path: Path,
    set_connection: SetConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shop]:
    """A store of a few people, who have their cards; Joan has hers by a link."""
    _install(shared_sandbox, own_url, tmp_path, set_connection, monkeypatch)
    found = last_shop.pop(own_url, None)
    last_shop.clear()  # there is one sandbox for the shops of both databases
    if found is None or not found.is_right:
        found = _new_shop(shared_sandbox)
    found.engine = staging_engine()
    found.begin()
    yield found
    last_shop[own_url] = found
    forget_lookups()
    forget_engine()
    installation.cache_clear()


def _new_shop(sandbox: Sandbox) -> Shop:
    empty(staging_engine())
    for server in ("gorgias", "rivo"):
        everything = dict.fromkeys(("counters", "data", "faults", "buckets"), True)
        sandbox.control(server, "POST", "reset", everything)
    rows = sandbox.control("gorgias", "GET", "customers?limit=100")["data"]
    ids = {who: int(row["id"]) for who, row in zip(PEOPLE, rows, strict=True)}
    found = Shop(sandbox=sandbox, engine=staging_engine(), customer_ids=ids, member_ids={})
    for who in PEOPLE:
        found.add_member(JOAN_AT_WORK if who == JOAN else who)
    found.restore_people()
    found.sync()
    found.begin()
    found.settle()
    return found


def _install(
    sandbox: Sandbox,
    url: str,
    folder: Path,
    set_connection: SetConnection,
    patch: pytest.MonkeyPatch,
) -> None:
    stores = folder / "stores.yaml"
    stores.write_text(yaml.safe_dump({"stores": {STORE: SETTINGS}}), encoding="utf-8")
    patch.setenv("LOYALTY_DESK_STAGING_URL", url)
    patch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    patch.setenv("LOYALTY_DESK_VAR_DIR", str(folder / "var"))
    patch.setenv("LOYALTY_DESK_SPEED", str(SPEED))
    patch.setenv("LOYALTY_DESK_DATA_DOCS", "False")
    patch.setenv("LOYALTY_DESK_PUBLIC_URL", "https://desk.example")
    patch.setenv("AIRFLOW__CORE__FERNET_KEY", FERNET_KEY)
    gorgias = sandbox.gorgias
    set_connection("rivo_acme", host=sandbox.rivo_url, password=sandbox.rivo["api_key"])
    set_connection(
        "gorgias_acme", host=gorgias["url"], login=gorgias["email"], password=gorgias["api_key"]
    )
    patch.setattr("loyalty_desk.quality.gate.run_checks", plain_checks)
    patch.setattr("loyalty_desk.report.html.write_report", lambda *_, **__: folder / "report.html")
    patch.setattr("loyalty_desk.connect.pauses.set_paused", lambda *_, **__: None)
    installation.cache_clear()
    forget_engine()
