"""The real sandbox over real HTTP, and clients as `connections` builds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser
from sqlalchemy import Engine, text

from loyalty_desk.connect.families import dag_ids
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.hooks.connections import gorgias_client, loyalty_platform
from loyalty_desk.platforms.base import Platform
from loyalty_desk.settings import stores_file as settings
from loyalty_desk.settings.sections import BudgetSettings, GorgiasSettings
from loyalty_desk.staging.engine import migrate, open_engine
from sandbox.gorgias.access import APP_ID
from sandbox.running import Sandbox, running_sandbox
from tests.airflow_home import migrated
from tests.browser import running_browser
from tests.conftest import SetConnection
from tests.factories import STORE, store_settings
from tests.http.airflow_users import start_auth_manager
from tests.http.api_client import forget_settings, new_client, serving
from tests.http.desk import DeskClient
from tests.http.desk_world import fill
from tests.http.known_dags import set_dags
from tests.http.mailbox import TOLD, Mailbox, SetStore, receiving, set_mail_server
from tests.http.setup_world import ADDRESS, World

SPEED = 50.0
CUSTOMERS, MEMBERS = 250, 300


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[Sandbox]:
    with running_sandbox(members=MEMBERS, customers=CUSTOMERS, seed=7, speed=SPEED) as running:
        yield running


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Iterator[Sandbox]:
    """The sandbox as new: tests run in any order."""
    for server in ("gorgias", "rivo"):
        everything = dict.fromkeys(("counters", "data", "faults", "buckets"), True)
        sandbox_process.control(server, "POST", "reset", everything)
    before = sandbox_process.control("gorgias", "GET", "switches")
    yield sandbox_process
    sandbox_process.control("gorgias", "POST", "switches", before)


@pytest.fixture
def at_speed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LOYALTY_DESK_SPEED", str(SPEED))
    settings.installation.cache_clear()
    yield
    settings.installation.cache_clear()


@pytest.fixture(scope="session")
def staging_of_all(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """One SQLite staging database; what differs by database is tested elsewhere."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('http') / 'staging.db'}")
    migrate(engine)
    return engine


@pytest.fixture
def one_staging(staging_of_all: Engine) -> Engine:
    """Without the tokens of an app, which the sandbox forgets with each test."""
    with staging_of_all.begin() as connection:
        connection.execute(text("DELETE FROM oauth_tokens"))
    return staging_of_all


@pytest.fixture
def client(
    sandbox: Sandbox, one_staging: Engine, set_connection: SetConnection, at_speed: None
) -> GorgiasClient:
    gorgias = sandbox.gorgias
    set_connection(
        "gorgias_acme", host=gorgias["url"], login=gorgias["email"], password=gorgias["api_key"]
    )
    store = store_settings(budget=BudgetSettings(share=1.0))
    return gorgias_client(store, one_staging)


@pytest.fixture
def app_client(
    sandbox: Sandbox, one_staging: Engine, set_connection: SetConnection, at_speed: None
) -> GorgiasClient:
    """A client of the OAuth2 app, which reads its data from its own place."""
    keys = ("client_id", "client_secret", "refresh_token")
    extra = {key: sandbox.gorgias["oauth"][key] for key in keys}
    set_connection("gorgias_acme", host=sandbox.gorgias["url"], extra=extra)
    store = store_settings(gorgias=GorgiasSettings(app_id=APP_ID))
    return gorgias_client(store, one_staging)


@pytest.fixture
def platform(sandbox: Sandbox, set_connection: SetConnection, at_speed: None) -> Platform:
    set_connection("rivo_acme", host=sandbox.rivo_url, password=sandbox.rivo["api_key"])
    return loyalty_platform(store_settings())


@pytest.fixture(scope="session")
def desk_server() -> Iterator[str]:
    """The desk as Airflow serves it, for users whom the tests know."""
    patch = pytest.MonkeyPatch()
    patch.setenv("AIRFLOW__CORE__AUTH_MANAGER", "tests.http.airflow_users.Users")
    patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "of these tests alone, and long enough " * 3)
    patch.setenv(
        "AIRFLOW__API__SECRET_KEY",
        "the same in every process of a test, and long enough to sign with it",
    )
    migrated()
    start_auth_manager()
    with serving() as url:
        yield url
    patch.undo()


def serve_desk(
    server: str, engine: Engine, url: str, folder: Path, patch: pytest.MonkeyPatch
) -> DeskClient:
    """Fill the staging database and have the server use it; nobody is logged in yet."""
    awards, files = {"approval_above_points": 100}, {"folder": str(folder / "drop")}
    content = {STORE: {"platform": "rivo", "awards": awards, "member_files": files}}
    content["other"] = {"platform": "rivo"}
    stores = folder / "stores.yaml"
    stores.write_text(yaml.safe_dump({"stores": content}), encoding="utf-8")
    patch.setenv("LOYALTY_DESK_STAGING_URL", url)
    patch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    patch.setenv("LOYALTY_DESK_VAR_DIR", str(folder / "var"))
    forget_settings()
    set_dags({dag_id: False for store in content for dag_id in dag_ids(store)})
    fill(engine, settings.stores_file().get(STORE))
    return DeskClient(url=server, session=new_client())


@pytest.fixture
def desk(
    desk_server: str,
    staging: Engine,
    staging_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[DeskClient]:
    """The desk of a store with something on each page, on each of the databases."""
    yield serve_desk(desk_server, staging, staging_url, tmp_path, monkeypatch)
    forget_settings()


@pytest.fixture(scope="module")
def one_desk(desk_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskClient]:
    """The same once for a module, on SQLite, for tests that change nothing."""
    folder = tmp_path_factory.mktemp("desk")
    url = f"sqlite:///{folder / 'staging.db'}"
    engine = open_engine(url)
    migrate(engine)
    with pytest.MonkeyPatch.context() as patch:
        yield serve_desk(desk_server, engine, url, folder, patch)
        forget_settings()
    engine.dispose()


@pytest.fixture
def serve(
    desk_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., DeskClient]]:
    """Have the desk use a staging database and a stores file with one store."""

    def start(url: str, **settings: Any) -> DeskClient:
        stores = tmp_path / "stores.yaml"
        content = {"stores": {STORE: {"platform": "rivo", **settings}}}
        stores.write_text(yaml.safe_dump(content), encoding="utf-8")
        monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", url)
        monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
        monkeypatch.setenv("LOYALTY_DESK_VAR_DIR", str(tmp_path / "var"))
        monkeypatch.setenv("LOYALTY_DESK_PUBLIC_URL", ADDRESS)
        forget_settings()
        set_dags({})
        return DeskClient(url=desk_server, session=new_client())

    yield start
    forget_settings()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def set_store(
    staging_url: str,
    tmp_path: Path,
    mailbox: Mailbox,
    set_connection: SetConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[SetStore]:
    """Give a store those settings, for tasks that tell people by the mailbox or by `Teller`."""
    stores = tmp_path / "stores.yaml"
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    set_mail_server(set_connection, mailbox.port)
    TOLD.clear()

    def write(**settings: Any) -> None:
        content = {"stores": {STORE: {"platform": "rivo", **settings}}}
        stores.write_text(yaml.safe_dump(content), encoding="utf-8")
        forget_settings()

    yield write
    forget_settings()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture
def world(
    serve: Callable[..., DeskClient],
    staging: Engine,
    staging_url: str,
    set_connection: SetConnection,
) -> World:
    return World(serve(staging_url), staging, set_connection)
