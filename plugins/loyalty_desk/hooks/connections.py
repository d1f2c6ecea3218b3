"""Airflow connections as clients: the address and secrets of Gorgias and of each platform.

An adapter: with `assets` and the like one of the few modules that import Airflow, and only inside
functions. A connection that cannot work raises BadConnectionError with what is missing and the
command that adds it; a message never holds a secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from cryptography.fernet import Fernet, MultiFernet
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from sqlalchemy import Engine

from loyalty_desk.errors import BadConnectionError
from loyalty_desk.gorgias.budget import MOST_BUDGET_WAIT_S, BudgetGate
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.oauth import BearerAuth
from loyalty_desk.hooks.addresses import base_url_of
from loyalty_desk.http.pacing import Gate, OpenGate, RateGate
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.http.transport import MOST_WAIT_S, TIMEOUT_S, Transport
from loyalty_desk.platforms.base import Account, Capabilities, Pace, Platform
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.settings.currencies import money_digits
from loyalty_desk.settings.sections import BudgetSettings
from loyalty_desk.settings.stores_file import StoreSettings, installation
from loyalty_desk.staging.installed import staging_engine

if TYPE_CHECKING:
    from airflow.providers.http.hooks.http import HttpHook

OAUTH_KEYS = ("client_id", "client_secret", "refresh_token")
LEAST_GATE_WAIT_S = 2.0
"""How long an urgent call waits for a shared rate at least, however little patience it has."""
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


def gorgias_client(
    store: StoreSettings,
    engine: Engine,
    *,
    urgent: bool = False,
    max_wait_s: float = MOST_WAIT_S,
    timeout: tuple[float, float] = TIMEOUT_S,
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
        timeout=timeout,
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

    A call waits `max_wait_s` at most between its attempts. One `for_awards` goes ahead of a sync,
    and takes a new connection for each call: on a kept one a booking may be lost to a server that
    just gave up waiting, and a late answer to one call may be read as that to the next.
    """
    rate = store.extract.platform_requests_per_s
    return _platform(
        store,
        max_wait_s=max_wait_s,
        requests_per_s=rate,
        is_urgent=for_awards,
        keep_alive=not for_awards,
    )


def lookup_platform(store: StoreSettings) -> Platform:
    """The platform for lookups: each call is tried once and given up early, at a rate of its own.

    What a sync asks at the same time leaves the platform room for it.
    """
    rate, deadline_s = store.lookup.requests_per_s, store.lookup.deadline_s
    return _platform(
        store, max_wait_s=0.0, requests_per_s=rate, timeout=(deadline_s, deadline_s), is_urgent=True
    )


def platform_account(store: StoreSettings) -> Account:
    """The key and the options of a store's platform account, checked; raises BadConnectionError."""
    found = _find_platform(store)
    with _naming_options(found):
        platform_class(store.platform).capabilities_of(found.extra)
    return Account(key=found.password, options=found.extra)


def capabilities(store: StoreSettings) -> Capabilities:
    """What the store's platform account can do; raises BadConnectionError."""
    found = _find_platform(store)
    with _naming_options(found):
        return platform_class(store.platform).capabilities_of(found.extra)


def _find_platform(store: StoreSettings) -> _Found:
    conn_id = store.platform_conn_id
    return _find(
        conn_id,
        default_url=platform_class(store.platform).base_url,
        remedy=f"airflow connections add {conn_id} --conn-type http --conn-password <API key>",
    )


def _platform(
    store: StoreSettings,
    *,
    max_wait_s: float,
    requests_per_s: float | None,
    timeout: tuple[float, float] = TIMEOUT_S,
    is_urgent: bool = False,
    keep_alive: bool = True,
) -> Platform:
    kind, found, speed = platform_class(store.platform), _find_platform(store), installation().speed
    _require(found, password=found.password)
    session = _session(found)
    session.auth = kind.auth(found.password)
    if not keep_alive:
        session.headers["Connection"] = "close"
    transport = Transport(
        session,
        found.base_url,
        kind.title,
        gate=_platform_gate(found, kind.pace, requests_per_s, max_wait_s, is_urgent=is_urgent),
        conn_id=found.conn_id,
        speed=speed,
        timeout=timeout,
        max_wait_s=max_wait_s,
        penalty_s=kind.pace.penalty_s,
    )
    with _naming_options(found):
        account = Account(
            key=found.password,
            options=found.extra,
            money_digits=money_digits(store.currency),
        )
        return kind(transport, account)


def _platform_gate(
    found: _Found, pace: Pace, requests_per_s: float | None, max_wait_s: float, *, is_urgent: bool
) -> Gate:
    """What the platform allows, for this process alone or for all of them together."""
    speed = installation().speed
    if not pace.is_shared:
        return RateGate((requests_per_s or pace.requests_per_s) * speed)
    key = blake2b(found.password.encode(), digest_size=8).hexdigest()
    settings = BudgetSettings(
        share=1.0,
        capacity=pace.burst,
        window_s=pace.burst / pace.requests_per_s,
        headroom=0,
        reserve=1,
    )
    return BudgetGate(
        staging_engine(),
        f"{_account(found.base_url)} {key}",
        settings,
        speed=speed,
        urgent=is_urgent,
        max_wait_s=max(max_wait_s, LEAST_GATE_WAIT_S) if is_urgent else MOST_BUDGET_WAIT_S,
    )


@contextmanager
def _naming_options(found: _Found) -> Iterator[None]:
    """Name the connection when the platform cannot use what its extra says."""
    try:
        yield
    except BadFieldError as error:
        raise BadConnectionError(
            f"the extra of Airflow connection {found.conn_id!r}: {error.field} {error.reason}"
        ) from None


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
    is_nothing = (connection.extra or "{}").replace(" ", "") == "{}"
    if not isinstance(extra, Mapping) or not (extra or is_nothing):
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
