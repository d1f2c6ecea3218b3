"""OAuth2 for Gorgias: a bearer token that renews itself, shared by all processes.

The newest tokens are kept in staging, encrypted, because Gorgias may give a new refresh token with
each refresh and forget the old one. Only one process refreshes at a time, by a lease in the same
table; the others wait for its result. No transaction is open during the call.

Source: Gorgias API reference, "OAuth2"; RFC 6749, section 6.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Protocol
from uuid import uuid4

import orjson
from cryptography.fernet import InvalidToken
from requests import PreparedRequest
from requests.auth import AuthBase
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from loyalty_desk.clock import parse_utc, utc_now, utc_text
from loyalty_desk.errors import ApiError, ApiUnavailableError, BadConnectionError
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.http.transport import Transport
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
LIFE_S = 24 * 3600
"""Life of an access token when the answer does not tell: the documented one."""
MARGIN_S = 300.0
"""How long before its end a token is renewed; at most a fifth of its life."""
LEASE_S = 120.0
"""Longer than one refresh with its time limits, shorter than anyone's patience."""
REFRESH_S = 60.0
"""When a refresh gives up: no second one may begin with the same token while it is under way."""


SAVES_AGAIN_AFTER_S = (1.0, 5.0, 15.0)
"""How long staging is waited for that cannot take new tokens, which are kept in memory then."""


class Cipher(Protocol):
    """Encrypts what is stored; `cryptography.fernet.Fernet` and `MultiFernet` are ciphers."""

    def encrypt(self, data: bytes) -> bytes: ...

    def decrypt(self, token: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """What the token endpoint gave last; without a repr, as all of it is secret.

    `seed` tells which refresh token of the connection it grew from.
    """

    access_token: str
    refresh_token: str
    renew_at_utc: str
    expires_at_utc: str
    seed: str


class BearerAuth(AuthBase):
    """Puts the present access token on each request, and renews it when Gorgias refuses it.

    `transport` reaches the token endpoint with the client's id and secret; `refresh_token` is the
    one in the Airflow connection, used until a newer one is stored, and again when it is replaced.
    Thread-safe.
    """

    def __init__(
        self,
        transport: Transport,
        engine: Engine,
        cipher: Cipher,
        refresh_token: str,
        *,
        speed: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._transport, self._engine, self._cipher = transport, engine, cipher
        self._conn_id, self._first_token = transport.conn_id, refresh_token
        self._seed = blake2b(refresh_token.encode(), digest_size=16).hexdigest()
        # Airflow tries a connection under an id of the moment, and must find the same tokens.
        self._key = f"seed {self._seed}"
        self._speed, self._sleep, self._now = speed, sleep, now
        self._lock = threading.Lock()
        self._tokens: Tokens | None = None
        self._unsaved: Tokens | None = None

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._current().access_token}"
        return request

    def renew(self, refused: str) -> bool:
        """Get another access token, unless the present one is already not the refused one."""
        with self._lock:
            self._tokens = self._fresh(refused.removeprefix("Bearer "))
        return True

    def _current(self) -> Tokens:
        with self._lock:
            if self._unsaved is not None:
                self._save(self._unsaved, waits_s=())
            if self._tokens is None or self._is_due(self._tokens):
                self._tokens = self._fresh(None)
            return self._tokens

    def _fresh(self, refused: str | None) -> Tokens:
        """Tokens that are neither due nor refused: another process' or our own refresh."""
        holder = uuid4().hex
        # A holder that died keeps the lease for its whole term; wait a little longer than that.
        give_up_at = self._now() + timedelta(seconds=LEASE_S * 1.5)
        while True:
            stored = self._find_stored()
            if stored and stored.access_token != refused and not self._is_due(stored):
                return stored
            if self._take_lease(holder):
                break
            if self._now() > give_up_at:
                raise ApiUnavailableError(f"another process keeps renewing {self._conn_id!r}")
            self._sleep(0.2)
        try:
            stored = self._find_stored()  # somebody may have finished just before our lease
            if stored and stored.access_token != refused and not self._is_due(stored):
                return stored
            if self._unsaved is not None:
                stored = self._unsaved
            return self._refresh(stored.refresh_token if stored else self._first_token)
        finally:
            self._release_lease(holder)

    def _refresh(self, refresh_token: str) -> Tokens:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        asked_at = self._now()
        try:
            with self._transport.until(Deadline.after(REFRESH_S)):
                answer = self._transport.send("POST", TOKEN_PATH, form=form, retry=False)
        except (BadConnectionError, ApiError) as error:
            stored = self._find_stored()
            if stored and stored.refresh_token != refresh_token:
                return stored  # somebody else, who was held up, has used the token meanwhile
            raise BadConnectionError(
                f"Gorgias does not renew the access of Airflow connection {self._conn_id!r}"
                f" ({_status(error)}): install the app again and put the new refresh_token into"
                " the connection's extra, beside client_id and client_secret"
            ) from None
        tokens = self._read_tokens(answer.body, refresh_token, asked_at)
        self._save(tokens, waits_s=SAVES_AGAIN_AFTER_S)
        log.info("renewed the access of connection %s", self._conn_id)
        return tokens

    def _save(self, tokens: Tokens, *, waits_s: tuple[float, ...]) -> None:
        """Store the tokens. What cannot be stored now is kept in memory until it can.

        The refresh token of before may be void already, so this one must not be lost.
        """
        encrypted = self._cipher.encrypt(orjson.dumps(asdict(tokens))).decode()
        binds = {
            "conn_id": self._key,
            "tokens": encrypted,
            "expires_at_utc": tokens.expires_at_utc,
        }
        self._unsaved = tokens
        for wait_s in (*waits_s, None):
            try:
                with self._engine.begin() as connection:
                    connection.execute(statement("oauth/upsert_tokens"), binds)
            except DBAPIError as error:
                kind = type(error).__name__
                log.error("the new tokens of connection %s wait (%s)", self._conn_id, kind)
                if wait_s is not None:
                    self._sleep(wait_s)
            else:
                self._unsaved = None
                return

    def _read_tokens(self, body: Any, refresh_token: str, asked_at: datetime) -> Tokens:
        access_token = body.get("access_token") if isinstance(body, Mapping) else None
        if not isinstance(access_token, str) or not access_token:
            raise ApiUnavailableError(f"Gorgias answered POST {TOKEN_PATH} without a token")
        life_s, newer = body.get("expires_in"), body.get("refresh_token")
        usable = isinstance(life_s, int | float) and not isinstance(life_s, bool) and life_s > 0
        told_s = min(float(life_s), 10.0 * LIFE_S) if usable else LIFE_S
        life = timedelta(seconds=told_s / self._speed)
        margin = min(timedelta(seconds=MARGIN_S), life / 5)
        return Tokens(
            access_token=access_token,
            refresh_token=newer if isinstance(newer, str) and newer else refresh_token,
            renew_at_utc=utc_text(asked_at + life - margin),
            expires_at_utc=utc_text(asked_at + life),
            seed=self._seed,
        )

    def _is_due(self, tokens: Tokens) -> bool:
        return parse_utc(tokens.renew_at_utc) <= self._now()

    def _find_stored(self) -> Tokens | None:
        """The stored tokens; None when there are none, or the connection has a new first token."""
        with reading(self._engine) as connection:
            found = connection.execute(statement("oauth/select_tokens"), {"conn_id": self._key})
            stored = found.scalars().all()
            if not stored:  # an installation of before kept them under the connection's id
                stored = connection.execute(statement("oauth/select_all_tokens")).scalars().all()
        readable = (self._decrypt(encrypted) for encrypted in stored)
        return next((one for one in readable if one and one.seed == self._seed), None)

    def _decrypt(self, encrypted: str) -> Tokens | None:
        try:
            return Tokens(**orjson.loads(self._cipher.decrypt(encrypted.encode())))
        except (InvalidToken, TypeError, ValueError):
            log.warning(
                "the stored tokens of connection %s cannot be read (was the Fernet key replaced?);"
                " the connection's own refresh_token is used instead",
                self._conn_id,
            )
            return None

    def _take_lease(self, holder: str) -> bool:
        with self._engine.begin() as connection:
            now = staging_now(connection)
            binds = {
                "lease_id": self._lease_id,
                "holder": holder,
                "until_utc": utc_text(now + timedelta(seconds=LEASE_S)),
                "now_utc": utc_text(now),
            }
            return connection.execute(statement("oauth/take_lease"), binds).first() is not None

    def _release_lease(self, holder: str) -> None:
        binds = {"lease_id": self._lease_id, "holder": holder}
        with self._engine.begin() as connection:
            connection.execute(statement("oauth/release_lease"), binds)

    @property
    def _lease_id(self) -> str:
        return f"{self._key} (lease)"


def _status(error: BadConnectionError | ApiError) -> str:
    return str(error.status) if isinstance(error, ApiError) else "its credentials were refused"
