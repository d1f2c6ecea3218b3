"""A real Chromium, as Debian packages it, for pictures and for tests of pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.services import ADMIN

REMEDY = "no Chromium here: apt-get install chromium"


def find_chromium() -> Path | None:
    found = shutil.which("chromium")
    return Path(found) if found else None


@contextmanager
def launched(path: Path) -> Iterator[Browser]:
    """Run the Chromium that is there."""
    with sync_playwright() as playwright:
        # Root, as in a container, has no sandbox of its own; the pages are ours.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def log_in(page: Page, password: str) -> None:
    """Fill in Airflow's log-in, which is open in the page, as the admin."""
    page.get_by_label("Username").fill(ADMIN)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
