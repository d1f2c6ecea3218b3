"""Airflow connections as clients: the address and secrets of Gorgias and of each platform.

An adapter: with `assets` and the like one of the few modules that import Airflow, and only inside
functions. A connection that cannot work raises BadConnectionError with what is missing and the
command that adds it; a message never holds a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from cryptography.fernet import Fernet, MultiFernet
from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from sqlalchemy import Engine

from loyalty_desk.errors import BadConnectionError
from loyalty_desk.gorgias.budget import MOST_BUDGET_WAIT_S, BudgetGate
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.oauth import BearerAuth
from loyalty_desk.pacing import OpenGate, RateGate
from loyalty_desk.platforms import rivo
from loyalty_desk.platforms.base import Platform
from loyalty_desk.settings import StoreSettings, installation
from loyalty_desk.transport import MOST_WAIT_S, TIMEOUT_S, Transport

if TYPE_CHECKING:
    from airflow.providers.http.hooks.http import HttpHook

OAUTH_KEYS = ("client_id", "client_secret", "refresh_token")
MOST_CONNECTIONS = 32
"""Open connections to one service: as many as push workers are allowed."""


@dataclass(frozen=True, slots=True, repr=False)
class _Found:
    """What an Airflow connection holds, checked; without a repr, as it holds the secrets.

    `base_url` has no slash at its end.
    """

    conn_id: str
    base_url: str
    login: str
    password: str
    extra: Mapping[str, Any]
    hook: HttpHook
    remedy: str


class RawKeyAuth(AuthBase):
    """Sends the key alone: Rivo answers 401 to a scheme word before it."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self._key
        return request


def gorgias_client(
    store: StoreSettings,
    engine: Engine,
    *,
    urgent: bool = False,
    max_wait_s: float = MOST_WAIT_S,
) -> GorgiasClient:
    """The client of a store's Gorgias account, on the budget that all processes share.

    An `urgent` one goes ahead of those that are not. A call waits `max_wait_s` at most between its
    attempts; an urgent one no longer for room in the budget either.

    The connection holds an e-mail and an API key as login and password, or an OAuth2 app in its
    extra: client_id, client_secret and refresh_token.
    """
    conn_id, speed = store.gorgias_conn_id, installation().speed
    found = _find(
        conn_id,
        default_url=None,
        remedy=f"airflow connections add {conn_id} --conn-type http --conn-host"
        " https://<account>.gorgias.com --conn-login <e-mail> --conn-password <API key>",
    )
    base_url = found.base_url.removesuffix("/api")
    session = _session(found)
    renewer: BearerAuth | None = None
    if any(key in found.extra for key in OAUTH_KEYS):
        renewer = _bearer_auth(found, base_url, engine, speed)
        session.auth = renewer
    else:
        _require(found, login=found.login, password=found.password)
        session.auth = HTTPBasicAuth(found.login.encode(), found.password.encode())
    transport = Transport(
        session,
        base_url,
        "Gorgias",
        gate=BudgetGate(
            engine,
            _account(base_url),
            store.budget,
            speed=speed,
            urgent=urgent,
            max_wait_s=max_wait_s if urgent else MOST_BUDGET_WAIT_S,
        ),
        conn_id=conn_id,
        speed=speed,
        max_wait_s=max_wait_s,
        renewer=renewer,
    )
    return GorgiasClient(transport, card_key=store.gorgias.card_key, app_id=store.gorgias.app_id)


def gorgias_account(store: StoreSettings) -> str:
    """The account whose budget the store shares; raises BadConnectionError."""
    conn_id = store.gorgias_conn_id
    remedy = f"airflow connections add {conn_id} --conn-type http ..."
    return _account(_find(conn_id, default_url=None, remedy=remedy).base_url)


def _account(base_url: str) -> str:
    return urlsplit(base_url).netloc


def loyalty_platform(
    store: StoreSettings, *, max_wait_s: float = MOST_WAIT_S, for_awards: bool = False
) -> Platform:
    """The loyalty platform of a store; the connection's password is its API key.

    A call waits `max_wait_s` at most between its attempts. One `for_awards` takes a new connection
    for each call: on a kept one a booking may be lost to a server that just gave up waiting, and a
    late answer to one call may be read as that to the next.
    """
    return _PLATFORMS[store.platform](store, max_wait_s=max_wait_s, keep_alive=not for_awards)


def _rivo(
    store: StoreSettings,
    *,
    max_wait_s: float,
    keep_alive: bool = True,
    requests_per_s: float | None = None,
    timeout: tuple[float, float] = TIMEOUT_S,
) -> Platform:
    conn_id, speed = store.platform_conn_id, installation().speed
    found = _find(
        conn_id,
        default_url=rivo.BASE_URL,
        remedy=f"airflow connections add {conn_id} --conn-type http --conn-password <API key>",
    )
    _require(found, password=found.password)
    session = _session(found)
    session.auth = RawKeyAuth(found.password)
    if not keep_alive:
        session.headers["Connection"] = "close"
    transport = Transport(
        session,
        found.base_url,
        "Rivo",
        gate=RateGate((requests_per_s or store.extract.rivo_requests_per_s) * speed),
        conn_id=conn_id,
        speed=speed,
        timeout=timeout,
        max_wait_s=max_wait_s,
    )
    return rivo.RivoPlatform(transport)


def look_up_platform(store: StoreSettings) -> Platform:
    """The platform for look-ups: each call is tried once and given up early, at a rate of its own.

    What a sync asks at the same time leaves the platform room for it.
    """
    rate, deadline_s = store.lookup.requests_per_s, store.lookup.deadline_s
    return _PLATFORMS[store.platform](
        store, max_wait_s=0.0, requests_per_s=rate, timeout=(deadline_s, deadline_s)
    )


def webhook_secret(store: StoreSettings) -> str:
    """The secret that the platform signs its webhooks with: `webhook_secret` in the extra.

    Raises:
        BadConnectionError: the connection is missing or has none.
    """
    conn_id = store.platform_conn_id
    remedy = f'add {{"webhook_secret": "..."}} to the extra of Airflow connection {conn_id!r}'
    found = _find(conn_id, default_url=rivo.BASE_URL, remedy=remedy)
    secret = str(found.extra.get("webhook_secret") or "")
    _require(found, webhook_secret=secret)
    return secret


_PLATFORMS = {"rivo": _rivo}
_CARD_KEYS = {"rivo": rivo.CARD_KEYS}


def card_keys(store: StoreSettings) -> frozenset[str]:
    """The keys of the card that the store's platform can tell."""
    return _CARD_KEYS[store.platform]


def find_login(conn_id: str) -> tuple[str, str, str]:
    """Address, login and password of any HTTP connection; raises BadConnectionError."""
    remedy = f"airflow connections add {conn_id} --conn-type http --conn-host <address> ..."
    found = _find(conn_id, default_url=None, remedy=remedy)
    _require(found, login=found.login, password=found.password)
    return found.base_url, found.login, found.password


def _find(conn_id: str, *, default_url: str | None, remedy: str) -> _Found:
    """Look the connection up and check what every service needs of it."""
    from airflow.providers.http.hooks.http import HttpHook  # noqa: PLC0415 - 1 s of imports
    from airflow.sdk.exceptions import AirflowNotFoundException  # noqa: PLC0415

    hook = HttpHook(http_conn_id=conn_id, tcp_keep_alive=False)
    try:
        connection = hook.get_connection(conn_id)
    except AirflowNotFoundException:
        raise BadConnectionError(
            f"there is no usable Airflow connection {conn_id!r}; add it: {remedy}"
        ) from None
    extra = connection.extra_dejson
    if not isinstance(extra, Mapping) or (connection.extra and not extra):
        raise BadConnectionError(
            f"the extra of Airflow connection {conn_id!r} is not a JSON object; see: {remedy}"
        )
    base_url = base_url_of(
        conn_id,
        schema=connection.schema,
        host=connection.host,
        port=connection.port,
        default_url=default_url,
        remedy=remedy,
    )
    login, password = connection.login or "", connection.password or ""
    return _Found(conn_id, base_url, login, password, extra, hook, remedy)


def base_url_of(
    conn_id: str,
    *,
    schema: str | None,
    host: str | None,
    port: int | None,
    default_url: str | None,
    remedy: str,
) -> str:
    """The address of a connection: `host` may be a host or a whole URL; https unless told.

    Raises:
        BadConnectionError: no host, an unusable one, or http to another machine, which would send
            the secrets in clear.
    """
    address = (host or "").strip()
    if not address:
        if default_url is None:
            raise BadConnectionError(f"Airflow connection {conn_id!r} has no host; see: {remedy}")
        return default_url
    if "://" not in address:
        address = f"{(schema or 'https').strip().lower()}://{address}"
    try:
        parts = urlsplit(address)
        name, own_port = parts.hostname, parts.port
    except ValueError:
        name = own_port = None
    if not name or any(letter.isspace() for letter in address) or parts.username or parts.query:
        raise BadConnectionError(
            f"Airflow connection {conn_id!r} has a host that is no address: use"
            " https://<host>, without a login or a query in it"
        )
    if parts.scheme not in {"http", "https"}:
        raise BadConnectionError(f"Airflow connection {conn_id!r} must be https, see: {remedy}")
    if port is not None and own_port is None:
        if not 0 < port < 65536:
            raise BadConnectionError(f"Airflow connection {conn_id!r} has a bad port: {port}")
        parts = parts._replace(netloc=f"{parts.netloc}:{port}")
    if parts.scheme == "http" and not is_loopback(name):
        raise BadConnectionError(
            f"Airflow connection {conn_id!r} uses http to {name}: the secrets would travel in"
            " clear; use https"
        )
    return parts._replace(netloc=parts.netloc.lower(), fragment="").geturl().rstrip("/")


def is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _session(found: _Found) -> requests.Session:
    """The hook's session: it knows proxies, client certificates and CAs of the connection."""
    session: requests.Session = found.hook.get_conn()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=MOST_CONNECTIONS))
    # The hook makes a header of every other key of the extra, our OAuth2 secrets among them.
    session.headers = requests.Session().headers
    session.stream = False
    return session


def _bearer_auth(found: _Found, base_url: str, engine: Engine, speed: float) -> BearerAuth:
    secrets = {key: str(found.extra.get(key) or "") for key in OAUTH_KEYS}
    _require(found, **secrets)
    session = _session(found)
    session.auth = HTTPBasicAuth(secrets["client_id"], secrets["client_secret"])
    transport = Transport(
        session, base_url, "Gorgias", gate=OpenGate(), conn_id=found.conn_id, speed=speed
    )
    return BearerAuth(transport, engine, secrets_cipher(), secrets["refresh_token"], speed=speed)


def _require(found: _Found, **values: str) -> None:
    """Refuse a connection without one of `values`, or with one that no header can carry."""
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise BadConnectionError(
            f"Airflow connection {found.conn_id!r} lacks {', '.join(missing)}; see: {found.remedy}"
        )
    for name, value in values.items():
        if not value.isprintable() or value != value.strip() or (name != "login" and " " in value):
            raise BadConnectionError(
                f"Airflow connection {found.conn_id!r}: its {name} holds a space, a line break or"
                " another character that does not belong there; enter it again"
            )
        if not value.isascii() and name != "login":
            raise BadConnectionError(
                f"Airflow connection {found.conn_id!r}: its {name} holds letters that no key has"
            )


def secrets_cipher() -> MultiFernet:
    """Airflow's own Fernet keys, the first for writing and all for reading.

    Raises:
        BadConnectionError: Airflow has none.
    """
    from airflow.sdk.configuration import conf  # noqa: PLC0415

    keys = [key.strip() for key in str(conf.get("core", "fernet_key", fallback="")).split(",")]
    try:
        return MultiFernet([Fernet(key) for key in keys if key])
    except ValueError:
        raise BadConnectionError(
            "secrets of Gorgias are stored encrypted, and Airflow has no usable Fernet key: set"
            " AIRFLOW__CORE__FERNET_KEY"
        ) from None
