"""How a request shows its key, and how a webhook shows that it is genuine."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from requests import PreparedRequest
from requests.auth import AuthBase

from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.platforms.base import Account

OLD_SECRET: Final = "old_webhook_secret"  # noqa: S105 - the name of an option
OLD_SECRET_UNTIL: Final = "old_webhook_until"  # noqa: S105 - the name of an option


class KeyAuth(AuthBase):
    """The key in `Authorization`, after `scheme` if there is one."""

    def __init__(self, key: str, scheme: str = "") -> None:
        self._value = f"{scheme} {key}".strip()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


def webhook_secrets(account: Account) -> list[str]:
    """The secrets that verify a webhook: while one is replaced, the old one too."""
    held = (str(account.options.get(key) or "") for key in ("webhook_secret", OLD_SECRET))
    return [secret for secret in held if secret]


def in_force(options: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
    """The options without an old secret of webhooks whose time is over.

    Raises:
        BadFieldError: its time is none.
    """
    until = options.get(OLD_SECRET_UNTIL)
    if not options.get(OLD_SECRET) or until in (None, "") or now < _end_of(until):
        return options
    return {key: value for key, value in options.items() if key != OLD_SECRET}


def _end_of(until: object) -> datetime:
    """A time; of a date alone the end of that day, in UTC."""
    try:
        end = datetime.fromisoformat(str(until).strip())
    except ValueError:
        what = "is neither a date nor a time, such as 2026-01-31 or 2026-01-31T09:30Z"
        raise BadFieldError(OLD_SECRET_UNTIL, what) from None
    if len(str(until).strip()) <= len("2026-01-31"):
        end += timedelta(days=1)
    return end if end.tzinfo else end.replace(tzinfo=UTC)


def is_signed(body: bytes, given: str, account: Account, encoding: str = "base64") -> bool:
    """Whether `given` is HMAC-SHA256 over the raw body by a webhook secret of the account.

    It is written in `base64` or `hex`, and compared in constant time. Without a secret nothing is.
    """
    return is_any(given, (_sign(body, secret, encoding) for secret in webhook_secrets(account)))


def is_any(given: str, wanted: Iterable[str]) -> bool:
    """Whether `given` is one of `wanted`; how long this takes does not tell how near it came."""
    return sum(hmac.compare_digest(one.encode(), given.encode()) for one in wanted) > 0


def _sign(body: bytes, secret: str, encoding: str) -> str:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
