"""LoyaltyLion's side of the programme."""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any, cast

from fastapi import Request

from sandbox.bucket import Bucket
from sandbox.calling import Call
from sandbox.clock import iso_z
from sandbox.loyaltylion.shown import CUSTOMER_IDS, show_customer
from sandbox.programme.access import KeyAccess
from sandbox.programme.answers import shaped_error
from sandbox.programme.deliveries import Deliveries
from sandbox.programme.programme import Programme
from sandbox.programme.side import Side

REQUESTS_PER_S = 20
UPDATED = "customers/update"
SIGNATURE = "x-loyaltylion-hmac-sha256"
ATTEMPTS, TIMEOUT_S = 3, 5.0


def sign(body: bytes, secret: str) -> str:
    """Return the signature of a body, as the overview of webhooks documents it."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class LoyaltyLionSide(Side):
    """Customers by LoyaltyLion's own ids; the shop's id stands beside."""

    name = "loyaltylion"
    base_path = ""
    ids = CUSTOMER_IDS
    never_empty = frozenset({"id", "enrolled", "blocked"})

    def __init__(self, programme: Programme) -> None:
        super().__init__(programme)
        self.key = f"pat_{self.ground.seed:08d}"
        self.secret = f"lls_{self.ground.seed:08d}"
        self.access = KeyAccess(f"Bearer {self.key}", Bucket(REQUESTS_PER_S, 1.0), self.error_body)
        self.hooks: dict[int, dict[str, Any]] = {}
        self._deliveries = Deliveries(self.ground.clock)

    def add_hook(self, topic: str, address: str, integration_id: Any) -> dict[str, Any]:
        """Keep a subscription and return it."""
        stamp = iso_z(self.ground.platform_now_us())
        hook_id = len(self.hooks) + 1
        self.hooks[hook_id] = {
            "id": hook_id,
            "topic": topic,
            "address": address,
            "created_at": stamp,
            "updated_at": stamp,
            "service_integration_id": integration_id,
        }
        return self.hooks[hook_id]

    def answer(self, row: int) -> dict[str, Any]:
        """Return a customer."""
        return show_customer(self.programme, row)

    def changed(self, row: int) -> None:
        """Tell the listeners of any change of a customer, at least once."""
        if not self.hooks:
            return
        content: dict[str, Any] = {
            "id": secrets.randbits(40),
            "topic": UPDATED,
            "created_at": iso_z(self.ground.platform_now_us()),
        }
        customer = {"customer": show_customer(self.programme, row)}
        if self.ground.switches.loyaltylion_webhook_data_key == "payload":
            content["payload"] = customer
        else:
            content |= customer
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", SIGNATURE: sign(body, self.secret)}
        for hook in self.hooks.values():
            if hook["topic"] != UPDATED:
                continue
            call = Call("POST", hook["address"], headers, body)
            self._deliveries.send(UPDATED, call, ATTEMPTS, TIMEOUT_S)

    def replace_webhook_secret(self, secret: str) -> bool:
        """Sign with another secret from now on."""
        self.secret = secret
        return True

    def deliveries(self) -> list[dict[str, Any]]:
        """Return every try of a delivery."""
        return self._deliveries.tries

    def reset(self) -> None:
        """Forget all webhooks."""
        self.hooks.clear()
        self._deliveries.reset()

    def ready(self, url: str) -> dict[str, Any]:
        """Return the address and credentials for the ready line."""
        return super().ready(url) | {"webhook_secret": self.secret}

    def error_body(self, _status: int, text: str) -> bytes:
        """Word an error in the shape that the switch names."""
        return shaped_error(self.ground.switches.loyaltylion_error_shape, text)


def loyaltylion_of(request: Request) -> LoyaltyLionSide:
    """Return the side that a request is about."""
    return cast("LoyaltyLionSide", request.app.state.side)
