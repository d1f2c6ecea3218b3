"""How tests wait: until something is so, and no longer."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.running import Sandbox
from scripts.waiting import look_until

LIMIT_S = 60.0
PACE_S = (0.01, 0.05)


def wait_until(ready: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Look again and again until it is so; fail the test when that takes too long."""
    assert look_until(ready, limit_s, pace_s=PACE_S), f"it was not so for {limit_s:g} s"


def wait_until_served(sandbox: Sandbox, server: str) -> None:
    """Wait until a server of the sandbox is through with all that was sent to it.

    Of whoever was killed as well. Two looks, as one may overtake what was sent just before it.
    """

    def is_idle() -> bool:
        return not sandbox.control(server, "GET", "counters")["under_way"]

    wait_until(lambda: is_idle() and is_idle())
