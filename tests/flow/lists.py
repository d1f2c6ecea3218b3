"""What a sandbox holds: what its Gorgias lists by its API from end to end, and its members."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from sandbox.running import Sandbox

TIMEOUT_S = 60.0


def all_tickets(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Every ticket that was not thrown away."""
    return list(_iter_rows(sandbox, "tickets", {"trashed": "false"}))


def survivors_of_merges(sandbox: Sandbox) -> set[int]:
    """The customers into whom another one was merged while the sandbox runs."""
    merges = _iter_rows(sandbox, "events", {"types": "customer-merged"})
    return {event["object_id"] for event in merges}


def answers_of(sandbox: Sandbox, platform: str) -> dict[str, Any]:
    """Every member as the platform lists them, under `data`."""
    return dict(sandbox.control(platform, "GET", "answers?limit=100000"))


def ids_on(sandbox: Sandbox, platform: str) -> dict[str, str]:
    """Members' ids on a platform by their ids on Rivo."""
    ids = sandbox.control("gorgias", "GET", "ids")["data"]
    return {str(one["rivo"]): str(one[platform]) for one in ids}


def _iter_rows(sandbox: Sandbox, path: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    gorgias, cursor = sandbox.gorgias, None
    with requests.Session() as session:
        session.trust_env = False  # no proxy between this machine and itself
        while True:
            page = session.get(
                f"{gorgias['url']}/api/{path}",
                params=query | {"limit": 100, "cursor": cursor},
                auth=(gorgias["email"], gorgias["api_key"]),
                timeout=TIMEOUT_S,
            ).json()
            yield from page["data"]
            cursor = page["meta"]["next_cursor"]
            if cursor is None:
                return
