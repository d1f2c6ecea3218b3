"""A real Chromium, as Debian packages it, for tests of pages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chromium import REMEDY, find_chromium, launched
from tests.project import PROJECT_ROOT

SHOTS = PROJECT_ROOT / "var" / "screenshots"
NARROW, WIDE = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
PATIENCE_MS = 30_000
"""How long anything may take to show that takes a moment on an idle machine."""
LOCAL = {"127.0.0.1", "localhost"}


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run Chromium; without one the test is skipped, and fails where tests must not be skipped."""
    path = find_chromium()
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(REMEDY)
    expect.set_options(timeout=PATIENCE_MS)
    with launched(path) as browser:
        yield browser


class Watched:
    """A page that notes what no page of ours may do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        page.on("console", lambda message: self._note(message.type == "error", message.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on(
            "request",
            lambda request: self._note(
                urlsplit(request.url).hostname not in LOCAL, f"asks for {request.url}"
            ),
        )

    def _note(self, is_trouble: bool, text: str) -> None:  # noqa: FBT001 - what it notes
        if is_trouble:
            self.troubles.append(text)


def shoot(page: Page, name: str) -> Path:
    """Take a picture of the whole page at both widths; returns that of the wide one."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for size, suffix in ((NARROW, "-390"), (WIDE, "")):
        page.set_viewport_size(size)  # type: ignore[arg-type] # a plain mapping does
        # A picture of what is beyond the window may lack what is in its text boxes.
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": height})
        page.screenshot(path=SHOTS / f"{name}{suffix}.png")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    return SHOTS / f"{name}.png"
