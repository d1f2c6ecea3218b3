"""The desk in a real Chromium, as each of its users has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine

from tests.browser import NARROW, PATIENCE_MS, WIDE, Watched
from tests.factories import STORE
from tests.http.airflow_users import cookie_of
from tests.http.desk import DESK, DeskClient

SERIOUS = {"serious", "critical"}


def open_page(browser: Browser, desk: DeskClient, user: str, **options: Any) -> Watched:
    context = browser.new_context(**{"viewport": WIDE, **options})
    context.add_cookies(
        [{"name": COOKIE_NAME_JWT_TOKEN, "value": cookie_of(user), "url": desk.url}]
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    return Watched(page)


@contextmanager
def watched_page(
    browser: Browser, desk: DeskClient, user: str, staging: Engine
) -> Iterator[Watched]:
    """A page as wide as a desk beside SQLite and as a phone beside PostgreSQL; at its end nothing
    may have gone wrong in it.
    """
    size = WIDE if staging.dialect.name == "sqlite" else NARROW
    found = open_page(browser, desk, user, viewport=size)
    yield found
    assert found.troubles == []
    found.page.context.close()


def go(page: Page, desk: DeskClient, path: str) -> None:
    answer = page.goto(f"{desk.url}{DESK}/{STORE}{path}")
    assert answer is not None
    assert answer.status == 200


def serious(page: Page) -> list[str]:
    """What axe-core finds serious, each with where."""
    return [
        f"{one['id']}: {', '.join(str(node['target']) for node in one['nodes'])}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in SERIOUS
    ]
