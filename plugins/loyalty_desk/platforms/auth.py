"""How a request shows its key, and how a webhook shows that it is genuine."""

from __future__ import annotations

import base64
import hashlib
import hmac

from requests import PreparedRequest
from requests.auth import AuthBase

from loyalty_desk.platforms.base import Account


class KeyAuth(AuthBase):
    """The key in `Authorization`, after `scheme` if there is one."""

    def __init__(self, key: str, scheme: str = "") -> None:
        self._value = f"{scheme} {key}".strip()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


def is_signed(body: bytes, given: str, account: Account, encoding: str = "base64") -> bool:
    """Whether `given` is HMAC-SHA256 over the raw body by the account's `webhook_secret`.

    It is written in `base64` or `hex`, and compared in constant time. Without a secret nothing is.
    """
    secret = str(account.options.get("webhook_secret") or "")
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    wanted = digest.hex().encode() if encoding == "hex" else base64.b64encode(digest)
    return hmac.compare_digest(wanted, given.encode()) and bool(secret)
