"""What the scripts say while they work: lines with the seconds since the start."""

from __future__ import annotations

import sys
import time

SECONDS_BETWEEN_UPDATES = 5.0


class Console:
    """Prints lines; a passing state stays on one line of a terminal, and is rare in a file."""

    def __init__(self) -> None:
        self._started_at = time.monotonic()
        self._is_terminal = sys.stdout.isatty()
        self._passing = ""
        self._passing_at = 0.0

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self._clear()
        print(self._stamped(text), flush=True)

    def update(self, text: str) -> None:
        """Show a state that the next one replaces."""
        now = time.monotonic()
        if self._is_terminal:
            self._clear()
            self._passing = self._stamped(text)
            print(self._passing, end="", flush=True)
        elif text != self._passing and now - self._passing_at > SECONDS_BETWEEN_UPDATES:
            self._passing, self._passing_at = text, now
            print(self._stamped(text), flush=True)

    def fail(self, text: str) -> None:
        """Print why the program ends."""
        self._clear()
        print(self._stamped(text), file=sys.stderr, flush=True)

    def _stamped(self, text: str) -> str:
        return f"[{time.monotonic() - self._started_at:4.0f} s] {text}"

    def _clear(self) -> None:
        if self._is_terminal and self._passing:
            print("\r" + " " * len(self._passing) + "\r", end="")
            self._passing = ""
