"""Webhooks: who asked for what, and signed deliveries to addresses on this machine."""

import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlsplit

import httpx

from sandbox.ground import Ground

FIRST_HOOK_ID = 300
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
TOPICS = (
    "loyalty_profile/updated",
    "points_event/created",
    "points_redemption/created",
    "customer_vip_tier/upgraded",
    "customer_vip_tier/downgraded",
)
RETRY_AFTER_S = 5.0
SIGNATURE = "rivo-signature"


def sign(body: bytes, secret: str) -> str:
    """Return the signature of a body: Base64 of HMAC-SHA256."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class Hooks:
    """Registered webhooks, each for one event type, and the log of deliveries."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.secret = f"whs_{ground.seed:08d}"
        self._tasks: set[asyncio.Task[None]] = set()
        self.reset()

    def reset(self) -> None:
        """Forget all registrations and deliveries."""
        self.held: dict[int, dict[str, Any]] = {}
        self.deliveries: list[dict[str, Any]] = []
        self._last_id = FIRST_HOOK_ID

    def register(self, topic: str, url: str) -> int:
        """Register an address for one event type and return the id.

        Raises:
            ValueError: an unknown type, or an address that is not on this machine.
        """
        if topic not in TOPICS:
            raise ValueError("event_type is not known")
        if urlsplit(url).hostname not in LOCAL_HOSTS:
            raise ValueError("url must be on this machine: the sandbox sends nothing elsewhere")
        self._last_id += 1
        self.held[self._last_id] = {"event_type": topic, "url": url}
        return self._last_id

    def send(self, topic: str, content: dict[str, Any]) -> None:
        """Deliver an event to everyone who asked for its type, in the background."""
        body = json.dumps(content, ensure_ascii=False).encode()
        for hook in self.held.values():
            if hook["event_type"] == topic:
                task = asyncio.get_running_loop().create_task(self._deliver(hook, topic, body))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _deliver(self, hook: dict[str, Any], topic: str, body: bytes) -> None:
        switches = self._ground.switches
        headers = {"content-type": "application/json", SIGNATURE: sign(body, self.secret)}
        for attempt in range(1, switches.rivo_webhook_attempts + 1):
            status = 0
            async with httpx.AsyncClient(
                timeout=switches.rivo_webhook_timeout_s, trust_env=False
            ) as client:
                try:
                    status = (
                        await client.post(hook["url"], content=body, headers=headers)
                    ).status_code
                except httpx.HTTPError:
                    status = 0
            self.deliveries.append({"event_type": topic, "attempt": attempt, "status": status})
            if 200 <= status < 300:
                return
            await self._ground.clock.sleep(RETRY_AFTER_S)
