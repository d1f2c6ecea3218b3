"""What the web server imports when it starts."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("name", ["pandas", "matplotlib", "great_expectations"])
def test_the_pages_start_without_what_is_slow_to_import(name: str) -> None:
    """Who needs it imports it with the first such page."""
    told = f"import sys, loyalty_desk.web.app; print({name!r} in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True, timeout=120
    )
    assert answer.stdout.splitlines()[-1] == "False"


ASKED_TWICE = """
import asyncio, gc
from loyalty_desk.web.mounted import LazyApp

async def ask():
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    async def receive():
        return {"type": "http.request"}
    async def send(message):
        pass
    await LazyApp()(scope, receive, send)

asyncio.run(ask())
first = gc.get_freeze_count()
later = [[] for _ in range(1_000)]
asyncio.run(ask())
print(len(gc.get_objects()), first, gc.get_freeze_count() - first)
"""


def test_what_the_server_started_with_is_not_looked_through_for_garbage_again() -> None:
    """It is once in a process: what a second application finds there may be garbage later."""
    answer = subprocess.run(
        [sys.executable, "-c", ASKED_TWICE], capture_output=True, text=True, check=True, timeout=120
    )
    looked_through, passed_over, later = map(int, answer.stdout.splitlines()[-1].split())
    assert passed_over > 100_000
    assert looked_through < passed_over / 5
    assert later <= 0
