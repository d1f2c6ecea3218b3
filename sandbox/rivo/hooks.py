"""Webhooks: who asked for what, and signed deliveries to addresses on this machine."""

import base64
import hashlib
import hmac
import json
from typing import Any

from sandbox.calling import Call, is_local
from sandbox.ground import Ground
from sandbox.programme.deliveries import Deliveries

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
        self._deliveries = Deliveries(ground.clock)
        self.reset()

    def reset(self) -> None:
        """Forget all registrations and deliveries, those under way too."""
        self._deliveries.reset()
        self.held: dict[int, dict[str, Any]] = {}
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

    @property
    def deliveries(self) -> list[dict[str, Any]]:
        """Every try of a delivery."""
        return self._deliveries.tries

    def send(self, topic: str, content: dict[str, Any]) -> None:
        """Deliver an event to everyone who asked for its type, in the background."""
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", SIGNATURE: sign(body, self.secret)}
        switches = self._ground.switches
        for hook in self.held.values():
            if hook["event_type"] == topic:
                self._deliveries.send(
                    topic,
                    Call("POST", hook["url"], headers, body),
                    switches.rivo_webhook_attempts,
                    switches.rivo_webhook_timeout_s,
                )
