"""A store of each platform, connected as by a person who changed no setting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser

from loyalty_desk.__main__ import main
from loyalty_desk.staging.engine import migrate, open_engine
from loyalty_desk.tasks.connect import buttons_to_make
from loyalty_desk.tasks.tokens import make_token
from sandbox.running import Sandbox, running_sandbox
from scripts.agent_desk import AgentDesk
from tests.browser import WIDE
from tests.factories import STORE
from tests.forget import forget_lookups
from tests.http.api_client import forget_settings, serving
from tests.http.conftest import SPEED
from tests.http.place.shop import Shop

PROFILE_URL = "https://admin.shop.example/members/{member_id}"


SHOPS: dict[str, tuple[str, dict[str, Any]]] = {
    "rivo": ("rivo", {}),
    "trifft": ("trifft", {}),
    "rivo, with fields": ("rivo", {"push_to": ["customer_data", "custom_fields"]}),
}


@pytest.fixture(scope="module", params=SHOPS)
def shop(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    """The store after its first sync; the buttons are made and adopted."""
    platform, settings = SHOPS[request.param]
    folder = tmp_path_factory.mktemp(platform)
    with running_shop(browser, folder, platform, **settings) as found:
        yield found


@contextmanager
def running_shop(browser: Browser, folder: Path, platform: str, **settings: Any) -> Iterator[Shop]:
    """A connected store after its first sync, for as long as the block lasts."""
    with (
        pytest.MonkeyPatch.context() as patch,
        serving() as url,
        running_sandbox(
            members=60, customers=50, seed=7, speed=SPEED, platforms="rivo,trifft"
        ) as sandbox,
    ):
        install(patch, folder, sandbox, url, {"platform": platform, **settings})
        engine = open_engine(f"sqlite:///{folder / 'staging.db'}")
        migrate(engine)
        connect(sandbox, engine, url)
        page = browser.new_page(viewport=WIDE)
        found = Shop(sandbox, platform, engine, page)
        found.sync()
        yield found
        page.close()
        engine.dispose()
    forget_lookups()
    forget_settings()


def install(
    patch: pytest.MonkeyPatch, folder: Path, sandbox: Sandbox, url: str, store: dict[str, Any]
) -> None:
    platform, stores = store["platform"], folder / "stores.yaml"
    stores.write_text(yaml.safe_dump({"stores": {STORE: store}}))
    gorgias, programme = sandbox.gorgias, sandbox.credentials[platform]
    extra = {"api": {"profile_url": PROFILE_URL}} if platform == "trifft" else {}
    connections = {
        f"GORGIAS_{STORE}": (gorgias["url"], gorgias["email"], gorgias["api_key"], {}),
        f"{platform}_{STORE}": (programme["url"], "", programme["api_key"], extra),
        "LOYALTY_DESK_AIRFLOW": ("http://127.0.0.1:9", "a", "b", {}),
    }
    for name, (host, login, password, more) in connections.items():
        fields = {"conn_type": "http", "host": host, "login": login, "password": password}
        content = json.dumps({**fields, "extra": json.dumps(more)})
        patch.setenv(f"AIRFLOW_CONN_{name.upper()}", content)
    patch.setenv("LOYALTY_DESK_STAGING_URL", f"sqlite:///{folder / 'staging.db'}")
    patch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    patch.setenv("LOYALTY_DESK_VAR_DIR", str(folder / "var"))
    patch.setenv("LOYALTY_DESK_DATA_DOCS", "false")
    patch.setenv("LOYALTY_DESK_PUBLIC_URL", url)
    patch.setenv("LOYALTY_DESK_SPEED", str(SPEED))
    forget_settings()
    forget_lookups()


def connect(sandbox: Sandbox, engine: object, url: str) -> None:
    """As the page of connect says: connect, make the buttons by hand, adopt them."""
    assert main(["connect", "--store", STORE, "--probe"]) == 0
    token = make_token(engine, STORE, label="agents", by="a test")  # type: ignore[arg-type]
    buttons = buttons_to_make(engine, STORE, "gesture")  # type: ignore[arg-type]
    AgentDesk(sandbox.gorgias["url"]).make_buttons(buttons, url, token)
    widget_id = str(buttons[0].widget_id)
    assert main(["connect", "--store", STORE, "--adopt-widget", widget_id]) == 0
