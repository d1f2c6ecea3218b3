"""Webhooks: who asked for what, and signed deliveries to addresses on this machine."""

import base64
import hashlib
import hmac
import json
from typing import Any

from sandbox.calling import Background, Call, is_local, iter_tries
from sandbox.ground import Ground

FIRST_HOOK_ID = 300
TOPICS = (
    "loyalty_profile/updated",
    "points_event/created",
    "points_redemption/created",
    "customer_vip_tier/upgraded",
    "customer_vip_tier/downgraded",
)
SIGNATURE = "rivo-signature"


def sign(body: bytes, secret: str) -> str:
    """Return the signature of a body: Base64 of HMAC-SHA256."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class Hooks:
    """Registered webhooks, each for one event type, and the log of deliveries."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.secret = f"whs_{ground.seed:08d}"
        self._background = Background()
        self.reset()

    def reset(self) -> None:
        """Forget all registrations and deliveries, those under way too."""
        self._background.cancel()
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
        if not is_local(url):
            raise ValueError("url must be on this machine: the sandbox sends nothing elsewhere")
        self._last_id += 1
        self.held[self._last_id] = {"event_type": topic, "url": url}
        return self._last_id

    def send(self, topic: str, content: dict[str, Any]) -> None:
        """Deliver an event to everyone who asked for its type, in the background."""
        body = json.dumps(content, ensure_ascii=False).encode()
        for hook in self.held.values():
            if hook["event_type"] == topic:
                self._background.start(self._deliver(hook, topic, body))

    async def _deliver(self, hook: dict[str, Any], topic: str, body: bytes) -> None:
        switches = self._ground.switches
        headers = {"content-type": "application/json", SIGNATURE: sign(body, self.secret)}
        call = Call("POST", hook["url"], headers, body)
        attempts, timeout_s = switches.rivo_webhook_attempts, switches.rivo_webhook_timeout_s
        async for attempt, reply in iter_tries(self._ground.clock, call, attempts, timeout_s):
            log = {"event_type": topic, "attempt": attempt, "status": reply.status}
            self.deliveries.append(log)
            if reply.is_success:
                return
