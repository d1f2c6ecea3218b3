"""The one loop that waits for something to be so where no event tells of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
PACE_S = (0.03, 0.25)


def look_until(
    ready: Callable[[], Found],
    limit_s: float,
    check: Callable[[], None] = lambda: None,
    pace_s: tuple[float, float] = PACE_S,
) -> Found:
    """Call `ready` until it gives something that counts as true, and return that.

    When time is up it returns what `ready` gave last. Between two looks `check` may raise. They
    become rarer after a while, from one end of `pace_s` to the other, as each takes time from what
    is waited for: what is measured by it is at most a twentieth too long.
    """
    began_at = time.monotonic()
    while not (found := ready()):
        check()
        waited_s = time.monotonic() - began_at
        if waited_s > limit_s:
            break
        time.sleep(min(max(pace_s[0], waited_s / 20), pace_s[1]))
    return found
