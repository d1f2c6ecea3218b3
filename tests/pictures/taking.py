"""A picture of a page: by Chromium, in as many colours as it takes to look the same."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, StorageState

from scripts.desk import DeskError
from tests.chromium import log_in
from tests.pictures.listed import Picture

PATIENCE_MS: Final = 120_000
COLOURS: Final = 256


def logged_in(browser: Browser, airflow_url: str, password: str) -> StorageState:
    """The cookies of somebody who logged in to Airflow as the admin."""
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(airflow_url)
        log_in(page, password)
        page.wait_for_url("**/")
        return context.storage_state()


def take(
    browser: Browser, state: StorageState, picture: Picture, address: str, folder: Path
) -> Path:
    """Take one picture, and return the file that it is in."""
    with browser.new_context(
        storage_state=state,
        viewport={"width": picture.width, "height": picture.most_height},
        color_scheme=picture.scheme,
        device_scale_factor=1,
        reduced_motion="reduce",
    ) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(address)
        picture.deed(page)
        page.wait_for_load_state("networkidle")
        # Without the mark of what was pressed last, and from the top of the page.
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": picture.width, "height": max(height, 1)})
        box = page.locator(picture.part).bounding_box()
        if box is None:
            raise DeskError(f"{picture.name}: nothing is {picture.part} on {address}")
        tall = min(box["height"], picture.most_height)
        clip = {"x": 0.0, "y": box["y"], "width": float(picture.width), "height": tall}
        shot = page.screenshot(clip=clip)  # type: ignore[arg-type] # a plain mapping does
    path = folder / f"{picture.name}.png"
    # Pages have few colours: a palette of them takes a third of the bytes, and shows no difference.
    with Image.open(io.BytesIO(shot)) as image:
        few = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
    return path
