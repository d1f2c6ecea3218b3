"""What the platforms' webhooks are signed with, and whom they are about."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final, Protocol

import orjson


class Webhooks(Protocol):
    """The webhooks of one platform."""

    def is_signed(self, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Whether the platform signed these very bytes; compared in constant time."""

    def member_ids(self, body: bytes) -> list[str]:
        """Whom a signed webhook is about; nobody when it does not tell."""


class RivoWebhooks:
    """Rivo's: Base64 of HMAC-SHA256 over the raw body, in `rivo-signature`.

    A profile's body is the customer; those of points, redemptions and tiers hold it in `customer`.

    Source: developer-docs.rivo.io, "Verifying webhook signatures" and the event types.
    """

    def is_signed(self, body: bytes, headers: Mapping[str, str], secret: str) -> bool:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        given = headers.get("rivo-signature", "").encode()
        return hmac.compare_digest(base64.b64encode(digest), given) and bool(secret)

    def member_ids(self, body: bytes) -> list[str]:
        try:
            event = orjson.loads(body)
        except orjson.JSONDecodeError:
            return []
        if not isinstance(event, Mapping):
            return []
        customer = event.get("customer")
        return _ids(customer if isinstance(customer, Mapping) else event)


def _ids(customer: Mapping[str, Any]) -> list[str]:
    """The customer's id; a list there is the id of something else."""
    found = customer.get("id")
    is_id = isinstance(found, int) and not isinstance(found, bool) and 0 < found < 2**63
    return [str(found)] if is_id else []


WEBHOOKS: Final[Mapping[str, Webhooks]] = {"rivo": RivoWebhooks()}
