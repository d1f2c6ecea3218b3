"""The one place where tests wait: until something is so, and no longer."""

from __future__ import annotations

import time
from collections.abc import Callable

from sandbox.running import Sandbox

LIMIT_S = 60.0
LOOK_EVERY_S, AT_MOST_S = 0.01, 0.05


def wait_until(ready: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Look again and again until it is so; fail the test when that takes too long.

    Less often after a while, as looking takes a core from what is waited for.
    """
    began_at = time.monotonic()
    while not ready():
        waited_s = time.monotonic() - began_at
        assert waited_s < limit_s, f"it was not so for {limit_s:g} s"
        time.sleep(min(max(LOOK_EVERY_S, waited_s / 20), AT_MOST_S))


def wait_until_served(sandbox: Sandbox, server: str) -> None:
    """Wait until a server of the sandbox is through with all that was sent to it.

    Of whoever was killed as well. Two looks, as one may overtake what was sent just before it.
    """

    def is_idle() -> bool:
        return not sandbox.control(server, "GET", "counters")["under_way"]

    wait_until(lambda: is_idle() and is_idle())
