"""Credentials that are read anew from their Airflow connection when the service refuses them.

So a key may be replaced while a sync runs for a day and a process of the API never ends.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from requests import PreparedRequest
from requests.auth import AuthBase

from loyalty_desk.errors import BadConnectionError
from loyalty_desk.gorgias.oauth import BearerAuth
from loyalty_desk.hooks.found import Found

log = logging.getLogger(__name__)

OAUTH_KEYS: Final = ("client_id", "client_secret", "refresh_token")


@dataclass(frozen=True, slots=True, repr=False)
class _Held:
    """The connection as it was read, and what shows a request's sender by it."""

    found: Found
    auth: AuthBase


class ConnectionAuth(AuthBase):
    """Shows who asks by the connection's present credentials. Thread-safe.

    `find` reads the connection and `make` the credentials out of it; both raise BadConnectionError.
    """

    def __init__(
        self, found: Found, find: Callable[[], Found], make: Callable[[Found], AuthBase]
    ) -> None:
        self._find, self._make = find, make
        self._held = _Held(found, make(found))
        self._lock, self._sent = threading.Lock(), threading.local()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        held = self._held
        try:
            return self._sign(held, request)
        except BadConnectionError:  # an app's refresh token holds no more
            if not self._is_replaced(held):
                raise
            return self._sign(self._held, request)

    def renew(self, refused: str) -> bool:
        """Whether there are others than those that this thread sent last, and were refused."""
        held: _Held = self._sent.held
        if not isinstance(held.auth, BearerAuth):
            return self._is_replaced(held)
        try:
            return held.auth.renew(refused)
        except BadConnectionError:
            if not self._is_replaced(held):
                raise
            return True

    def _sign(self, held: _Held, request: PreparedRequest) -> PreparedRequest:
        self._sent.held = held
        signed: PreparedRequest = held.auth(request)
        return signed

    def _is_replaced(self, refused: _Held) -> bool:
        """Whether the connection has others by now; it is read once for all that were refused."""
        with self._lock:
            if self._held is not refused:
                return True
            found = self._find()
            # A new address is another account: its key must not be sent to the old one.
            if found.base_url != refused.found.base_url or _same(found, refused.found):
                return False
            self._held = _Held(found, self._make(found))
        log.info("connection %s has other credentials by now: using them", found.conn_id)
        return True


def _same(one: Found, other: Found) -> bool:
    return _secrets(one) == _secrets(other)


def _secrets(found: Found) -> tuple[object, ...]:
    return found.login, found.password, *(found.extra.get(key) for key in OAUTH_KEYS)
