"""All tickets of a sandbox's Gorgias, by its API."""

from __future__ import annotations

from typing import Any

import requests

from sandbox.running import Sandbox


def all_tickets(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Every ticket that was not thrown away, page by page."""
    gorgias = sandbox.gorgias
    tickets: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 100, "trashed": "false"}
    with requests.Session() as session:
        session.trust_env = False  # no proxy between this machine and itself
        while True:
            page = session.get(
                f"{gorgias['url']}/api/tickets",
                params=query,
                auth=(gorgias["email"], gorgias["api_key"]),
                timeout=10,
            ).json()
            tickets += page["data"]
            query["cursor"] = page["meta"]["next_cursor"]
            if query["cursor"] is None:
                return tickets
