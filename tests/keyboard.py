"""Somebody who has a keyboard alone: goes from stop to stop by Tab, and sees where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import Frame, Locator, Page, expect

MOST_STOPS: Final = 250
STOP: Final = """() => {
  const one = document.activeElement;
  const named = one.outerHTML.slice(0, 120);
  if (one === document.body) return {isWanted: false, trouble: ""};
  const isWanted = one === window.wanted;
  if (one.tagName === "IFRAME") return {isWanted, trouble: ""};
  const style = getComputedStyle(one), box = one.getClientRects()[0];
  const has = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  if (!has) return {isWanted, trouble: `nobody sees that it has the focus: ${named}`};
  const x = box.x + Math.min(box.width / 2, 20), y = box.y + box.height / 2;
  const over = document.elementFromPoint(x, y);
  const inSight = over && (one.contains(over) || over.contains(one) || over.closest("label"));
  const what = over ? over.outerHTML.slice(0, 120) : `the window's edge, at ${x}, ${y}`;
  return {isWanted, trouble: inSight ? "" : `${what} is over ${named}`};
}"""
"""Whether the keyboard is where it was to go, and what keeps somebody from seeing where it is."""


class Keyboard:
    """Its keys, on a page or on a frame in it; nothing here moves the focus but they."""

    def __init__(self, page: Page, frame: Page | Frame | None = None) -> None:
        self.page, self.frame = page, frame or page

    def to(self, wanted: Locator) -> None:
        """Tab on until something has the focus; at each stop it is seen which one has."""
        expect(wanted).to_be_visible()
        wanted.evaluate("(one) => { window.wanted = one; }")
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            stop = self.frame.evaluate(STOP)
            assert not stop["trouble"], stop["trouble"]
            if stop["isWanted"]:
                return
        raise AssertionError(f"no Tab leads to {wanted}")

    def press(self, wanted: Locator, key: str = "Enter") -> None:
        self.to(wanted)
        self.page.keyboard.press(key)

    def fill(self, wanted: Locator, words: str) -> None:
        """Type into a field, in the place of what it holds."""
        self.to(wanted)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(words)

    def choose(self, wanted: Locator, value: str) -> None:
        """Go down the options of a list by arrows."""
        self.to(wanted)
        for _ in range(wanted.locator("option").count()):
            if wanted.input_value() == value:
                return
            self.page.keyboard.press("ArrowDown")
        assert wanted.input_value() == value

    def download(self, wanted: Locator) -> Path:
        with self.page.expect_download() as found:
            self.press(wanted)
        return Path(found.value.path())
