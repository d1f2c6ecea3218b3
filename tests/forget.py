"""Closes what a process opens once, so that the next test opens what its own settings say."""

from __future__ import annotations

import sys

from loyalty_desk.lookup import asking, fresh
from loyalty_desk.routing import at_lookup
from loyalty_desk.staging import installed


def forget_engine() -> None:
    """Close the staging database of this installation, once nothing waits for it."""
    if (afterwards := sys.modules.get("loyalty_desk.web.afterwards")) is not None:
        afterwards._THREAD.submit(int).result()  # there is one thread, so this is its last work
    if installed._open.cache_info().currsize:
        installed._open().dispose()
    installed._open.cache_clear()


def forget_lookups() -> None:
    """Close the lookup of each store, and what routes the tickets that were looked up."""
    for _, opened in fresh._OPEN.values():
        opened.close()
    fresh._OPEN.clear()
    asking._OPEN.clear()
    for routing in at_lookup._OPEN:
        routing.close()
    at_lookup._OPEN.clear()
